"""A history on its way: read whole, compared with what is here, taught in order of time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.errors import StoreDown
from moderation.flow import performing
from moderation.flow.labels import learning, teaching
from moderation.flow.labels.deciding import Word
from moderation.flow.labels.teaching import Lesson
from moderation.flow.performing import HandOver, JobFailed, Work
from moderation.flow.runtime import Runtime, now_ms
from moderation.history.formats import FORMATS, detect
from moderation.history.rows import Unreadable
from moderation.history.source import Source
from moderation.history.staging import Staged, Staging
from moderation.store import sites
from moderation.store.comments import accepting, reading

REJECTS_SHOWN = 100
AGAIN_SECONDS = 0.5
"""After so long a store that did not answer is asked again."""
LEFT_BYTES = 1 << 30
"""What is left free on the disk, for the store above all."""
_READ_ROWS = 200


class Asked(Struct, frozen=True):
    """What is to be imported, and how. `is_spooled`: the file is ours, and goes when it is done.

    `partial`: of a file that breaks off, what stands before is taken. `place`: the data folder of
    the machine that has the file ('': of a version that did not say).
    """

    path: str = ""
    format: str = ""
    encoding: str = ""
    table: str = ""
    dry_run: bool = False
    partial: bool = False
    is_spooled: bool = False
    place: str = ""


def carry_on(
    runtime: Runtime, work: Work, asked: Asked, staging: Staging, until: float | None
) -> dict[str, Any]:
    """Do an import from where its staging is, until a time (monotonic) if one is given.

    Return what came of it.

    Raises:
        HandOver: the time is over. JobFailed: the file cannot be read.
    """
    read(asked, staging, work.note)
    if asked.dry_run:
        return planned(runtime, work.job.site, staging, work.note)
    done = staging.fact("done") or {}
    plan = staging.counts()
    total = plan["spam"] + plan["ham"]
    while batch := staging.next(staging.fact("after") or (-1, 0), accepting.AT_ONCE):
        written = _written(runtime, work.job.site, batch, staging.fact("by"))
        for name, count in written.items():
            done[name] = done.get(name, 0) + count
        staging.note(after=(batch[-1].at_ms, batch[-1].n), done=done)
        work.note("writing", sum(done.values()), total)
        if until is not None and monotonic() > until:
            raise HandOver
    work.note("learning", total, total)
    learning.heed(runtime, work.job.site)
    learning.context(runtime, work.job.site, sites.read(runtime.store, work.job.site))
    return {**_result(staging, plan), **{name: done.get(name, 0) for name in _OUTCOMES}}


_OUTCOMES = ("imported", "known", "decided_here")
"""What became of labelled comments: written; the same label stood here; a later one does."""


def _result(staging: Staging, plan: dict[str, Any]) -> dict[str, Any]:
    rejects = [f"{place}: {reason}" for place, reason in staging.rejects(REJECTS_SHOWN)]
    return {
        "format": staging.fact("format"), **plan, "rejects": rejects,
        "broken": staging.fact("broken") or "", "by": staging.fact("by"),
    }  # fmt: skip


def read(asked: Asked, staging: Staging, note: Callable[[str, int, int], None]) -> None:
    """Read a whole file into its staging, unless that was done.

    Raises:
        JobFailed: it cannot be read to its end, or has no comment, and nothing is taken of it.
    """
    if staging.fact("whole"):
        return
    kept = {name: staging.fact(name) for name in ("token", "by", "job")}
    staging.clear()
    now = now_ms()
    try:
        source = Source(Path(asked.path), now_ms=now, encoding=asked.encoding, table=asked.table)
        name = asked.format or detect(source)
        # A file of which no row can be read is noted, and cancelled, as well.
        source.watch = lambda: note("reading", source.done, source.size)
        staging.note(**{k: v for k, v in kept.items() if v}, format=name)
        for count, found in enumerate(FORMATS[name].read(source)):
            staging.add(found)
            if count % _READ_ROWS == 0:
                note("reading", source.done, source.size)
                if staging.free_bytes() < LEFT_BYTES:
                    raise JobFailed("less than 1 GiB of the disk is left; nothing was imported")
    except Unreadable as error:
        if not asked.partial:
            raise JobFailed(f"{error}; nothing was imported") from error
        staging.note(broken=str(error))
    staging.settle(now)
    _refuse_empty(staging)


def _refuse_empty(staging: Staging) -> None:
    """Raise JobFailed where no comment was read, and none was rejected."""
    plan = staging.counts()
    if not any(plan[name] for name in ("spam", "ham", "unlabelled", "rejected")):
        raise JobFailed("there is no comment in it; nothing was imported")


def planned(
    runtime: Runtime, site: str, staging: Staging, note: Callable[[str, int, int], None]
) -> dict[str, Any]:
    """Return what an import would do, with nothing written."""
    plan = staging.counts()
    total, passed = plan["spam"] + plan["ham"], 0
    would = dict.fromkeys(_OUTCOMES, 0)
    after = (-1, 0)
    while batch := staging.next(after, accepting.AT_ONCE):
        after = batch[-1].at_ms, batch[-1].n
        for outcome, _ in _outcomes(runtime, site, batch, ""):
            would[outcome] += 1
        passed += len(batch)
        note("comparing", passed, total)
    return {**_result(staging, plan), **would, "dry_run": True}


def _outcomes(
    runtime: Runtime, site: str, batch: Sequence[Staged], by: str
) -> Iterator[tuple[str, Lesson | None]]:
    """Yield what becomes of each of some comments, and what is to be taught for it if anything.

    A comment that is known stays as it is: the label is about the text that stands here.
    """
    ids = reading.find_externals(runtime.store, site, [s.submission.external_id for s in batch])
    known = [raw for raw in ids if raw is not None]
    stored = dict(zip(known, reading.get_many(runtime.store, site, known), strict=True))
    for staged, raw in zip(batch, ids, strict=True):
        comment = None if raw is None else stored[raw]
        submission = staged.submission if comment is None else comment.submission
        lesson = replace(_as_new(staged), submission=submission)
        decision = comment.decision if comment else None
        if decision is not None and decision.by == by and decision.label == staged.label:
            yield "imported", None  # Before this import was cut off.
        elif decision is not None and decision.label == staged.label:
            yield "known", None
        elif decision is not None and decision.at_ms >= staged.at_ms:
            yield "decided_here", None
        else:
            yield "imported", lesson


def _as_new(staged: Staged) -> Lesson:
    """Return what is to be taught of a comment that is not known here."""
    return Lesson(staged.submission, staged.label, labelled_ms=staged.at_ms)


def _written(runtime: Runtime, site: str, batch: Sequence[Staged], by: str) -> dict[str, int]:
    """Write some comments and return what became of how many; wait for a store that is away.

    What it had written before its answer was lost is found as written.
    """
    until = monotonic() + performing.AWAY_SECONDS
    while True:
        try:
            return _write(runtime, site, batch, by)
        except StoreDown:
            if monotonic() > until:
                raise
            time.sleep(AGAIN_SECONDS)


def _write(runtime: Runtime, site: str, batch: Sequence[Staged], by: str) -> dict[str, int]:
    """Write some comments and return what became of how many, as it is found once they are written.

    Where somebody decides meanwhile his word stays; what is revised meanwhile is left, and comes
    again with the text that stands here then; what is deleted meanwhile stays deleted.
    """
    sent: dict[int, Lesson] = {}
    while True:
        found = list(_outcomes(runtime, site, batch, by))
        lessons = {
            n: lesson
            for n, (_, lesson) in enumerate(found)
            if lesson is not None and (n not in sent or lesson not in (sent[n], _as_new(batch[n])))
        }
        if not lessons:
            break
        word = Word(by, "import", suggestion_shown=False)
        teaching.write(runtime, site, list(lessons.values()), word)
        sent |= lessons
    counts = dict.fromkeys(_OUTCOMES, 0)
    for outcome, _ in found:
        counts[outcome] += 1
    return counts
