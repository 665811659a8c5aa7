"""Long work: asked for, taken up by one process at a time, seen when that one dies."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from time import monotonic
from typing import Any

from msgspec import Struct
from ulid import ULID

from moderation import faults
from moderation.domain.errors import NotFound, StoreDown, WinnowError
from moderation.domain.jobs import Job, State
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.tasks import TASK_OF_JOB
from moderation.store import codec
from moderation.store import jobs as stored

log = logging.getLogger(__name__)

NOTED_EVERY_SECONDS = 1.0
"""How often the store is told how far a job is; each time its lease begins anew."""
TRIES = 5
"""So often a job is taken up without getting on before it has failed."""
AWAY_SECONDS = 60.0
"""For how long work goes on while the store does not answer."""
UNTAKEN_MS = 60_000
"""A message that nobody took by then was dropped: it is sent again."""
LONGEST_ERROR = 500


class JobFailed(WinnowError):
    """The work cannot be done, for the reason that the message gives; it quotes no comment."""


class Unwanted(Exception):
    """Somebody asked to cancel the job."""


class Lost(Exception):
    """Another process holds the job by now: this one changes nothing more."""


class HandOver(Exception):
    """The rest is left to another task, so that others get their turn.

    `asked` is what that needs to know, where it is not what this one was asked (None).
    """

    def __init__(self, asked: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.asked = asked


def begin(
    runtime: Runtime, kind: str, by: str, site: str = "", asked: dict[str, Any] | None = None
) -> Job:
    """Keep a new job and return it; `send` has a worker take it up."""
    now = now_ms()
    job = Job(
        id=str(ULID.from_timestamp(now / 1000)),
        kind=kind,
        site=site,
        by=by,
        created_ms=now,
        updated_ms=now,
        asked=asked or {},
    )
    stored.put(runtime.store, job)
    return job


def send(runtime: Runtime, job: Job) -> None:
    """Have a worker take a job up; where the broker does not answer, `tend` makes up for it."""
    task = TASK_OF_JOB.get(job.kind)
    if task is not None:
        runtime.tasks.send(task, job.id)


def find(runtime: Runtime, job_id: str, site: str = "") -> Job:
    """Return a job; for callers of a site one of theirs.

    Raises:
        NotFound: there is no such job, or not any more, or not of this site.
    """
    found = stored.get(runtime.store, job_id) if _is_id(job_id) else None
    if found is None or (site and found.site != site):
        raise NotFound("there is no such job, or it ended more than 30 days ago")
    return found


def _is_id(job_id: str) -> bool:
    try:
        return codec.id_text(codec.id_bytes(job_id)) == job_id
    except ValueError:
        return False


class Page(Struct, frozen=True):
    """Jobs, newest first, and the id after which to go on ('': these are the last)."""

    jobs: list[Job]
    last: str


def page(
    runtime: Runtime,
    site: str = "",
    state: State | None = None,
    kind: str = "",
    before: str = "",
    limit: int = 50,
) -> Page:
    """Return jobs of a site ('': of all), by state and kind; one call looks at 1,000 at most."""
    found: list[Job] = []
    for _ in range(10):
        ids = stored.page(runtime.store, site, before, 100)
        for job_id, job in zip(ids, stored.get_many(runtime.store, ids), strict=True):
            before = job_id
            if job and state in (None, job.state) and kind in ("", job.kind):
                found.append(job)
                if len(found) == limit:
                    return Page(found, before)
        if len(ids) < 100:
            return Page(found, "")
    return Page(found, before)


def unfinished(runtime: Runtime, kind: str) -> list[Job]:
    """Return the jobs of a kind that are not over, the oldest first."""
    found = stored.get_many(runtime.store, stored.open_ids(runtime.store))
    return [job for job in found if job is not None and job.kind == kind]


def cancel(runtime: Runtime, job_id: str, site: str = "") -> Job:
    """Cancel a job and return it: at once where nobody works on it, else within seconds.

    Raises:
        NotFound: as `find`.
    """
    find(runtime, job_id, site)
    _finish(runtime, job_id, "cancel", "cancelled")
    return find(runtime, job_id, site)


Watch = Callable[[str, int, int, int | None], None]
"""Called with stage, done, total and the seconds left of it, each time they are noted."""


class Work:
    """A job that this process holds, and how far it is."""

    def __init__(self, runtime: Runtime, job: Job, token: str) -> None:
        self.job = job
        self.token = token
        self._store = runtime.store
        self._stage = ""
        self._began = self._first = self._noted = 0.0
        self._done = job.done
        self._answered = monotonic()
        self.watch: Watch = lambda *_: None

    def note(self, stage: str, done: int, total: int = 0) -> None:
        """Note how far the work is; call it often, as it tells the store once a second.

        Raises:
            Unwanted: the job is to be cancelled. Lost: another process holds it. StoreDown: the
            store has not answered for `AWAY_SECONDS`.
        """
        now = monotonic()
        if stage != self._stage:
            self._stage, self._began, self._first = stage, now, done
        elif now - self._noted < NOTED_EVERY_SECONDS:
            return
        self._noted = now
        fields: dict[str, Any] = {}
        if done != self._done:
            fields["tries"] = 0
        self._done = done
        eta = self._eta(done, total)
        self.watch(stage, done, total, eta)
        try:
            answer = stored.change(
                self._store, self.job.id, "keep", self.token,
                stage=stage, done=done, total=total, eta_s=eta, updated_ms=now_ms(), **fields,
            )  # fmt: skip
        except StoreDown:
            if now - self._answered > AWAY_SECONDS:
                raise
            return
        self._answered = now
        if answer == "unwanted":
            raise Unwanted
        if answer != "ok":
            raise Lost

    def _eta(self, done: int, total: int) -> int | None:
        """Return the seconds that are left of the stage at the pace so far."""
        passed, got = monotonic() - self._began, done - self._first
        if got <= 0 or total < done:
            return None
        return round(passed * (total - done) / got)


def take(runtime: Runtime, job_id: str, token: str = "") -> Work | None:
    """Hold a job, to be worked on by this process alone; None where that cannot be.

    `token`: by which this process, or one before it that has ended, held the job.
    """
    token = token or secrets.token_hex(16)
    now = now_ms()
    job = stored.get(runtime.store, job_id)
    if job is None or job.is_over:
        return None
    if job.tries >= TRIES and not stored.is_held(runtime.store, job_id):
        _give_up(runtime, job)
        return None
    began = job.started_ms or now
    answer = stored.change(
        runtime.store, job_id, "take", token, state="running", started_ms=began, updated_ms=now
    )
    if answer == "unwanted":
        stored.change(runtime.store, job_id, "end", token, state="cancelled", updated_ms=now)
    return Work(runtime, job, token) if answer == "ok" else None


def run(runtime: Runtime, work: Work, does: Callable[[Work], dict[str, Any]]) -> Job:
    """Do the work of a job that is held, and return it with what came of it.

    What goes wrong in a known way, or unexpectedly, has it fail with a reason. Where the store
    does not answer it stays as it is, and is taken up again.

    Raises:
        StoreDown: the store does not answer.
    """
    try:
        result = does(work)
    except Unwanted:
        _end(runtime, work, "cancelled")
    except HandOver as handed:
        place = {} if handed.asked is None else {"asked": handed.asked}
        stored.change(runtime.store, work.job.id, "leave", work.token, tries=0, **place)
        send(runtime, work.job)
    except Lost:
        log.warning("a job was taken up by another process and goes on there")
    except StoreDown:
        raise
    except KeyboardInterrupt:
        _end(runtime, work, "cancelled")
        raise
    except WinnowError as error:
        _end(runtime, work, "failed", error=str(error)[:LONGEST_ERROR])
    except Exception as error:
        faults.say(f"a job ({work.job.kind})", error)
        _end(runtime, work, "failed", error="something went wrong in Winnow: its log says where")
    else:
        _end(runtime, work, "succeeded", result=result)
    return find(runtime, work.job.id)


def work_on(
    runtime: Runtime,
    job_id: str,
    does: Callable[[Work], dict[str, Any]],
    watch: Watch | None = None,
) -> None:
    """Take a job up and do its work, unless another process holds it or it is over."""
    work = take(runtime, job_id)
    if work is not None:
        work.watch = watch or work.watch
        run(runtime, work, does)


def tend(runtime: Runtime) -> None:
    """See to every job that is not over and that nobody holds.

    One whose process died, or whose message was lost, is sent again; one that was taken up
    `TRIES` times without getting on has failed.
    """
    now = now_ms()
    ids = stored.open_ids(runtime.store)
    for job_id, job in zip(ids, stored.get_many(runtime.store, ids), strict=True):
        if job is None:
            stored.change(runtime.store, job_id, "give up")  # It has expired.
        elif stored.is_held(runtime.store, job_id):
            continue
        elif job.tries >= TRIES or (job.state == "running" and job.kind not in TASK_OF_JOB):
            _give_up(runtime, job)
        elif job.state == "running" or now - job.updated_ms > UNTAKEN_MS:
            send(runtime, job)


def _give_up(runtime: Runtime, job: Job) -> None:
    why = "the process that worked on it ended"
    if job.tries >= TRIES:
        why += f" {job.tries} times without getting on"
    _finish(runtime, job.id, "give up", "failed", error=why)


def _finish(runtime: Runtime, job_id: str, what: stored.What, state: State, **more: Any) -> None:
    fields = {"state": state, "eta_s": None, "updated_ms": now_ms(), **more}
    stored.change(runtime.store, job_id, what, **fields)


def _end(runtime: Runtime, work: Work, state: State, **more: Any) -> None:
    fields = {"state": state, "eta_s": None, "updated_ms": now_ms(), **more}
    stored.change(runtime.store, work.job.id, "end", work.token, **fields)
