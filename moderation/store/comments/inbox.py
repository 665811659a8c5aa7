"""The streams of comments that wait for a verdict, and the bells that say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from redis.exceptions import ResponseError

from moderation.domain.errors import StoreDown, StoreFull
from moderation.store import codec, keys
from moderation.store.client import Call, Store
from moderation.store.faults import is_silence, store_errors
from moderation.store.leases import What, lease

LEASE_MS = 8000


class Waiting(Struct, frozen=True, gc=False):
    """Which revision of which comment waits, and of how many bytes.

    Those of one accepting call, a hundred at most, share an entry of their inbox; it is done with
    the `last` of them.
    """

    shard: int
    entry: bytes
    site: str
    id: bytes
    revision: int
    size: int
    last: bool


def ring(pipe: Any, lane: int) -> None:
    """Add the ring of a lane's bell to a pipeline: its answer is true if the bell was free."""
    pipe.set(keys.bell(lane), "rung", nx=True, px=LEASE_MS)


def ring_after(store: Store, lane: int) -> bool:
    """Ring a lane's bell where it is on another server than what was written before.

    Return whether it was free. False where that server does not answer or has no room: the sweep
    finds what was written.
    """
    try:
        with store_errors():
            return bool(store.redis.set(keys.bell(lane), "rung", nx=True, px=LEASE_MS))
    except (StoreDown, StoreFull):
        return False


def claim(store: Store, lane: int, token: str) -> bool:
    """Take the lane's lease; False while somebody else drains it."""
    return _bell(store, lane, "claim", token)


def keep(store: Store, lane: int, token: str) -> bool:
    """Renew the lease; False if it was lost."""
    return _bell(store, lane, "keep", token)


def release(store: Store, lane: int, token: str) -> bool:
    """Give the lease back."""
    return _bell(store, lane, "release", token)


def hand_over(store: Store, lane: int, token: str) -> bool:
    """Leave the bell rung for the next task."""
    return _bell(store, lane, "hand over", token)


def _bell(store: Store, lane: int, what: What, token: str) -> bool:
    return lease(store, keys.bell(lane), what, token, LEASE_MS)


def lengths(store: Store) -> list[int]:
    """Return how many entries wait in each of the 64 inboxes, in one round trip.

    An entry stands for up to a hundred comments.
    """
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for shard in range(keys.SHARDS):
            pipe.xlen(keys.inbox(shard))
        return [int(n) for n in pipe.execute()]


def look(store: Store, shards: Sequence[int], silent: set[int]) -> set[int]:
    """Return in which of these inboxes something is known to wait.

    Nothing is known of those on a server of a Cluster that does not answer. Those whose server was
    silent for as long as any answer is waited for are added to `silent`, even where all were.

    Raises:
        StoreDown: no server answers.
    """

    def note(answers: Sequence[Any]) -> None:
        if store.is_spread:
            found = zip(shards, answers, strict=True)
            silent.update(shard for shard, answer in found if is_silence(answer))

    answers = store.ask_all([("XLEN", keys.inbox(shard)) for shard in shards], note)
    found = zip(shards, answers, strict=True)
    return {shard for shard, answer in found if isinstance(answer, int) and answer > 0}


def oldest_ms(store: Store) -> int | None:
    """Return when the entry that waits longest was written (ms since 1970), None if none."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for shard in range(keys.SHARDS):
            pipe.xrange(keys.inbox(shard), count=1)
        firsts = [found[0][0] for found in pipe.execute() if found]
    return min((int(entry.split(b"-")[0]) for entry in firsts), default=None)


def depth(store: Store, sites: Sequence[str]) -> int:
    """Return how many comments of sites have no verdict yet, in one round trip or two."""
    entries = lengths(store)
    busy = [k for k in map(keys.of_site, sites) if entries[k.shard]]
    if not busy:
        return 0
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for k in busy:
            pipe.zcard(k.queued)
        # A revision that was overtaken, or decided, waits for its verdict in no set.
        return max(sum(entries), sum(map(int, pipe.execute())))


def parts(store: Store, lane: int) -> list[list[int]]:
    """Return the shards of a lane by which of their inboxes one call takes from: all of them, or
    on a Cluster each for itself."""
    shards = list(range(lane, keys.SHARDS, keys.LANES))
    return [[shard] for shard in shards] if store.is_spread else [shards]


def take_call(
    shards: Sequence[int], *, pending: bool, count: int, block_ms: int | None = None
) -> Call:
    """Return the call that takes up to `count` entries of each inbox of a part of a lane.

    `pending` takes again what this lane was given before and never acknowledged. `block_ms` waits
    that long for the first entry. There is one consumer a lane, by a constant name.
    """
    names = [keys.inbox(shard) for shard in shards]
    block = () if block_ms is None else ("BLOCK", block_ms)
    ids = ["0" if pending else ">"] * len(names)
    consumer = f"lane-{shards[0] % keys.LANES}"
    words = ("XREADGROUP", "GROUP", keys.GROUP, consumer, "COUNT", count, *block)
    return Call("", (), (*words, "STREAMS", *names, *ids))


def taken(store: Store, answer: Any) -> list[Waiting]:
    """Return what the call of `take_call` took; nothing where groups had to be made first."""
    if isinstance(answer, ResponseError):
        if not str(answer).startswith("NOGROUP"):
            raise answer
        _make_groups_there(store)
        return []
    waiting = []
    for name, entries in answer or ():
        shard = keys.shard_of_inbox(name)
        for entry, fields in entries:
            if fields:
                site = fields[1].decode()
                found = list(codec.unpack_waiting(fields[3]))
                end = len(found) - 1
                waiting += [
                    Waiting(shard, entry, site, raw_id, revision, size, i == end)
                    for i, (raw_id, revision, size) in enumerate(found)
                ]
    return waiting


def take(
    store: Store, lane: int, *, pending: bool, count: int, block_ms: int | None = None
) -> list[Waiting]:
    """Return what waits in a lane's inboxes, of at most `count` entries of each."""
    found: list[Waiting] = []
    for shards in parts(store, lane):
        found += take_part(store, shards, pending=pending, count=count, block_ms=block_ms)
    return found


def take_part(
    store: Store, shards: Sequence[int], *, pending: bool, count: int, block_ms: int | None = None
) -> list[Waiting]:
    """Return what waits in the inboxes of a part of a lane."""
    call = take_call(shards, pending=pending, count=count, block_ms=block_ms)
    with store_errors():
        try:
            answer = store.command(*call.args)
        except ResponseError as error:
            answer = error
        return taken(store, answer)


def make_groups(store: Store) -> None:
    """Make the consumer group of every inbox that lacks it; entries before it are read too."""
    with store_errors():
        for shard in range(keys.SHARDS):
            try:
                store.redis.xgroup_create(keys.inbox(shard), keys.GROUP, id="0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise


def _make_groups_there(store: Store) -> None:
    """Make the groups of the inboxes that can be reached."""
    if not store.is_spread:
        make_groups(store)
        return
    inboxes = [keys.inbox(shard) for shard in range(keys.SHARDS)]
    store.ask_all(
        [("XGROUP CREATE", name, keys.GROUP, "0", "MKSTREAM") for name in inboxes]
    )  # An error of those that have one is no matter.


def deliveries(store: Store, waiting: Sequence[Waiting]) -> dict[bytes, int]:
    """Return how often each entry has been handed out."""
    if not waiting:
        return {}
    shards = {w.shard for w in waiting}
    counts: dict[bytes, int] = {}
    with store_errors():
        for shard in shards:
            for row in store.redis.xpending_range(keys.inbox(shard), keys.GROUP, "-", "+", 1000):
                counts[row["message_id"]] = row["times_delivered"]
    return counts


def fetch_call(waiting: Sequence[Waiting]) -> Call:
    """Return the call that reads comments that wait, of at least one."""
    site, prefix, names = None, b"", []
    for w in waiting:
        if w.site != site:
            site, prefix = w.site, keys.of_site(w.site).comment.encode()
        names.append(prefix + w.id)
    return Call("", (), ("MGET", *names))


def fetched(store: Store, waiting: Sequence[Waiting], answer: Any) -> list[bytes | None]:
    """Return what is stored of each waiting revision, from the answer to `fetch_call`.

    None where it is gone. One that was overtaken meanwhile is read from where it is kept.
    """
    if isinstance(answer, ResponseError):
        raise answer
    found: list[bytes | None] = answer
    older = [
        i
        for i, (w, data) in enumerate(zip(waiting, found, strict=True))
        if data is not None and codec.revision_of(data) != w.revision
    ]
    if older:
        names = [
            keys.of_site(w.site).comment.encode() + w.id + b":%d" % w.revision
            for w in (waiting[i] for i in older)
        ]
        with store_errors():
            for i, data in zip(older, store.redis.mget(names), strict=True):
                found[i] = data
    return found
