"""History from elsewhere: read whole, put in order of time, then taught in that order.

Nothing is written before all of it was read, so that a broken file is refused as a whole. A label
is written under an id that the same file gives again: an import that was cut off anywhere goes on
where it was, and one that is run again changes nothing.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO

import msgspec

from moderation.domain.errors import NotFound
from moderation.domain.jobs import Job
from moderation.flow import aside, heartbeat, jobs, performing, place
from moderation.flow.labels import history
from moderation.flow.labels.history import Asked
from moderation.flow.performing import Watch, Work
from moderation.flow.runtime import Runtime, now_ms
from moderation.history.source import files_in
from moderation.history.staging import Staging

KIND = "import"
FOLDER = "imports"
UPLOADED = "sent-"
TURN = "imports.lock"
SLICE_SECONDS = 10.0
"""How long one import writes before the next that waits has its turn."""
KEPT_SECONDS = 7 * 86_400.0
"""How long what is left of an import that nobody finished lies in the data folder."""


AWAY_MS = 86_400_000
"""So long an import waits for the machine that has its file."""


def folder(runtime: Runtime) -> Path:
    """Return where files wait that are imported."""
    return runtime.settings.data / FOLDER


def begin(runtime: Runtime, site: str, by: str, asked: Asked) -> Job:
    """Return a new job that imports into a site, by processes of this machine."""
    asked = msgspec.structs.replace(asked, place=place.of(runtime.settings))
    return jobs.begin(runtime, KIND, by, site, msgspec.to_builtins(asked))


def receive(runtime: Runtime, site: str, by: str, asked: Asked, file: BinaryIO) -> Job:
    """Keep a file that was sent and return the job that imports it, which a worker takes up."""
    waiting = folder(runtime)
    waiting.mkdir(mode=0o700, parents=True, exist_ok=True)
    kept = waiting / f"{UPLOADED}{secrets.token_hex(16)}"
    name = getattr(file, "name", None)
    if isinstance(name, str):
        # The server has it on the same disk already, under a name that goes with the request.
        os.link(name, kept)
    else:
        with kept.open("xb") as out:
            kept.chmod(0o600)
            shutil.copyfileobj(file, out)
    asked = msgspec.structs.replace(asked, path=str(kept.resolve()), is_spooled=True)
    try:
        job = begin(runtime, site, by, asked)
    except BaseException:
        kept.unlink()
        raise
    if _is_left_alone(runtime):
        launch(runtime, job.id)
    else:
        jobs.send(runtime, job)
    return job


def _is_left_alone(runtime: Runtime) -> bool:
    """Say whether workers run, and none of them where the files of this machine lie."""
    here = place.of(runtime.settings)
    running, _ = heartbeat.parted(runtime.store)
    workers = {process.place for process in running if process.kind == "worker"}
    return bool(workers) and not workers & {here, ""}


def take_up(runtime: Runtime) -> None:
    """Take up imports whose file lies here and that no worker of this machine can take.

    A web process calls this every minute: where it runs without workers, nobody else would.
    """
    if _is_left_alone(runtime):
        for job in jobs.unfinished(runtime, KIND):
            if _lies_here(runtime, job):
                launch(runtime, job.id)
                return


def _lies_here(runtime: Runtime, job: Job) -> bool:
    asked = msgspec.convert(job.asked, Asked)
    return asked.place in ("", place.of(runtime.settings))


def tidy(runtime: Runtime) -> None:
    """Take away what lies in the folder of imports and has not been touched for a week."""
    before = time.time() - KEPT_SECONDS
    for path in folder(runtime).glob("*"):
        with suppress(OSError):
            if path.stat().st_mtime < before:
                path.unlink()


def launch(runtime: Runtime, job_id: str) -> None:
    """Have a process of its own import what was sent, unless one of this machine is at it.

    A worker that imported by itself would score nothing meanwhile. The process has the turn before
    it begins to start, so that of many files that were sent at once one starts it.
    """
    job = jobs.find(runtime, job_id)
    if job.is_over:
        # Cancelled before anybody took it up: whoever works on one takes its file away himself.
        asked = msgspec.convert(job.asked, Asked)
        if asked.is_spooled and _lies_here(runtime, job):
            Path(asked.path).unlink(missing_ok=True)
        return
    if not _lies_here(runtime, job):
        if now_ms() - job.updated_ms > AWAY_MS:
            jobs.give_up(runtime, job, "the machine that has its file is away")
        return
    with _turn(runtime) as turn:
        # Who is at it takes this one up as well.
        if turn is not None:
            aside.start("importer", turn=turn)


def work_off(runtime: Runtime, turn: int) -> None:
    """Do every import that was sent, in turns, until none is left that this process can take up.

    `turn`: the file of the turn that `launch` handed over; it is given back.
    """
    try:
        goes_on = True
        while goes_on:
            here = [j for j in jobs.unfinished(runtime, KIND) if _lies_here(runtime, j)]
            goes_on = sum(work_on(runtime, job.id) for job in here) > 0
    finally:
        os.close(turn)


def work_on(runtime: Runtime, job_id: str) -> bool:
    """Take an import up where it is, for as long as others may wait; say whether it got a turn."""
    job = jobs.find(runtime, job_id)
    asked = msgspec.convert(job.asked, Asked)
    with held(runtime, job.site, asked) as staging:
        if staging is None:
            return False  # Another process of this machine is at it.
        work = performing.take(runtime, job_id, staging.fact("token") or "")
        if work is not None:
            carry_out(runtime, work, asked, staging, SLICE_SECONDS)
        elif jobs.find(runtime, job_id).is_over:
            _drop(asked, staging)
        return work is not None


@contextmanager
def _turn(runtime: Runtime) -> Iterator[int | None]:
    """Hold what lets one process of a machine at a time import what was sent; None: another does.

    It is the lock of an open file, so that it ends with the last process that has the file open.
    """
    runtime.settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(runtime.settings.data / TURN, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    turn: int | None = lock
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            turn = None
        yield turn
    finally:
        os.close(lock)


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
        work = performing.take(runtime, job.id, staging.fact("token") or "")
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
            history.read(asked, staging, note)
            plan = history.planned(runtime, site, staging, note)
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
    job = performing.run(
        runtime, work, lambda work: history.carry_on(runtime, work, asked, staging, until)
    )
    if job.state == "succeeded":
        heard(staging)
    # What failed for want of room, or was cancelled, goes on when the same file is asked for again.
    is_done = job.state == "succeeded" or (job.is_over and not staging.fact("whole"))
    if is_done or (job.is_over and asked.is_spooled):
        _drop(asked, staging)
    return job


def _drop(asked: Asked, staging: Staging) -> None:
    staging.clear()
    staging.note(is_done=True)
    if asked.is_spooled:
        Path(asked.path).unlink(missing_ok=True)


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
        facts = [file.stat() for file in (files_in(path) if path.is_dir() else [path])]
        changed = max((fact.st_mtime_ns for fact in facts), default=0)
        state = f"{len(facts)} {sum(fact.st_size for fact in facts)} {changed}"
    except OSError:
        state = ""
    words = (site, str(path.resolve()), state, asked.format, asked.encoding, asked.table)
    return hashlib.sha256("\0".join([*words, str(asked.partial)]).encode()).hexdigest()[:32]
