"""`user`: people who log in to the console."""

import secrets
import sys

import click

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.table import echo_rows
from moderation.domain.errors import InvalidInput
from moderation.flow.sites import administering
from moderation.settings import Settings

_SHORTEST = 10

_password = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


@click.group()
def user() -> None:
    """People who log in to the console."""


@user.command("list")
@pass_settings
def list_users(settings: Settings) -> None:
    """Print every account: name, role."""
    with connect.open_store(settings) as (store, _):
        echo_rows((person.name, person.role) for person in administering.users(store))


@user.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["administrator", "moderator", "viewer"]),
    default="moderator",
    show_default=True,
)
@_password
@pass_settings
def add(settings: Settings, name: str, role: str, password_stdin: bool) -> None:
    """Make an account; without --password-stdin a password is made and printed once."""
    chosen = _choose(password_stdin)
    with connect.open_store(settings) as (store, _):
        administering.add_user(store, name, chosen, role)
    _tell(name, chosen, password_stdin)


@user.command()
@click.argument("name")
@_password
@pass_settings
def password(settings: Settings, name: str, password_stdin: bool) -> None:
    """Change a password; without --password-stdin a new one is made and printed once."""
    chosen = _choose(password_stdin)
    with connect.open_store(settings) as (store, _):
        administering.change_password(store, name, chosen)
    _tell(name, chosen, password_stdin)


def _choose(from_stdin: bool) -> str:
    if not from_stdin:
        return secrets.token_urlsafe(12)
    text = str(sys.stdin.readline()).rstrip("\r\n")
    if len(text) < _SHORTEST:
        raise InvalidInput(f"a password has at least {_SHORTEST} characters")
    return text


def _tell(name: str, chosen: str, from_stdin: bool) -> None:
    click.echo(f"{name} can log in" if from_stdin else f"{name} can log in with {chosen}")
