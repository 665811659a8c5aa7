"""Long work as jobs: asked for, found, cancelled, and seen to when the process at one dies."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from ulid import ULID

from moderation.domain.errors import Conflict, NotFound
from moderation.domain.jobs import Job, State
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.tasks import TASK_OF_JOB
from moderation.store import codec, sites
from moderation.store import jobs as stored

TRIES = 5
"""So often a job is taken up without getting on before it has failed."""
UNTAKEN_MS = 60_000
"""A message that nobody took by then was dropped: it is sent again."""


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


def ask(
    runtime: Runtime,
    kind: str,
    by: str,
    site: str = "",
    asked: dict[str, Any] | None = None,
    *,
    send_it: bool = True,
) -> Job:
    """Return the job of a kind for a site ('': for all) that is under way or waits, else a new one,
    which a worker takes up; without `send_it` the caller does.

    Raises:
        NotFound: there is no such site.
    """
    if site and site not in sites.names(runtime.store):
        raise NotFound("there is no site of this name")
    for job in unfinished(runtime, kind):
        if job.site == site:
            return job
    job = begin(runtime, kind, by, site, asked)
    if send_it:
        send(runtime, job)
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
        NotFound: as `find`. Conflict: it is an erasure that has begun, and is half done.
    """
    found = find(runtime, job_id, site)
    if found.kind == "erasure" and found.started_ms and not found.is_over:
        raise Conflict("an erasure that has begun is not cancelled")
    _finish(runtime, job_id, "cancel", "cancelled")
    return find(runtime, job_id, site)


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
            give_up(runtime, job)
        elif job.state == "running" or now - job.updated_ms > UNTAKEN_MS:
            send(runtime, job)


def give_up(runtime: Runtime, job: Job, why: str = "the process that worked on it ended") -> None:
    """End a job as failed that nobody holds, since those who took it up ended."""
    if job.tries >= TRIES:
        why += f" {job.tries} times without getting on"
    _finish(runtime, job.id, "give up", "failed", error=why)


def _finish(runtime: Runtime, job_id: str, what: stored.What, state: State, **more: Any) -> None:
    fields = {"state": state, "eta_s": None, "updated_ms": now_ms(), **more}
    stored.change(runtime.store, job_id, what, **fields)
