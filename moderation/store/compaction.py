"""Taking entries that count no longer out of a site's label log, a bounded part at a time."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from msgspec import Struct

from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

AT_ONCE = 100
_A_PAGE = 1000
_STEP = struct.Struct(">16sI16sIII")
_LABELLED = struct.Struct(">II")
_BUCKETS = 4096
NOBODY = bytes(16)


class Step(Struct, frozen=True):
    """One entry that goes: `id` is the comment that it is about, `last` the last entry about that,
    `following` the next one (0: it is the last). It stays where the last entry about `guard` is not
    `guarded` any more. Both comments are `NOBODY` for what was erased and for marks."""

    seq: int
    guard: bytes = NOBODY
    guarded: int = 0
    id: bytes = NOBODY
    last: int = 0
    following: int = 0


def take_out(store: Store, site: str, steps: Sequence[Step], *, raises: bool) -> int:
    """Take up to `AT_ONCE` entries out, in order, and return how many went.

    `raises`: the site's epoch is raised before the first goes.
    """
    k = keys.of_site(site)
    packed = [_STEP.pack(s.guard, s.guarded, s.id, s.last, s.seq, s.following) for s in steps]
    names = [k.meta, k.comment, k.label, k.labelled]
    return int(store.run("compact", names, [int(raises), *packed]))


def last_entries(store: Store, site: str, ids: Sequence[bytes]) -> list[tuple[int, bool]]:
    """Return of each comment the last entry about it (0: none is known), and whether it is kept."""
    k = keys.of_site(site)
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for raw in ids:
            pipe.hget(f"{k.labelled}{int.from_bytes(raw[14:], 'big') % _BUCKETS}", raw)
            pipe.exists(k.comment.encode() + raw)
        found = pipe.execute()
    return [
        (_LABELLED.unpack(noted)[1] if noted else 0, bool(there))
        for noted, there in zip(found[::2], found[1::2], strict=True)
    ]


def drop_pointers(store: Store, site: str) -> int:
    """Take out of a shard's log what points to entries of a site that are gone; return how many."""
    k = keys.of_site(site)
    name, start, dropped = k.labels, "-", 0
    while True:
        with store_errors():
            page = store.redis.xrange(name, min=start, count=_A_PAGE)
            ours = [(at, int(e[b"n"])) for at, e in page if e[b"s"].decode() == site]
            pipe = store.redis.pipeline(transaction=False)
            for _, seq in ours:
                pipe.exists(f"{k.label}{seq}")
            gone = [at for (at, _), there in zip(ours, pipe.execute(), strict=True) if not there]
            if gone:
                dropped += store.redis.xdel(name, *gone)
        if len(page) < _A_PAGE:
            return dropped
        start = f"({page[-1][0].decode()}"


def stale(store: Store, sites: Sequence[str]) -> list[int]:
    """Return how many entries of each site's log were switched off or erased since it was last
    compacted, in one round trip."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for site in sites:
            pipe.hget(keys.of_site(site).meta, "stale")
        return [int(found or 0) for found in pipe.execute()]


def no_longer_stale(store: Store, site: str, number: int) -> None:
    """Take so many entries off the count of stale ones."""
    with store_errors():
        store.redis.hincrby(keys.of_site(site).meta, "stale", -number)
