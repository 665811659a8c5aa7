"""`train`: a candidate from the labels of this installation."""

from __future__ import annotations

import click

from moderation import logs
from moderation.cli import connect
from moderation.cli.child import end_with
from moderation.cli.commands.models import BY
from moderation.cli.context import pass_settings
from moderation.cli.embedded import Refused
from moderation.cli.outcomes import result_of
from moderation.cli.progress import Progress
from moderation.cli.table import plain
from moderation.domain.jobs import Job
from moderation.settings import Settings


@click.command()
@click.option("--job", "job_id", default="", hidden=True, help="Take up this job, for a worker.")
@click.option("--parent", default=0, hidden=True, help="The worker that it does not outlive.")
@pass_settings
def train(settings: Settings, job_id: str, parent: int) -> None:
    """Train a candidate on the labels of all sites that share theirs, and judge it.

    It works here, in the foreground; Ctrl-C cancels it. Whether it is promoted at once says
    WINNOW_PROMOTE.
    """
    from moderation.flow import aside, heartbeat
    from moderation.flow.models import working

    if parent:
        end_with(parent)
        logs.configure(settings.log_level, settings.log_format)
    aside.give_way()
    with (
        connect.open_runtime(settings) as runtime,
        heartbeat.telling(runtime.store, "trainer", runtime.secret),
    ):
        if job_id:
            working.work_on(runtime, job_id)
            return
        job, progress = working.ask_training(runtime, BY, send=False), Progress()
        try:
            done = working.work_on(runtime, job.id, progress.show)
        finally:
            progress.end()
    if done is None:
        raise Refused(f"another process trains just now: job {job.id}")
    _report(done)


def _report(job: Job) -> None:
    result = result_of(job, "training")
    name = result["name"]
    if not name:
        click.echo("there are no labels to learn: nothing changes")
        return
    click.echo(f"{name} learned {result['labels']:,} labels")
    for text in result["refused"]:
        click.echo(f"  refused: {plain(text)}")
    click.echo("it is in use" if result["promoted"] else f"`models report {name}` says more")
