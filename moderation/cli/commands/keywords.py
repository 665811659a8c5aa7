"""`list keys` and `list subscriptions`: WordPress's keys, and the lists of others."""

from typing import Any, get_args

import click

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.outcomes import echo_trial
from moderation.cli.table import echo_rows, minute, plain
from moderation.domain.errors import NotFound
from moderation.domain.keywords import Keys, keys_of
from moderation.domain.subscribed import NewSubscription, Reads, Trusted, as_written
from moderation.flow.people.links import OPERATOR
from moderation.flow.sites import choosing, fetching
from moderation.settings import Settings


@click.command()
@click.argument("site")
@click.option("--disallowed", type=click.File(), help="A file of keys, - for what is typed in.")
@click.option("--moderation", type=click.File(), help="The same, of keys that hold.")
@click.option("--test", is_flag=True, help="Say what they would have done; nothing changes.")
@pass_settings
def keys(settings: Settings, site: str, disallowed: Any, moderation: Any, test: bool) -> None:
    """Replace WordPress's disallowed and moderation keys of SITE, or say how many there are.

    A list that is not given stays as it is.
    """
    with connect.open_store(settings) as (store, _):
        saved = choosing.keys(store, site)
        new = Keys(
            disallowed.read() if disallowed else saved.disallowed,
            moderation.read() if moderation else saved.moderation,
        )
        if not test and new != saved:
            saved = choosing.put_keys(store, site, new, OPERATOR, None)
    if test:
        from moderation.flow.sites import trying

        with connect.open_runtime(settings) as runtime:
            echo_trial(trying.try_keys(runtime, site, new))
        return
    counts = len(keys_of(saved.disallowed)), len(keys_of(saved.moderation))
    click.echo(f"{site} has {counts[0]:,} disallowed and {counts[1]:,} moderation keys")


@click.group()
def subscriptions() -> None:
    """Show and change the lists of others that are fetched once a day."""


@subscriptions.command()
@click.argument("site")
@pass_settings
def show(settings: Settings, site: str) -> None:
    """Print the lists that SITE subscribed to: number, kind, action, entries, fetched, fault."""
    with connect.open_store(settings) as (store, _):
        found = fetching.shown(store, site)
    echo_rows(
        (str(one.chosen.number), one.chosen.reads, one.chosen.action, f"{one.state.entries:,}",
         minute(one.state.fetched_ms) if one.state.fetched_ms else "-",
         plain(one.state.error) or "-", plain(one.chosen.url))
        for one in found
    )  # fmt: skip


@subscriptions.command()
@click.argument("site")
@click.argument("url")
@click.option("--reads", type=click.Choice(get_args(Reads)), required=True,
              help="How its lines are read; hosts files are domains.")  # fmt: skip
@click.option("--action", type=click.Choice(get_args(Trusted)), default="hold", show_default=True,
              help="What becomes of a comment that it fits.")  # fmt: skip
@click.option("--note", default="", help="Why it is there.")
@pass_settings
def add(settings: Settings, site: str, url: str, reads: Reads, action: Trusted, note: str) -> None:
    """Subscribe SITE to the list at URL; `list subscriptions fetch` fetches it at once.

    A feed is subscribed to by `feed subscribe`, with its key.
    """
    subscribe(settings, site, NewSubscription(url, reads, action, note))


def subscribe(settings: Settings, site: str, one: NewSubscription) -> None:
    """Add a subscription to those of a site, and say so."""
    with connect.open_store(settings) as (store, _):
        known = [as_written(held.chosen) for held in fetching.shown(store, site)]
        new = fetching.subscribe(store, site, [*known, one], OPERATOR, None)
    click.echo(f"{site} is subscribed to {len(new.lists)} lists; number {new.last} is new")


@subscriptions.command()
@click.argument("site")
@click.argument("number", type=int)
@pass_settings
def remove(settings: Settings, site: str, number: int) -> None:
    """End the subscription of SITE to a list; `list subscriptions show` prints their numbers."""
    with connect.open_store(settings) as (store, _):
        found = fetching.shown(store, site)
        left = [as_written(one.chosen) for one in found if one.chosen.number != number]
        if len(left) == len(found):
            raise NotFound("there is no such list; `list subscriptions show` prints their numbers")
        fetching.subscribe(store, site, left, OPERATOR, None)
    click.echo(f"{site} is subscribed to {len(left)} lists")


@subscriptions.command()
@click.argument("site")
@pass_settings
def fetch(settings: Settings, site: str) -> None:
    """Fetch the lists that SITE subscribed to now."""
    with connect.open_runtime(settings) as runtime:
        choosing.there(runtime.store, site)
        fetching.fetch_site(runtime, site, at_once=True)
        found = fetching.shown(runtime.store, site)
    for one in found:
        said = f"not fetched: {plain(one.state.error)}" if one.state.error else "fetched"
        click.echo(f"number {one.chosen.number}: {one.state.entries:,} entries, {said}")
