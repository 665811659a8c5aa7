"""`models`: which model judges comments, and how that changes."""

import datetime as dt
import math
from pathlib import Path

import click

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.table import echo_rows
from moderation.flow.models import promoting
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
    """Take in a model FILE that was made elsewhere, as a candidate."""
    from moderation.flow.models import offering

    with file.open("rb") as opened:
        blob = opened.read(offering.FILE_BYTES + 1)
    with connect.open_runtime(settings) as runtime:
        made, is_new = offering.offer(runtime, blob, BY)
    click.echo(f"{made.name} is a candidate" if is_new else f"{made.name} was there before")


@models.command()
@click.argument("name")
@click.option("--reason", default="", help="Why; it is recorded.")
@pass_settings
def promote(settings: Settings, name: str, reason: str) -> None:
    """Put the model NAME to use from the next verdict on."""
    with connect.open_runtime(settings) as runtime:
        promoting.promote(runtime, name, Why(BY, reason), seconds=math.inf)
    click.echo(f"{name} is in use")


@models.command()
@click.option("--reason", default="", help="Why; it is recorded.")
@pass_settings
def rollback(settings: Settings, reason: str) -> None:
    """Withdraw the newest promotion: the model before it is in use again."""
    with connect.open_runtime(settings) as runtime:
        now = promoting.roll_back(runtime, Why(BY, reason), seconds=math.inf)
    click.echo(f"{now.name} is in use")


def _day(ms: int) -> str:
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC).strftime("%Y-%m-%d %H:%M")
