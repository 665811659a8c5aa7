"""What the index of searches follows: which comments changed, and what it says of itself."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from moderation.domain.comments import Comment
from moderation.store import codec, keys
from moderation.store.client import Store
from moderation.store.faults import store_errors
from moderation.store.leases import What, lease

FOLLOWED_SECONDS = 86_400
"""So long after the last look of whoever follows them the streams of changes are dropped."""
_ENTRIES = 100
TAKEN_AT_ONCE = 5_000
"""So many comments that changed are taken together, or a few more: each commit writes a part of the
index of its own, which is read and merged later."""
_FETCHED_AT_ONCE = 100
_ID = 16

Positions = list[str]
"""Up to which entry each shard's stream was read, in the order of the shards."""


class Gap(Exception):
    """Changes were dropped before they were read: the index must be made anew."""


class State(Struct, frozen=True, omit_defaults=True):
    """What is known of the index by everybody.

    `token` names the folder of the one that serves ('' none), all of the store's changes before
    `at_ms` are in it. While one is made, `done` of `total` comments are in that; `wanted` is the
    number of times that one was asked for, `made` the number that the one that serves answers.
    """

    token: str = ""
    at_ms: int = 0
    done: int = 0
    total: int = 0
    wanted: int = 0
    made: int = 0


def state(store: Store) -> State:
    """Return what is known of the index."""
    with store_errors():
        found = store.redis.hgetall(keys.SEARCH)
    return msgspec.convert({k.decode(): v.decode() for k, v in found.items()}, State, strict=False)


def note(store: Store, fields: Mapping[str, Any]) -> None:
    """Keep some of what is known of the index."""
    with store_errors():
        store.redis.hset(keys.SEARCH, mapping=fields)


def ask_anew(store: Store) -> int:
    """Ask for an index made anew; return how often that was asked for by now."""
    with store_errors():
        return int(store.redis.hincrby(keys.SEARCH, "wanted", 1))


def write_lease(store: Store, what: What, who: str, lease_ms: int) -> bool:
    """Take, keep or give back the lease of whoever writes the index."""
    return lease(store, keys.SEARCH_LEASE, what, who, lease_ms)


def begin(store: Store) -> Positions:
    """Have changes noted from now on, and return where they begin."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for shard in range(keys.SHARDS):
            pipe.xadd(keys.changes(shard), {"s": "", "i": ""})
            pipe.expire(keys.changes(shard), FOLLOWED_SECONDS)
        return [entry.decode() for entry in pipe.execute()[::2]]


class Changes(Struct, frozen=True):
    """Comments that changed, by site and id; where to go on; whether more are there already."""

    places: set[tuple[str, bytes]]
    positions: Positions
    is_more: bool


def changes(store: Store, positions: Positions) -> Changes:
    """Return what changed after these positions, a bounded part of it.

    Raises:
        Gap: some of it is not there any more.
    """
    places: set[tuple[str, bytes]] = set()
    following = list(positions)
    waiting = list(range(len(positions)))
    while waiting and len(places) < TAKEN_AT_ONCE:
        with store_errors():
            pipe = store.redis.pipeline(transaction=False)
            for shard in waiting:
                pipe.xrange(keys.changes(shard), min=following[shard], count=_ENTRIES)
            found = dict(zip(waiting, pipe.execute(), strict=True))
        for shard, entries in found.items():
            # The entry that was read last is kept, as a sign that none after it was dropped.
            if not entries or entries[0][0].decode() != following[shard]:
                raise Gap
            following[shard] = entries[-1][0].decode()
            for _, fields in entries[1:]:
                places.update(_places(fields))
        waiting = [shard for shard, entries in found.items() if len(entries) == _ENTRIES]
    return Changes(places, following, bool(waiting))


def newest(
    store: Store, sites: Collection[str], positions: Positions, most: int
) -> list[tuple[str, bytes]]:
    """Return up to `most` comments of these sites that changed after these positions, those that
    changed last first, by site and id.

    Of each shard as many entries are read; a shard's other sites have their part of them.
    """
    shards = sorted({keys.shard_of(site) for site in sites})
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for shard in shards:
            pipe.xrevrange(keys.changes(shard), min=f"({positions[shard]}", count=most)
        entries = sorted(itertools.chain.from_iterable(pipe.execute()), key=_moment, reverse=True)
    changed = (place for _, fields in entries for place in reversed(_places(fields)))
    ours = dict.fromkeys(place for place in changed if place[0] in sites)
    return list(itertools.islice(ours, most))


def _moment(entry: tuple[bytes, Mapping[bytes, bytes]]) -> tuple[int, int]:
    ms, _, number = entry[0].partition(b"-")
    return int(ms), int(number)


def _places(fields: Mapping[bytes, bytes]) -> list[tuple[str, bytes]]:
    """Return which comments an entry names; the one with which following begins names none."""
    ids, site = fields[b"i"], fields[b"s"].decode()
    return [(site, ids[at : at + _ID]) for at in range(0, len(ids), _ID)]


def read_up_to(store: Store, positions: Positions) -> None:
    """Drop the changes before these positions."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for shard, position in enumerate(positions):
            pipe.xtrim(keys.changes(shard), minid=position, approximate=False)
        pipe.execute()


def keep(store: Store) -> None:
    """Keep the streams of changes for another day."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for shard in range(keys.SHARDS):
            pipe.expire(keys.changes(shard), FOLLOWED_SECONDS)
        pipe.execute()


def fetch(
    store: Store, places: Sequence[tuple[str, bytes]], now_ms: int
) -> list[tuple[Comment | None, int]]:
    """Return comments by site and id, None for one that is gone, with when it expires, 0: never."""
    by_site: dict[str, list[int]] = {}
    for at, (site, _) in enumerate(places):
        by_site.setdefault(site, []).append(at)
    parts = [
        (site, ats[first : first + _FETCHED_AT_ONCE])
        for site, ats in by_site.items()
        for first in range(0, len(ats), _FETCHED_AT_ONCE)
    ]
    prefixes = [keys.of_site(site).comment.encode() for site, _ in parts]
    calls: list[tuple[Sequence[Any], Sequence[Any]]] = [
        ([prefix + places[at][1] for at in ats], ())
        for prefix, (_, ats) in zip(prefixes, parts, strict=True)
    ]
    found: list[tuple[Comment | None, int]] = [(None, 0)] * len(places)
    for (site, ats), answer in zip(parts, store.run_many("fetch", calls), strict=True):
        for at, data, ttl in zip(ats, answer[::2], answer[1::2], strict=True):
            if data is not None:
                expires = now_ms + ttl if ttl > 0 else 0
                found[at] = codec.unpack_comment(site, places[at][1], data), expires
    return found


def fetch_within(
    store: Store, places: Sequence[tuple[str, bytes]], most_bytes: int, now_ms: int
) -> list[Comment | None]:
    """Return the first of these comments, as many as have no more bytes together but one at least,
    in two round trips whatever their sites; None for one that is gone."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for site, raw in places:
            pipe.strlen(keys.of_site(site).comment.encode() + raw)
        sizes = list(itertools.accumulate(pipe.execute()))
    fitting = places[: max(1, bisect.bisect_right(sizes, most_bytes))]
    return [comment for comment, _ in fetch(store, fitting, now_ms)]


def count(store: Store, sites: Sequence[str]) -> int:
    """Return how many comments these sites have, with those that expired of late."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for name in itertools.chain.from_iterable(keys.of_site(s).by_status for s in sites):
            pipe.zcard(name)
        return sum(pipe.execute())
