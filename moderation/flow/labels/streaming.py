"""A long stretch of a label log, learned in pieces: what holds is known before a text is read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from msgspec import Struct

from classifier import Learner
from moderation.domain.decisions import LabelEntry
from moderation.flow.labels import replaying
from moderation.store import Store, labels

PIECE = 200
"""Entries whose texts are in memory at once."""
OUTLINES_AT_ONCE = 1000


class Changed(Exception):
    """What held when the log was looked through was erased or taken out before it was learned."""


class Outline(Struct, frozen=True):
    """What the entries after `after` up to `end` do to each other, and to earlier ones.

    By `everything` withdrawals of old labels count too. `off` are the labels and evidence among
    them that do not hold at their end, `rows` is how many do. They reach back to `reaches` (0: the
    learner was made anew among them). `erased_epoch` is the newest epoch in which one of them was
    erased, `is_unlearnable` says that learners still have an erased one, `has_gaps` that compaction
    took some out.
    """

    after: int
    end: int
    everything: bool
    off: set[int]
    rows: int
    reaches: float
    erased_epoch: int
    is_unlearnable: bool
    has_gaps: bool


def outlined(store: Store, site: str, after: int, end: int) -> Iterator[LabelEntry]:
    """Yield the entries of a stretch without their texts, the newest first."""
    seqs = range(end, after, -1)
    for at in range(0, len(seqs), OUTLINES_AT_ONCE):
        yield from labels.outlines(store, site, seqs[at : at + OUTLINES_AT_ONCE])


def outline(store: Store, site: str, after: int, end: int, *, everything: bool = False) -> Outline:
    """Return what the entries of a stretch do to each other; memory grows with `off` alone.

    `everything`: withdrawals of old labels count too, as for a learner made anew.
    """
    found = Outlining(end + 1 if everything else 0)
    for entry in outlined(store, site, after, end):
        found.take(entry)
    return Outline(
        after, end, everything, found.off, found.rows, found.reaches, found.erased_epoch,
        found.is_unlearnable, found.has_gaps,
    )  # fmt: skip


class Outlining:
    """An outline on its way, from the newest entry back.

    `rebuilt` is the mark up to which all that was withdrawn counts, whatever its distance: the
    newest that was met, 0 before.
    """

    def __init__(self, rebuilt: int = 0) -> None:
        self.rebuilt = rebuilt
        self.off: set[int] = set()
        self.rows = self.erased_epoch = 0
        self.reaches = math.inf
        self.is_unlearnable = self.has_gaps = False
        self._switched: dict[int, bool] = {}

    def take(self, e: LabelEntry) -> None:
        """Take the entry before those that were taken."""
        if e.kind == "rebuilt" and not self.rebuilt:
            self.rebuilt, self.reaches = e.seq, 0
        self.has_gaps = self.has_gaps or e.kind == "gone"
        self.erased_epoch = max(self.erased_epoch, e.erased_epoch)
        self.is_unlearnable |= replaying.is_still_learned(e, self.rebuilt)
        near = replaying.targets(e, self.rebuilt)
        self.reaches = min((self.reaches, *near))
        for target, holds in ((e.restores, True), (e.drops, False)):
            if target in near:
                self._switched.setdefault(target, holds)
        if not self._switched.pop(e.seq, True):
            self.off.add(e.seq)
        if e.kind in ("label", "kept"):
            if e.seq not in self.off:
                self.rows += 1
            elif e.kept:
                self.off.update(range(e.seq - e.kept, e.seq))
                self.reaches = min(self.reaches, e.seq - e.kept)


def teach(
    store: Store,
    site: str,
    learner: Learner,
    found: Outline,
    passing: Callable[[int], None] = lambda place: None,
    note: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Teach a learner what holds of a stretch, in order, `PIECE` texts at a time.

    `passing` is called with each place at which a checkpoint belongs once all up to it is learned,
    `note` after each piece with how much of how much was looked at.

    Raises:
        Changed: something that held is there no longer.
    """
    place, taught = found.after, 0
    for first in range(found.after, found.end, PIECE):
        entries = labels.entries(store, site, first, min(found.end, first + PIECE))
        held = [e for e in entries if e.kind in ("label", "kept") and e.seq not in found.off]
        if held:
            replaying.pass_on(place, held[0].seq - 1, passing)
            replaying.replay(learner, held, found.everything, passing=passing)
            place, taught = held[-1].seq, taught + len(held)
        note(min(found.end, first + PIECE) - found.after, found.end - found.after)
    if taught != found.rows:
        raise Changed
    replaying.pass_on(place, found.end, passing)
