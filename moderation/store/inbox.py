"""The streams of comments that wait for a verdict, and the bells that say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from redis.exceptions import ResponseError

from moderation.store import codec, keys
from moderation.store.client import Store, store_errors

LEASE_MS = 8000


class Waiting(Struct, frozen=True):
    """One entry of an inbox: which revision of which comment waits."""

    shard: int
    entry: bytes
    site: str
    id: bytes
    revision: int


def ring(pipe: Any, lane: int) -> None:
    """Adds the ring of a lane's bell to a pipeline: its answer is true if the bell was free."""
    pipe.set(keys.bell(lane), "rung", nx=True, px=LEASE_MS)


def claim(store: Store, lane: int, token: str) -> bool:
    """Takes the lane's lease; False while somebody else drains it."""
    return _bell(store, lane, "claim", token)


def keep(store: Store, lane: int, token: str) -> bool:
    """Renews the lease; False if it was lost."""
    return _bell(store, lane, "keep", token)


def release(store: Store, lane: int, token: str) -> bool:
    """Gives the lease back."""
    return _bell(store, lane, "release", token)


def hand_over(store: Store, lane: int, token: str) -> bool:
    """Leaves the bell rung for the next task."""
    return _bell(store, lane, "hand over", token)


def _bell(store: Store, lane: int, what: str, token: str) -> bool:
    return bool(store.run("claim_bell", [keys.bell(lane)], [what, token, LEASE_MS]))


def lengths(store: Store) -> list[int]:
    """Returns how many entries wait in each of the 64 inboxes, in one round trip."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for shard in range(keys.SHARDS):
            pipe.xlen(keys.inbox(shard))
        return [int(n) for n in pipe.execute()]


def oldest_ms(store: Store) -> int | None:
    """Returns when the entry that waits longest was written (ms since 1970), None if none."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for shard in range(keys.SHARDS):
            pipe.xrange(keys.inbox(shard), count=1)
        firsts = [found[0][0] for found in pipe.execute() if found]
    return min((int(entry.split(b"-")[0]) for entry in firsts), default=None)


def read(
    store: Store, lane: int, *, pending: bool, count: int, block_ms: int | None = None
) -> list[Waiting]:
    """Returns what waits in a lane's inboxes, at most `count` of each.

    `pending` reads what this lane was given before and never acknowledged. `block_ms` waits
    that long for the first entry. There is one consumer a lane, by a constant name.
    """
    names = keys.lane_inboxes(lane)
    streams = dict.fromkeys(names, "0" if pending else ">")
    with store_errors():
        try:
            found = store.redis.xreadgroup(
                keys.GROUP, f"lane-{lane}", streams, count=count, block=block_ms
            )
        except ResponseError as error:
            if not str(error).startswith("NOGROUP"):
                raise
            make_groups(store)
            return []
    shards = {name.encode(): shard for name, shard in zip(names, _shards(lane), strict=True)}
    return [
        Waiting(shards[name], entry, f[b"s"].decode(), f[b"i"], int(f[b"r"]))
        for name, entries in found or []
        for entry, f in entries
        if f
    ]


def _shards(lane: int) -> range:
    return range(lane, keys.SHARDS, keys.LANES)


def make_groups(store: Store) -> None:
    """Makes the consumer group of every inbox that lacks it; entries before it are read too."""
    with store_errors():
        for shard in range(keys.SHARDS):
            try:
                store.redis.xgroup_create(keys.inbox(shard), keys.GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise


def deliveries(store: Store, waiting: Sequence[Waiting]) -> dict[bytes, int]:
    """Returns how often each entry has been handed out."""
    if not waiting:
        return {}
    shards = {w.shard for w in waiting}
    counts: dict[bytes, int] = {}
    with store_errors():
        for shard in shards:
            for row in store.redis.xpending_range(keys.inbox(shard), keys.GROUP, "-", "+", 1000):
                counts[row["message_id"]] = row["times_delivered"]
    return counts


def first_alone(store: Store, waiting: Waiting) -> bool:
    """Marks that an entry is tried alone, and says whether it is the first time."""
    with store_errors():
        return bool(
            store.redis.set(
                f"{keys.of_site(waiting.site).once}alone:{waiting.entry.decode()}",
                1,
                nx=True,
                ex=3600,
            )
        )


def forget_entries(store: Store, waiting: Sequence[Waiting]) -> None:
    """Takes entries out of their inboxes: their comments are gone or have a verdict."""
    with store_errors():
        for shard in {w.shard for w in waiting}:
            entries = [w.entry for w in waiting if w.shard == shard]
            # Both or neither: an entry that was only acknowledged would lie there for ever.
            pipe = store.redis.pipeline(transaction=True)
            pipe.xack(keys.inbox(shard), keys.GROUP, *entries)
            pipe.xdel(keys.inbox(shard), *entries)
            pipe.execute()


def fetch(store: Store, waiting: Sequence[Waiting]) -> list[bytes | None]:
    """Returns what is stored of each waiting revision; None where it is gone or has a verdict."""
    names = [keys.of_site(w.site).comment.encode() + w.id for w in waiting]
    with store_errors():
        found: list[bytes | None] = list(store.redis.mget(names)) if names else []
    older = [
        i
        for i, (w, data) in enumerate(zip(waiting, found, strict=True))
        if data is not None and codec.revision_of(data) != w.revision
    ]
    if older:
        with store_errors():
            archived = store.redis.mget([names[i] + b":%d" % waiting[i].revision for i in older])
        for i, data in zip(older, archived, strict=True):
            found[i] = data
    return [None if data is None or codec.has_verdict(data) else data for data in found]
