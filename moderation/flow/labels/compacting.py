"""Compaction of label logs: what counts no longer goes, what holds stays, each row by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from time import monotonic
from typing import Any

import msgspec
from msgspec import Struct

from moderation.domain.decisions import LabelEntry
from moderation.domain.jobs import Job
from moderation.flow import jobs, performing
from moderation.flow.labels import rebuilding, replaying, streaming
from moderation.flow.labels.chains import Chains
from moderation.flow.performing import HandOver, Watch, Work
from moderation.flow.runtime import Runtime
from moderation.store import Store, codec, compaction, labels, sites
from moderation.store.compaction import Step

KIND = "compaction"
STALE_AT_LEAST = 1000
"""From so many entries that were switched off or erased on, a log is compacted by itself."""
A_TURN_SECONDS = 3.0
"""After so long a worker leaves the other sites to a later turn."""
BY_ITSELF = "threshold"

Note = Callable[[str, int, int], None]
"""Told stage, done and total; raises to end the work."""


class Asked(Struct, frozen=True):
    """Which site's log is compacted ('': those of all), the site that is next, and how many
    entries went so far."""

    site: str = ""
    at: str = ""
    taken: int = 0


def begin(runtime: Runtime, by: str, site: str = "", send: bool = True) -> Job:
    """Return a job that compacts: one for the same site that is under way or waits, else a new one.

    Without `send` the caller takes it up.

    Raises:
        NotFound: there is no such site.
    """
    asked = msgspec.to_builtins(Asked(site))
    return jobs.ask(runtime, KIND, by, site, asked, send_it=send)


def tend(runtime: Runtime, names: Sequence[str]) -> None:
    """Ask for the compaction of each log in which much counts no longer."""
    for site, number in zip(names, compaction.stale(runtime.store, names), strict=True):
        if number >= STALE_AT_LEAST:
            begin(runtime, BY_ITSELF, site)


def work_on(runtime: Runtime, job_id: str, watch: Watch | None = None, here: bool = False) -> None:
    """Do the work of a job; by a worker for about `A_TURN_SECONDS` at a time, `here` all of it."""
    until = None if here else monotonic() + A_TURN_SECONDS
    performing.work_on(runtime, job_id, lambda work: _compact_all(runtime, work, until), watch)


def _compact_all(runtime: Runtime, work: Work, until: float | None) -> dict[str, Any]:
    asked = msgspec.convert(work.job.asked, Asked)
    taken = asked.taken
    names = [asked.site] if asked.site else sites.names(runtime.store)

    def turn(site: str, more: int) -> None:
        if until is not None and monotonic() > until:
            raise HandOver(msgspec.to_builtins(Asked(asked.site, site, taken + more)))

    for site in (name for name in names if name >= asked.at):
        taken += compact(runtime, site, work.note, partial(turn, site))
    return {"taken_out": taken}


def compact(runtime: Runtime, site: str, note: Note, turn: Callable[[int], None]) -> int:
    """Take out of a site's label log what counts no longer, and return how many entries that were.

    An entry stays that holds, or that undoing the words on its comment would give back, up to
    `chains.WORDS_KEPT` of them. Learners are as they were, to the last bit: each step leaves a log
    of which the same holds. One that was cut off goes on with what is left. `turn` is told how many
    went after each hundred, and ends the work by raising.
    """
    store = runtime.store
    (seen,) = compaction.stale(store, [site])
    if labels.rebuild_asked(store, site):
        # Until then learners still have what was withdrawn long ago.
        rebuilding.rebuild(runtime, site, partial(note, "making the learner anew"))
    found = _looked_through(store, site, sites.read(store, site).labels, note)
    taken, raises = 0, True
    for steps in _steps(store, site, found):
        taken += compaction.take_out(store, site, steps, raises=raises)
        raises = False
        note("compacting", taken, max(taken, len(found.off) + len(found.empty)))
        turn(taken)
    compaction.drop_pointers(store, site)
    compaction.no_longer_stale(store, site, seen)
    return taken


class _Found(Struct, frozen=True):
    """What may go: labels and evidence that do not hold, withdrawals of what is gone, and what
    teaches nothing any more and is about no comment that is known; the oldest first."""

    off: list[int]
    empty: list[int]
    rebuilt: int


def _looked_through(store: Store, site: str, end: int, note: Note) -> _Found:
    """Return what may go of a log; its texts are not read for it."""
    looking = streaming.Outlining()
    empty: list[LabelEntry] = []
    undone: dict[int, LabelEntry] = {}
    for count, entry in enumerate(streaming.outlined(store, site, 0, end)):
        newest = looking.rebuilt
        looking.take(entry)
        if _is_empty(entry, newest, looking.rebuilt):
            empty.append(entry)
        elif entry.kind == "undo":
            undone[entry.drops] = entry
        withdrawal = undone.pop(entry.seq, None)
        if withdrawal is not None and entry.kind == "gone":
            # Who took the label out did not come to its withdrawal.
            empty.append(withdrawal)
        if count % streaming.OUTLINES_AT_ONCE == 0:
            note("looking through the log", count, end)
    empty.sort(key=lambda entry: entry.seq)
    return _Found(sorted(looking.off), _unreached(store, site, empty), looking.rebuilt)


def _is_empty(entry: LabelEntry, newest: int, rebuilt: int) -> bool:
    """Say whether an entry is a mark with a newer one, or was erased and no learner has it."""
    if entry.kind == "rebuilt":
        return newest > 0
    return entry.kind == "erased" and not replaying.is_still_learned(entry, rebuilt)


def _unreached(store: Store, site: str, empty: Sequence[LabelEntry]) -> list[int]:
    """Return those of the entries, the oldest first, through which no older one is found."""
    goes: set[int] = set()
    there: set[int] = set()
    previous = [entry.previous for entry in empty if entry.previous]
    for at in range(0, len(previous), streaming.OUTLINES_AT_ONCE):
        some = labels.outlines(store, site, previous[at : at + streaming.OUTLINES_AT_ONCE])
        there |= {entry.seq for entry in some if entry.kind != "gone"}
    for entry in empty:
        if entry.previous not in there or entry.previous in goes:
            goes.add(entry.seq)
    return sorted(goes)


def _steps(store: Store, site: str, found: _Found) -> Iterator[list[Step]]:
    """Yield what goes, a hundred at most at once, so that each step leaves a whole log: of one
    comment the oldest first, and the evidence that was drawn with a label before it."""
    for at in range(0, len(found.off), compaction.AT_ONCE):
        off = labels.some(store, site, found.off[at : at + compaction.AT_ONCE])
        ids = {codec.id_bytes(e.example.comment) for e in off if e.example is not None}
        chains = Chains(store, site, found.rebuilt)
        yield from _parts(list(chains.superfluous(sorted(ids))))
    yield from _parts([Step(seq) for seq in found.empty])


def _parts(steps: Sequence[Step]) -> Iterator[list[Step]]:
    for at in range(0, len(steps), compaction.AT_ONCE):
        yield list(steps[at : at + compaction.AT_ONCE])
