"""Jobs that a command does in the foreground, trials of rules, and what came of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from moderation.cli.embedded import Refused
from moderation.cli.progress import Progress
from moderation.cli.table import echo_rows, plain
from moderation.domain.jobs import Job

if TYPE_CHECKING:
    from moderation.flow.runtime import Runtime
    from moderation.flow.sites.trying import Trial


def done_here(runtime: Runtime, job: Job, work_on: Callable[..., object], what: str) -> Any:
    """Do the whole of a job in this process, showing how far it is, and return its result.

    Raises:
        Refused: another process does it just now, or it did not succeed.
    """
    return result_of(ended_here(runtime, job, work_on), what)


def ended_here(runtime: Runtime, job: Job, work_on: Callable[..., object]) -> Job:
    """Do the whole of a job in this process, showing how far it is, and return it as it ended.

    Raises:
        Refused: another process does it just now.
    """
    from moderation.flow import jobs

    progress = Progress()
    try:
        work_on(runtime, job.id, progress.show)
    finally:
        progress.end()
    done = jobs.find(runtime, job.id)
    if not done.is_over:
        raise Refused(f"another process does it just now, or takes it up: job {done.id}")
    return done


def echo_trial(trial: Trial) -> None:
    """Print what a draft of rules would have done to the last thousand comments."""
    click.echo(f"of the last {trial.comments} comments it would decide {trial.fits}")
    click.echo(
        f"{trial.newly} would get another status, {trial.overruled} against what people said"
    )
    echo_rows(
        (one.comment.id, one.was, one.would_be, "overruled" if one.overrules else "-",
         plain(one.comment.submission.content[:80]))
        for one in trial.examples if one.is_new
    )  # fmt: skip


def result_of(job: Job, what: str) -> dict[str, Any]:
    """Return what came of a job; raises `Refused` where it did not succeed."""
    if job.result is None:
        raise Refused(plain(job.error) or f"the {what} was {job.state}")
    return job.result
