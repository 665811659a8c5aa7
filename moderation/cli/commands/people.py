"""`people`, `erase`: what is held of somebody who writes, found, put out, and erased."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import click
import msgspec

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.embedded import Refused
from moderation.cli.outcomes import ended_here, result_of
from moderation.cli.progress import Progress
from moderation.cli.table import echo_rows, plain
from moderation.flow.people.links import OPERATOR
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.flow.privacy.access import Page
    from moderation.flow.privacy.person import Person
    from moderation.flow.runtime import Runtime

Command = TypeVar("Command", bound=Callable[..., object])

_FROM_INPUT = "-"


def _typed(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Return a value, read from the standard input where it is `-`."""
    if value != _FROM_INPUT:
        return value
    if sys.stdin.isatty():
        return str(click.prompt(str(parameter.human_readable_name), err=True))
    return sys.stdin.readline().strip()


def _person(command: Command) -> Command:
    """Give a command what says of whom it is."""
    for part in (
        click.option("--site", default="", help="On this site alone."),
        click.option("--author-id", default="", callback=_typed, help="The site's own id."),
        click.option("--ip", default="", callback=_typed, help="An IP address."),
        click.option(
            "--email", default="", callback=_typed,
            help="An e-mail address. Here as in the other two - reads it from the standard input, "
            "so that no history of commands has it.",
        ),
    ):  # fmt: skip
        command = part(command)
    return command


def _asked(runtime: Runtime, asked: dict[str, Any]) -> Person:
    from moderation.flow.privacy.person import asked_for

    return asked_for(runtime, **asked)


def _pages(runtime: Runtime, person: Person) -> Iterator[Page]:
    """Yield all that is held of a person, page by page, showing how far that is."""
    from moderation.flow.privacy import access, finding

    progress, total, looked, after = Progress(), finding.size(runtime, person), 0, ""
    access.note(runtime, person, OPERATOR)
    try:
        while True:
            page = access.page(runtime, person, after)
            looked, after = looked + page.looked, page.next
            progress.show("looking", looked, max(total, looked), None)
            yield page
            if not after:
                return
    finally:
        progress.end()


@click.group()
def people() -> None:
    """Find and put out what is held of somebody who writes comments."""


@people.command()
@_person
@pass_settings
def search(settings: Settings, /, **asked: str) -> None:
    """Count what is held of a person, by site: comments, labels, records, entries of lists."""
    found: Counter[tuple[str, str]] = Counter()
    with connect.open_runtime(settings) as runtime:
        for page in _pages(runtime, _asked(runtime, asked)):
            found.update((one.site, _kind(one)) for one in page.held)
    echo_rows((site, kind, f"{count:,}") for (site, kind), count in sorted(found.items()))
    if not found:
        click.echo("nothing is held")


@people.command()
@_person
@pass_settings
def export(settings: Settings, /, **asked: str) -> None:
    """Write all that is held of a person to the standard output, as lines of JSON."""
    with connect.open_runtime(settings) as runtime:
        for page in _pages(runtime, _asked(runtime, asked)):
            click.echo(msgspec.json.Encoder().encode_lines(page.held), nl=False)


@click.command()
@_person
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_settings
def erase(settings: Settings, /, yes: bool, **asked: str) -> None:
    """Erase a person who writes: comments, labels, what was learned from them.

    This cannot be undone. It works here, in the foreground; what was cut off is taken up by a
    worker, or when the same is asked for again. Backups, and what the report names, are not
    reached (docs/privacy.md).
    """
    from moderation.flow.privacy import erasing

    with connect.open_runtime(settings) as runtime:
        person = _asked(runtime, asked)
        if not yes:
            where = person.site or "all sites"
            click.confirm(f"Erase this person on {where}, for ever?", abort=True, err=True)
        job = erasing.begin(runtime, person, OPERATOR, send=False)
        done = ended_here(runtime, job, partial(erasing.work_on, here=True))
    report = result_of(done, "erasure")
    echo_rows((words, _shown(report.get(name))) for name, words in REPORT.items())
    if done.state == "failed":
        raise Refused(plain(done.error))


REPORT = {
    "comments": "comments erased",
    "labels": "labels erased",
    "evidence": "pieces of evidence erased",
    "records": "records erased",
    "audit_entries": "entries of the audit log erased",
    "list_entries": "entries of lists that stay",
    "left": "labels that were not reached",
    "sites": "sites",
    "models": "models withdrawn",
    "training": "job of the training that replaces the one in use",
    "search": "index of searches",
    "append_only_file": "append-only file",
    "store": "whose store it is",
    "snapshots": "the store writes snapshots (RDB) besides",
    "replicas": "replicas of the store",
    "missed": "records that cannot be read",
    "unread": "which these are",
}
"""What an erasure reports, in the order in which it is shown."""


def _shown(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case int():
            return f"{value:,}"
        case list():
            return ", ".join(map(str, value)) or "-"
    return str(value) or "-"


def _kind(held: object) -> str:
    return str(msgspec.to_builtins(held)["kind"])
