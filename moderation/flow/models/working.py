"""Training and evaluation as jobs: one at a time, each in a process of its own that gives way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from moderation.domain.jobs import Job
from moderation.flow import aside, jobs, performing
from moderation.flow.models import training
from moderation.flow.performing import Watch, Work
from moderation.flow.runtime import Runtime
from moderation.store import keys
from moderation.store.leases import is_held, lease

TRAINING, EVALUATION = "training", "evaluation"
LEASE_MS = 60_000


def ask_training(runtime: Runtime, by: str, send: bool = True) -> Job:
    """Return a job that trains: the one that is under way or waits, else a new one.

    Without `send` the caller takes it up.
    """
    return jobs.ask(runtime, TRAINING, by, send_it=send)


def ask_evaluation(runtime: Runtime, by: str, name: str, send: bool = True) -> Job:
    """Return a job that judges a candidate: the one that waits for it, else a new one.

    Without `send` the caller takes it up.
    """
    for job in jobs.unfinished(runtime, EVALUATION):
        if job.asked == {"name": name} and job.state == "queued":
            return job
    job = jobs.begin(runtime, EVALUATION, by, asked={"name": name})
    if send:
        jobs.send(runtime, job)
    return job


def launch(runtime: Runtime, job_id: str) -> None:
    """Have a process of its own take a job up, unless another is at one.

    A worker that trained by itself would score nothing meanwhile. The lease is the process's before
    it begins to start, so that of many jobs that were sent at once one starts it.
    """
    if jobs.find(runtime, job_id).is_over:
        return
    store = runtime.store
    if is_held(store, keys.TRAINING) or not lease(store, keys.TRAINING, "claim", job_id, LEASE_MS):
        return  # Who tends jobs sends this one again.
    aside.start("train", "--job", job_id)


def work_on(runtime: Runtime, job_id: str, watch: Watch | None = None) -> Job | None:
    """Do the work of a job in this process and return it; None while another is at one."""
    with _alone(runtime, job_id) as keep:
        work = performing.take(runtime, job_id) if keep else None
        if work is None or keep is None:
            return None
        if watch is not None:
            work.watch = watch
        return performing.run(runtime, work, lambda held: _done(runtime, held, keep))


def _done(runtime: Runtime, work: Work, keep: Callable[[], None]) -> dict[str, Any]:
    def note(stage: str, done: int, total: int) -> None:
        keep()
        work.note(stage, done, total)

    if work.job.kind == EVALUATION:
        name = str(work.job.asked["name"])
        found = training.evaluate(runtime, name, note)
        return {"name": name, "refused": [refusal.text for refusal in found.refusals]}
    result: dict[str, Any] = msgspec.to_builtins(training.train(runtime, work.job.by, note))
    return result


@contextmanager
def _alone(runtime: Runtime, token: str) -> Iterator[Callable[[], None] | None]:
    """Hold the lease of whoever trains; give what keeps it, None where another holds it."""
    if not lease(runtime.store, keys.TRAINING, "claim", token, LEASE_MS):
        yield None
        return
    try:
        yield lambda: _kept(runtime, token)
    finally:
        lease(runtime.store, keys.TRAINING, "release", token, LEASE_MS)


def _kept(runtime: Runtime, token: str) -> None:
    if not lease(runtime.store, keys.TRAINING, "claim", token, LEASE_MS):
        raise performing.Lost
