"""The label log of a site."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from moderation.domain.decisions import LabelEntry
from moderation.store import codec, entry_codec, keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

AT_ONCE = 200
A_TRIP = 1000


def entries(
    store: Store, site: str, after: int, to: int, unread: list[int] | None = None
) -> list[LabelEntry]:
    """Return the entries after sequence number `after` up to `to`, in order.

    With `unread` what cannot be read is left out, and its number put there.

    At most `AT_ONCE` are read by one command and `A_TRIP` in one round trip, the newest first:
    where compaction takes a label out meanwhile and what withdrew it, nobody finds the label alone.
    """
    prefix = keys.of_site(site).label
    seqs, found = range(to, after, -1), list[LabelEntry]()
    for start in range(0, len(seqs), A_TRIP):
        trip = seqs[start : start + A_TRIP]
        with store_errors():
            pipe = store.redis.pipeline(transaction=False)
            for at in range(0, len(trip), AT_ONCE):
                pipe.mget([f"{prefix}{seq}" for seq in trip[at : at + AT_ONCE]])
            for seq, data in zip(trip, itertools.chain.from_iterable(pipe.execute()), strict=True):
                try:
                    found.append(_entry(seq, data))
                except codec.Unreadable:
                    if unread is None:
                        raise
                    unread.append(seq)
    return found[::-1]


def some(store: Store, site: str, seqs: Sequence[int]) -> list[LabelEntry]:
    """Return entries by their sequence numbers, up to `AT_ONCE` of them."""
    if not seqs:
        return []
    prefix = keys.of_site(site).label
    with store_errors():
        found = store.redis.mget([f"{prefix}{seq}" for seq in seqs])
    return [_entry(seq, data) for seq, data in zip(seqs, found, strict=True)]


def outlines(store: Store, site: str, seqs: Sequence[int]) -> list[LabelEntry]:
    """Return entries without decision and example, by their sequence numbers, in one round trip."""
    prefix = keys.of_site(site).label
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for seq in seqs:
            pipe.getrange(f"{prefix}{seq}", 0, entry_codec.OUTLINE_BYTES - 1)
        found = pipe.execute()
    try:
        return [
            entry_codec.unpack_outline(seq, data) if data else _gone(seq)
            for seq, data in zip(seqs, found, strict=True)
        ]
    except codec.UNREADABLE as error:
        raise codec.Unreadable("an entry of the label log cannot be read") from error


def _entry(seq: int, data: bytes | None) -> LabelEntry:
    try:
        return _gone(seq) if data is None else entry_codec.unpack_label(seq, data)
    except codec.UNREADABLE as error:
        raise codec.Unreadable("an entry of the label log cannot be read") from error


def _gone(seq: int) -> LabelEntry:
    return LabelEntry(seq, "gone", None, 0, 0, 0)


def first_since(store: Store, site: str, since_ms: int) -> int | None:
    """Return the first entry that was written to a site's log since a time by the store's clock,
    whatever time its label names; None where there is none."""
    name, start = keys.of_site(site).labels, f"{since_ms}"
    while True:
        with store_errors():
            found = store.redis.xrange(name, min=start, count=A_TRIP)
        for _, fields in found:
            if fields[b"s"].decode() == site:
                return int(fields[b"n"])
        if len(found) < A_TRIP:
            return None
        start = f"({found[-1][0].decode()}"


def entry(store: Store, site: str, seq: int) -> LabelEntry | None:
    """Return one entry, None where there is none."""
    with store_errors():
        data = store.redis.get(f"{keys.of_site(site).label}{seq}")
    return None if data is None else entry_codec.unpack_label(seq, data)


def ask_rebuild(store: Store, site: str) -> None:
    """Note that a site's learner must be made anew, until a job has done it."""
    with store_errors():
        store.redis.hsetnx(keys.of_site(site).meta, "rebuild", 1)


def rebuild_asked(store: Store, site: str) -> int:
    """Return how often it was noted that a site's learner must be made anew since a job did it."""
    with store_errors():
        return int(store.redis.hget(keys.of_site(site).meta, "rebuild") or 0)


def rebuilds_asked(store: Store, sites: Sequence[str]) -> list[str]:
    """Return those of these sites whose learner must be made anew, in one round trip."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for site in sites:
            pipe.hexists(keys.of_site(site).meta, "rebuild")
        return [site for site, asked in zip(sites, pipe.execute(), strict=True) if asked]
