"""`search`: the index that follows the store, made anew, looked at."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import click

from moderation import logs
from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.embedded import Refused
from moderation.cli.progress import Progress
from moderation.settings import Settings

_LOOK_SECONDS = 0.5
NICE = 19
"""The index takes what others leave of the processors; Linux leaves it a little in any case."""
_MAKING = "making the index"


@click.group()
def search() -> None:
    """Keep the index of searches."""


def _folder(settings: Settings) -> Path:
    from moderation.flow.search import folders

    found = folders.root(settings)
    if found is None:
        raise Refused("searches have no index: WINNOW_SEARCH is off")
    return found


@search.command()
@pass_settings
def follow(settings: Settings) -> None:
    """Have the index follow the store until this is stopped; `up` runs it."""
    from moderation.flow import heartbeat
    from moderation.flow.search.following import Indexer

    settings = connect.attached(settings)
    if not settings.redis_url:
        raise Refused("no store: set WINNOW_REDIS_URL, or run `up`, which brings its own")
    connect.refuse_other_store(settings)
    parent, stop = _folder(settings), threading.Event()
    # Those who wait for an answer come first; threads that are begun from now on have it too.
    os.nice(NICE)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    logs.configure(settings.log_level, settings.log_format)
    alive = settings.alive
    with (
        connect.store_of(settings) as store,
        heartbeat.telling(store, "indexer", settings.secret_key),
    ):
        Indexer(store, parent, stop).run(alive.touch if alive else lambda: None)


@search.command()
@pass_settings
def rebuild(settings: Settings) -> None:
    """Make the index anew from the store, with progress; searches go on meanwhile."""
    from moderation.flow.search import finding
    from moderation.flow.search.following import Indexer

    parent = _folder(settings)
    with connect.open_store(settings) as (store, _):
        progress = Progress()
        try:
            indexer = Indexer(
                store, parent, threading.Event(), lambda n, of: progress.show(_MAKING, n, of, None)
            )
            is_made = indexer.make()
            if not is_made:
                look = finding.ask_anew(store)
                while not (found := look())[0]:
                    progress.show(_MAKING, found[1], found[2], None)
                    time.sleep(_LOOK_SECONDS)
        finally:
            progress.end()
    click.echo("the index is whole")


@search.command()
@pass_settings
def status(settings: Settings) -> None:
    """Say whether searches have an index, and how far behind it is; exit 1 where it is not used."""
    from moderation.flow.search import finding

    if settings.search == "off":
        click.echo("off: searches look through the newest comments")
        return
    with connect.open_store(settings) as (store, _):
        behind_ms = finding.behind_ms(store)
        making = finding.progress(store)
        is_here = finding.is_here(store, settings)
    if making is not None:
        click.echo(f"an index is being made: {making[0]:,} of {making[1]:,} comments")
    if behind_ms is None:
        click.echo("there is no index: `search follow` makes and keeps it; `up` runs that")
        sys.exit(1)
    click.echo(f"the index has what changed up to {behind_ms / 1000:.1f} s ago")
    if behind_ms > finding.BEHIND_MS:
        click.echo("it is behind and not used: does `search follow` run?")
        sys.exit(1)
    if not is_here:
        click.echo(
            "it lies on another machine or in another folder, and is not used here: searches look "
            "through the newest comments"
        )
        sys.exit(1)
