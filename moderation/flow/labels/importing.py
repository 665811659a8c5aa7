"""History from elsewhere: read whole, put in order of time, then taught in that order.

Nothing is written before all of it was read, so that a broken file is refused as a whole. A label
is written under an id that the same file gives again: an import that was cut off anywhere goes on
where it was, and one that is run again changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import msgspec
from msgspec import Struct

from moderation.domain.errors import NotFound
from moderation.domain.jobs import Job
from moderation.flow import jobs
from moderation.flow.jobs import HandOver, JobFailed, Watch, Work
from moderation.flow.labels import learning, teaching
from moderation.flow.labels.deciding import Word
from moderation.flow.labels.teaching import Lesson
from moderation.flow.runtime import Runtime, now_ms
from moderation.history.formats import FORMATS, detect
from moderation.history.rows import Unreadable
from moderation.history.source import Source
from moderation.history.staging import Staged, Staging
from moderation.store import sites
from moderation.store.comments import accepting, reading

KIND = "import"
FOLDER = "imports"
SLICE_SECONDS = 3.0
"""How long a worker writes before it gives way to what else waits."""
REJECTS_SHOWN = 100
KEPT_SECONDS = 7 * 86_400.0
"""How long what is left of an import that nobody finished lies in the data folder."""
_READ_ROWS = 200


class Asked(Struct, frozen=True):
    """What is to be imported, and how. `is_spooled`: the file is ours, and goes when it is done.

    `partial`: of a file that breaks off, what stands before is taken.
    """

    path: str
    format: str = ""
    encoding: str = ""
    table: str = ""
    dry_run: bool = False
    partial: bool = False
    is_spooled: bool = False


def folder(runtime: Runtime) -> Path:
    """Return where files wait that are imported."""
    return runtime.settings.data / FOLDER


def begin(runtime: Runtime, site: str, by: str, asked: Asked) -> Job:
    """Return a new job that imports into a site."""
    return jobs.begin(runtime, KIND, by, site, msgspec.to_builtins(asked))


def work_on(runtime: Runtime, job_id: str) -> None:
    """Take an import up where it is, for as long as a worker may be kept from other work."""
    job = jobs.find(runtime, job_id)
    asked = msgspec.convert(job.asked, Asked)
    with held(runtime, job.site, asked) as staging:
        if staging is None:
            return  # Another process of this machine is at it.
        work = jobs.take(runtime, job_id, staging.fact("token") or "")
        if work is not None:
            carry_out(runtime, work, asked, staging, SLICE_SECONDS)


Heard = Callable[[Staging], None]
"""Told what is staged before that is thrown away: examples, and all that was rejected."""


def here(
    runtime: Runtime, site: str, by: str, asked: Asked, show: Watch, heard: Heard
) -> Job | None:
    """Import in this process and return the job; None while another process imports that file.

    One that was cut off goes on where it was, as the same job where that is not over.
    """
    with held(runtime, site, asked) as staging:
        if staging is None:
            return None
        job = _unfinished(runtime, staging) or begin(runtime, site, by, asked)
        staging.note(job=job.id)
        work = jobs.take(runtime, job.id, staging.fact("token") or "")
        if work is None:
            return None
        work.watch = show
        return carry_out(runtime, work, asked, staging, heard=heard)


def _unfinished(runtime: Runtime, staging: Staging) -> Job | None:
    try:
        job = jobs.find(runtime, staging.fact("job") or "")
    except NotFound:
        return None
    return None if job.is_over else job


def preview(
    runtime: Runtime, site: str, asked: Asked, show: Watch, heard: Heard
) -> dict[str, Any] | None:
    """Return what an import would do, in this process; None while another process does it.

    Raises:
        JobFailed: the file cannot be read.
    """

    def note(stage: str, done: int, total: int) -> None:
        show(stage, done, total, None)

    with held(runtime, site, asked) as staging:
        if staging is None:
            return None
        try:
            read(asked, staging, note)
            plan = planned(runtime, site, staging, note)
            heard(staging)
        finally:
            # What an import has begun with stays for it.
            if not staging.fact("job"):
                staging.note(is_done=True)
        return plan


def carry_out(
    runtime: Runtime,
    work: Work,
    asked: Asked,
    staging: Staging,
    seconds: float | None = None,
    heard: Heard = lambda _: None,
) -> Job:
    """Do an import that is held, as far as it comes in so many seconds of writing (None: all)."""
    staging.note(token=work.token, by=staging.fact("by") or f"import:{work.job.id}")
    until = None if seconds is None else monotonic() + seconds
    job = jobs.run(runtime, work, lambda work: _all(runtime, work, asked, staging, until))
    if job.state == "succeeded":
        heard(staging)
    # What failed for want of room, or was cancelled, goes on when the same file is asked for again.
    is_done = job.state == "succeeded" or (job.is_over and not staging.fact("whole"))
    if is_done or (job.is_over and asked.is_spooled):
        staging.clear()
        staging.note(is_done=True)
        if asked.is_spooled:
            Path(asked.path).unlink(missing_ok=True)
    return job


@contextmanager
def held(runtime: Runtime, site: str, asked: Asked) -> Iterator[Staging | None]:
    """Hold what an import of a file into a site has staged; None while another process does."""
    staging = Staging.take(folder(runtime) / f"{identity(site, asked)}.sqlite")
    try:
        yield staging
    finally:
        if staging is not None:
            staging.close(remove=bool(staging.fact("is_done")))


def identity(site: str, asked: Asked) -> str:
    """Return a name for an import by its site, file and options: a changed file is another."""
    path = Path(asked.path)
    try:
        facts = path.stat()
        state = f"{facts.st_size} {facts.st_mtime_ns}"
    except OSError:
        state = ""
    words = (site, str(path.resolve()), state, asked.format, asked.encoding, asked.table)
    return hashlib.sha256("\0".join([*words, str(asked.partial)]).encode()).hexdigest()[:32]


def _all(
    runtime: Runtime, work: Work, asked: Asked, staging: Staging, until: float | None
) -> dict[str, Any]:
    read(asked, staging, work.note)
    if asked.dry_run:
        return planned(runtime, work.job.site, staging, work.note)
    done = staging.fact("done") or {}
    plan = staging.counts()
    total = plan["spam"] + plan["ham"]
    while batch := staging.next(staging.fact("after") or (-1, 0), accepting.AT_ONCE):
        for name, count in _write(runtime, work.job.site, batch, staging.fact("by")).items():
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
        staging.note(**{k: v for k, v in kept.items() if v}, format=name)
        for count, found in enumerate(FORMATS[name].read(source)):
            staging.add(found)
            if count % _READ_ROWS == 0:
                note("reading", source.done, source.size)
    except Unreadable as error:
        if not asked.partial:
            raise JobFailed(f"{error}; nothing was imported") from error
        staging.broken(str(error))
    staging.settle(now)


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
        lesson = Lesson(submission, staged.label, labelled_ms=staged.at_ms)
        decision = comment.decision if comment else None
        if decision is not None and decision.by == by and decision.label == staged.label:
            yield "imported", None  # Before this import was cut off.
        elif decision is not None and decision.label == staged.label:
            yield "known", None
        elif decision is not None and decision.at_ms >= staged.at_ms:
            yield "decided_here", None
        else:
            yield "imported", lesson


def _write(runtime: Runtime, site: str, batch: Sequence[Staged], by: str) -> dict[str, int]:
    counts = dict.fromkeys(_OUTCOMES, 0)
    lessons = []
    for outcome, lesson in _outcomes(runtime, site, batch, by):
        counts[outcome] += 1
        if lesson is not None:
            lessons.append(lesson)
    if lessons:
        teaching.write(runtime, site, lessons, Word(by, "import", suggestion_shown=False))
    return counts
