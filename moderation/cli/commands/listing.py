"""`list`: a site's ordered list of words, domains, addresses and e-mails, and what they decide."""

from collections.abc import Callable
from typing import TypeVar, get_args

import click

from moderation.cli import connect
from moderation.cli.commands import keywords
from moderation.cli.context import pass_settings
from moderation.cli.outcomes import echo_trial
from moderation.cli.table import echo_rows, minute, plain
from moderation.domain.errors import NotFound
from moderation.domain.listed import Action, Draft, Kind, draft_of, rewritten
from moderation.flow.people.links import OPERATOR
from moderation.flow.runtime import now_ms
from moderation.flow.sites import choosing
from moderation.settings import Settings

Command = TypeVar("Command", bound=Callable[..., object])


@click.group("list")
def list_() -> None:
    """Show and change a site's ordered list: the first entry that fits a comment decides it."""


list_.add_command(keywords.keys)
list_.add_command(keywords.subscriptions)


@list_.command()
@click.argument("site")
@pass_settings
def show(settings: Settings, site: str) -> None:
    """Print the list of SITE in its order: number, kind, value, action, by whom, when, note."""
    with connect.open_store(settings) as (store, _):
        found = choosing.listed(store, site)
    echo_rows(
        (str(e.number), e.kind, plain(e.value), e.action, plain(e.by), minute(e.at_ms),
         plain(e.note))
        for e in found.entries
    )  # fmt: skip


def _entry(command: Command) -> Command:
    """Give a command what an entry is made of."""
    for part in (
        click.option("--first", is_flag=True, help="Before all others; else after them."),
        click.option("--note", default="", help="Why it is there."),
        click.option("--action", type=click.Choice(get_args(Action)), default="hold",
                     show_default=True, help="What becomes of a comment that it fits."),
        click.argument("value"),
        click.argument("kind", type=click.Choice(get_args(Kind))),
        click.argument("site"),
    ):  # fmt: skip
        command = part(command)
    return command


def _with(drafts: list[Draft], draft: Draft, first: bool) -> list[Draft]:
    return [draft, *drafts] if first else [*drafts, draft]


@list_.command()
@_entry
@pass_settings
def add(
    settings: Settings, site: str, kind: Kind, value: str, action: Action, note: str, first: bool
) -> None:
    """Put an entry of KIND and VALUE on the list of SITE; it holds from the next verdict on."""
    draft = Draft(kind, value, action, note)
    with connect.open_store(settings) as (store, _):
        new = choosing.change_list(store, site, lambda known: _with(known, draft, first), OPERATOR)
    click.echo(f"{site} has {len(new.entries)} entries; number {new.last} is new")


@list_.command()
@click.argument("site")
@click.argument("numbers", nargs=-1, required=True, type=int, metavar="NUMBER…")
@pass_settings
def remove(settings: Settings, site: str, numbers: tuple[int, ...]) -> None:
    """Take entries off the list of SITE; `list show` prints their numbers."""
    with connect.open_store(settings) as (store, _):
        entries = choosing.listed(store, site).entries
        gone = {(e.kind, e.value) for e in entries if e.number in numbers}
        if len(gone) < len(set(numbers)):
            raise NotFound("there is no such entry; `list show` prints their numbers")
        new = choosing.change_list(
            store, site, lambda known: [d for d in known if (d.kind, d.value) not in gone], OPERATOR
        )
    click.echo(f"{site} has {len(new.entries)} entries")


@list_.command("test")
@_entry
@pass_settings
def try_(
    settings: Settings, site: str, kind: Kind, value: str, action: Action, note: str, first: bool
) -> None:
    """Say what an entry would have done to the last thousand comments of SITE; nothing changes."""
    from moderation.flow.sites import trying

    with connect.open_runtime(settings) as runtime:
        saved = choosing.listed(runtime.store, site)
        drafts = _with(
            [draft_of(e) for e in saved.entries], Draft(kind, value, action, note), first
        )
        trial = trying.try_list(
            runtime, site, saved, rewritten(saved, drafts, OPERATOR.who, now_ms())
        )
    echo_trial(trial)
