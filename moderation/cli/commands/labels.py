"""`labels`: what people taught, withdrawn together; their log, compacted."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

import click

from moderation.cli import connect
from moderation.cli.commands.models import BY
from moderation.cli.context import pass_settings
from moderation.cli.outcomes import done_here
from moderation.cli.table import plain
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.flow.labels.withdrawing import Preview


@click.group()
def labels() -> None:
    """Withdraw what somebody taught, compact the log of it."""


def _time(context: click.Context, parameter: click.Parameter, value: str | None) -> int:
    """Return a time in milliseconds since 1970, 0 where none is given; without an offset UTC."""
    if value is None:
        return 0
    try:
        found = dt.datetime.fromisoformat(value)
        return max(0, int(found.replace(tzinfo=found.tzinfo or dt.UTC).timestamp() * 1000))
    except (ValueError, OverflowError) as error:
        raise click.BadParameter("write a time as 2026-11-20 or 2026-11-20T08:30:00Z") from error


@labels.command()
@click.option(
    "--by", required=True, help="As decisions show it: a person's name, token:NAME, import:ID."
)
@click.option("--since", required=True, callback=_time, help="From this time on (UTC).")
@click.option("--until", callback=_time, help="Before this time; now if left out.")
@click.option("--site", default="", help="On this site alone.")
@click.option("--note", default="", help="Why; it stands with each withdrawal.")
@click.option("--dry-run", is_flag=True, help="Show what would go, and change nothing.")
@pass_settings
def withdraw(
    settings: Settings, by: str, since: int, until: int, site: str, note: str, dry_run: bool
) -> None:
    """Withdraw the labels that a person, a key or an import gave since a time.

    What held before each of them holds again, and learners are made anew without them. It works
    here, in the foreground; Ctrl-C ends it, and what is withdrawn by then stays so.
    """
    from moderation.flow.labels import withdrawing

    asked = withdrawing.Asked(by, since, site, note, until)
    with connect.open_runtime(settings) as runtime:
        found = withdrawing.preview(runtime, asked)
        _show(found, by)
        if dry_run or not found.labels:
            return
        job = withdrawing.begin(runtime, BY, asked, send=False)
        done = done_here(runtime, job, withdrawing.work_on, "withdrawal")
    click.echo(f"withdrawn: {done['withdrawn']:,}")
    if done["left"]:
        click.echo(f"left, as their comments are kept no longer: {done['left']:,}")


@labels.command()
@click.option("--site", default="", help="The log of this site alone.")
@pass_settings
def compact(settings: Settings, site: str) -> None:
    """Take out of label logs what counts no longer; what is learned stays the same.

    It works here, in the foreground, as a job; one that was cut off goes on when asked again.
    """
    from moderation.flow.labels import compacting

    with connect.open_runtime(settings) as runtime:
        job = compacting.begin(runtime, BY, site, send=False)
        done = done_here(runtime, job, partial(compacting.work_on, here=True), "compaction")
    click.echo(f"entries taken out: {done['taken_out']:,}")


def _show(found: Preview, by: str) -> None:
    click.echo(f"Labels by {plain(by)}:")
    rows = [("all", found.labels), ("ham", found.ham), ("spam", found.spam)]
    rows += [(f"on {site}", count) for site, count in found.sites.items()]
    for words, count in rows:
        click.echo(f"  {words:<40}{count:>12,}")
    if found.comments:
        click.echo(f"The newest {len(found.comments)}:")
    for comment in found.comments:
        click.echo(f"  {comment}")
