"""What a learner has learned at a place of the label log: a function of the entries up to it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from classifier import Learner
from moderation.domain.decisions import HOW_BY_WAY, How, LabelEntry
from moderation.flow.rows import training_row
from moderation.store.checkpoints import Spacing

REPLAYABLE = 1000
"""How many entries back a withdrawal is replayed at once; an older one is left to a job."""
REPLAY_AT_MOST = 2000
"""Most entries that a request replays; more are left to a job."""
CHECKPOINT_EVERY = 256


def spacing() -> Spacing:
    """Return how checkpoints are spaced: whatever is withdrawn at once finds one not far before."""
    return Spacing(CHECKPOINT_EVERY, REPLAYABLE + CHECKPOINT_EVERY)


def targets(entry: LabelEntry, rebuilt: int) -> tuple[int, ...]:
    """Return the earlier entries that this one switches off or on again, as far as that holds.

    A withdrawal of a label more than `REPLAYABLE` entries back takes effect only when a job has
    made the learner anew, which an entry of kind `rebuilt` marks.
    """
    return tuple(
        seq
        for seq in (entry.drops, entry.restores)
        if seq and (entry.seq < rebuilt or entry.seq - seq <= REPLAYABLE)
    )


def _last_rebuilt(entries: Sequence[LabelEntry]) -> int:
    return max((e.seq for e in entries if e.kind == "rebuilt"), default=0)


def reached(entries: Sequence[LabelEntry], after: int) -> float:
    """Return the earliest place that those of these entries that follow `after` reach back to.

    It is 0 where the learner was made anew after it, infinite where nothing reaches back. Whatever
    switches a label off or on does so with its evidence, which stands before it.
    """
    rebuilt = _last_rebuilt(entries)
    if rebuilt > after:
        return 0
    kept = {e.seq: e.kept for e in entries if e.kept}
    switched = (seq for e in entries if e.seq > after for seq in targets(e, rebuilt))
    places = (seq - kept.get(seq, 0) for seq in switched)
    return min(places, default=math.inf)


def still_learned(entries: Sequence[LabelEntry]) -> int:
    """Return the newest of these entries that was erased though learners still have it, 0 if none.

    Its text is gone, so no learner as of their end can be made by replaying it.
    """
    rebuilt = _last_rebuilt(entries)
    return max((e.seq for e in entries if is_still_learned(e, rebuilt)), default=0)


def is_still_learned(entry: LabelEntry, rebuilt: int) -> bool:
    """Say whether an entry was erased and learners have it as long as they were made anew last at
    entry `rebuilt`."""
    return entry.erased_far > 0 and entry.erased_far >= rebuilt


def erased_in(entries: Sequence[LabelEntry]) -> int:
    """Return the newest epoch in which one of these entries was erased."""
    return max((e.erased_epoch for e in entries), default=0)


def replay(
    learner: Learner,
    entries: Sequence[LabelEntry],
    everything: bool = False,
    passing: Callable[[int], None] = lambda place: None,
) -> Learner:
    """Teach a learner what holds among `entries`, labels and evidence, in order, and return it.

    `everything`: withdrawals of old labels count too, as for a learner made anew. `passing` is
    called with each place at which a checkpoint belongs once all up to it is learned.
    """
    if not entries:
        return learner
    rebuilt = entries[-1].seq + 1 if everything else _last_rebuilt(entries)
    place = entries[0].seq - 1
    for seq, chosen in sorted(_active(entries, rebuilt).items()):
        place = pass_on(place, seq - 1, passing)
        if chosen is not None:
            _teach(learner, chosen)
    pass_on(place, entries[-1].seq, passing)
    return learner


def _teach(learner: Learner, entry: LabelEntry) -> None:
    if entry.example is None:
        return
    row = training_row(entry.example.row)
    if entry.kind == "kept":
        learner.keep(row, entry.example.stands_for)
    elif entry.label is not None:
        learner.learn(row, entry.label, how_of(entry))


def how_of(entry: LabelEntry) -> How:
    """Return how a label came.

    Of one that was written before that was noted its way alone tells: Akismet's clients report
    errors, imports are imports, and anything else counts as decided whatever the comment was.
    """
    if entry.how is not None:
        return entry.how
    return HOW_BY_WAY.get(entry.decision.via, "all") if entry.decision else "all"


def _active(entries: Sequence[LabelEntry], rebuilt: int) -> dict[int, LabelEntry | None]:
    """Return what holds at the end at each place of a label or of evidence: its entry, None where
    none does. Evidence holds as long as the label that it was drawn with."""
    active: dict[int, LabelEntry | None] = {}
    by_seq = {e.seq: e for e in entries}
    for e in entries:
        if e.kind in ("label", "kept") and e.example is not None:
            active[e.seq] = e
        near = targets(e, rebuilt)
        if e.drops in near and e.drops in active:
            active[e.drops] = None
        if e.restores in near and e.restores in active:
            active[e.restores] = by_seq[e.restores]
    for e in entries:
        if e.kept and active.get(e.seq) is None:
            active.update(dict.fromkeys(range(e.seq - e.kept, e.seq)))
    return active


def pass_on(place: int, to: int, passing: Callable[[int], None]) -> int:
    """Call `passing` for the checkpoints after `place` up to `to`; return where that leaves off."""
    first = (place // CHECKPOINT_EVERY + 1) * CHECKPOINT_EVERY
    for at in range(first, to + 1, CHECKPOINT_EVERY):
        passing(at)
    return max(place, to)
