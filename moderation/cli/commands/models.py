"""`models`: which model judges comments, and how that changes."""

import datetime as dt
import math
from functools import partial
from pathlib import Path

import click
import msgspec

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.outcomes import done_here
from moderation.cli.table import echo_rows, plain
from moderation.domain.reports import Report
from moderation.flow.models import promoting, rescoring
from moderation.flow.models.promoting import Why
from moderation.settings import Settings

BY = "command line"


@click.group()
def models() -> None:
    """Hand in models of this installation, promote them and roll back."""


@models.command("list")
@pass_settings
def list_models(settings: Settings) -> None:
    """Print every model, the newest first: name, state, origin, labels learned, time."""
    with connect.open_runtime(settings) as runtime:
        found = promoting.listed(runtime)
    echo_rows(
        (one.name, one.state(found.in_use.name), one.origin, str(one.labels), _day(one.made_ms))
        for one in found.snapshots
    )


@models.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_settings
def add(settings: Settings, file: Path) -> None:
    """Take in a model FILE that was made elsewhere, as a candidate, which a worker judges."""
    from moderation.flow.models import offering, working

    with file.open("rb") as opened:
        blob = opened.read(offering.FILE_BYTES + 1)
    with connect.open_runtime(settings) as runtime:
        made, is_new = offering.offer(runtime, blob, BY)
        if made.state(promoting.in_use(runtime).name) == "candidate":
            working.ask_evaluation(runtime, BY, made.name)
    if is_new:
        here = f"`models evaluate {made.name}` here"
        click.echo(f"{made.name} is a candidate; a worker judges it, or {here}")
    else:
        click.echo(f"{made.name} was there before")


@models.command()
@click.argument("name")
@click.option("--reason", default="", help="Why; it is recorded.")
@click.option("--override", is_flag=True, help="Although the gate refuses it; that is recorded.")
@pass_settings
def promote(settings: Settings, name: str, reason: str, override: bool) -> None:
    """Put the model NAME to use from the next verdict on."""
    with connect.open_runtime(settings) as runtime:
        why = Why(BY, reason)
        promoting.promote(runtime, name, why, override=override, seconds=math.inf)
        held = rescoring.held(runtime)
    _in_use(name, held)


@models.command()
@click.option("--reason", default="", help="Why; it is recorded.")
@pass_settings
def rollback(settings: Settings, reason: str) -> None:
    """Withdraw the newest promotion: the model before it is in use again."""
    with connect.open_runtime(settings) as runtime:
        now = promoting.roll_back(runtime, Why(BY, reason), seconds=math.inf)
        held = rescoring.held(runtime)
    _in_use(now.name, held)


def _in_use(name: str, held: int) -> None:
    click.echo(f"{name} is in use")
    if held:
        click.echo(f"held by models before: {held:,}; `models rescore` judges them anew")


@models.command()
@click.option("--site", default="", help="Of this site alone.")
@pass_settings
def rescore(settings: Settings, site: str) -> None:
    """Judge anew what is held and undecided, by the model in use now, as a job.

    It works here, in the foreground; Ctrl-C ends it, and what is judged by then stays so.
    """
    with connect.open_runtime(settings) as runtime:
        job = rescoring.begin(runtime, BY, site, send=False)
        found = done_here(runtime, job, partial(rescoring.work_on, here=True), "rescoring")
    click.echo(
        f"judged anew: {found['changed']:,}; now approved {found['approved']:,}, "
        f"held {found['held']:,}, spam {found['spam']:,}"
    )
    click.echo(f"judged by this model before: {found['same']:,}; left: {found['left']:,}")


@models.command()
@click.argument("name")
@pass_settings
def evaluate(settings: Settings, name: str) -> None:
    """Judge the candidate NAME beside the model in use, as a job.

    It works here, in the foreground; Ctrl-C cancels it.
    """
    from moderation.flow import aside
    from moderation.flow.models import working

    aside.give_way()
    with connect.open_runtime(settings) as runtime:
        job = working.ask_evaluation(runtime, BY, name, send=False)
        done_here(runtime, job, working.work_on, "evaluation")
        found = promoting.report(runtime, name)
    _print(found)


@models.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="All of it, with curves and flips.")
@pass_settings
def report(settings: Settings, name: str, as_json: bool) -> None:
    """Print what the candidate NAME would change."""
    with connect.open_runtime(settings) as runtime:
        found = promoting.report(runtime, name)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        _print(found)


def _print(found: Report) -> None:
    click.echo(f"{found.candidate} beside {found.current}, by {found.held_back:,} labels held back")
    for figure in found.figures:
        now, then = (
            f"{one.value:g} ({one.low:g} to {one.high:g})"
            for one in (figure.current, figure.candidate)
        )
        click.echo(f"  {figure.text}: {now} now, {then} then")
    click.echo(f"  treated better: {found.better:,}; treated worse: {found.worse:,}")
    for refusal in found.refusals:
        click.echo(f"  refused: {plain(refusal.text)}")
    if not found.refusals:
        click.echo("  no rule of the gate speaks against it")


def _day(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M")
