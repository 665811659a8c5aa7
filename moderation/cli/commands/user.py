"""`user`: people who log in to the console."""

import secrets
import sys

import click

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.table import echo_rows
from moderation.domain.people import ROLES, Role
from moderation.flow.sites import administering
from moderation.settings import Settings

_password = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


@click.group()
def user() -> None:
    """People who log in to the console."""


@user.command("list")
@pass_settings
def list_users(settings: Settings) -> None:
    """Print every account: name, role, and the sites that were named for it."""
    with connect.open_store(settings) as (store, _):
        echo_rows(
            (person.name, person.role, *([",".join(person.sites)] if person.sites else []))
            for person in administering.users(store)
        )


@user.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="moderator",
    show_default=True,
)
@click.option("--site", "of_sites", multiple=True, help="A site to work on; may be repeated.")
@_password
@pass_settings
def add(
    settings: Settings, name: str, role: Role, of_sites: tuple[str, ...], password_stdin: bool
) -> None:
    """Make an account; without --password-stdin a password is made and printed once.

    An administrator works on every site; others work on those named by --site, or by `user sites`.
    """
    chosen = _choose(password_stdin)
    with connect.open_store(settings) as (store, _):
        administering.add_user(store, name, chosen, role, of_sites)
    _tell(name, chosen, password_stdin)


@user.command()
@click.argument("name")
@click.argument("of_sites", metavar="[SITE]...", nargs=-1)
@pass_settings
def sites(settings: Settings, name: str, of_sites: tuple[str, ...]) -> None:
    """Say which sites a moderator or viewer works on, in place of those before."""
    with connect.open_store(settings) as (store, _):
        administering.change_sites(store, name, of_sites)
    click.echo(f"{name} works on {', '.join(of_sites) or 'no site'}")


@user.command()
@click.argument("name")
@_password
@pass_settings
def password(settings: Settings, name: str, password_stdin: bool) -> None:
    """Change a password; without --password-stdin a new one is made and printed once.

    Who is logged in must log in again.
    """
    chosen = _choose(password_stdin)
    with connect.open_store(settings) as (store, _):
        administering.change_password(store, name, chosen)
    _tell(name, chosen, password_stdin)


@user.command()
@click.argument("name")
@_password
@pass_settings
def reset(settings: Settings, name: str, password_stdin: bool) -> None:
    """Let in who is locked out: a new password, and what was tried before is forgotten."""
    chosen = _choose(password_stdin)
    with connect.open_store(settings) as (store, _):
        administering.let_in(store, name, chosen)
    _tell(name, chosen, password_stdin)


def _choose(from_stdin: bool) -> str:
    if not from_stdin:
        return secrets.token_urlsafe(12)
    return str(sys.stdin.readline()).rstrip("\r\n")


def _tell(name: str, chosen: str, from_stdin: bool) -> None:
    click.echo(f"{name} can log in" if from_stdin else f"{name} can log in with {chosen}")
