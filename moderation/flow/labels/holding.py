"""What holds in a site's label log now, read from its end in pieces."""

from __future__ import annotations

from collections.abc import Iterator

from moderation.domain.decisions import Example, LabelEntry
from moderation.store import Store, labels

AT_ONCE = 500
"""Entries whose texts are in memory at once."""

Held = tuple[LabelEntry, Example]


def holding(store: Store, site: str, end: int, number: int) -> Iterator[list[Held]]:
    """Yield what holds among the newest entries of a log, piece by piece, the newest piece first
    and each in order: an entry that switches another off or on comes after it."""
    switched: dict[int, bool] = {}
    evidence: dict[int, bool] = {}
    last = end
    while last > end - number:
        first = max(end - number, last - AT_ONCE)
        held = []
        for entry in reversed(labels.entries(store, site, first, last)):
            for target, holds in ((entry.restores, True), (entry.drops, False)):
                if target:
                    switched.setdefault(target, holds)
            if entry.kind == "label":
                holds = switched.get(entry.seq, True)
                evidence |= dict.fromkeys(range(entry.seq - entry.kept, entry.seq), holds)
            else:
                holds = entry.kind == "kept" and evidence.get(entry.seq, True)
            if holds and entry.example is not None:
                held.append((entry, entry.example))
        yield held[::-1]
        last = first


def last_of(store: Store, site: str, by: str, since_ms: int, end: int) -> Iterator[Held]:
    """Yield the labels that hold among `end` entries, were given by somebody and written since a
    time, the newest first."""
    first = labels.first_since(store, site, since_ms)
    if first is None:
        return
    for piece in holding(store, site, end, end - first + 1):
        for entry, example in reversed(piece):
            if entry.kind == "label" and entry.decision and entry.decision.by == by:
                yield entry, example
