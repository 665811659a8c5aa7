"""`user`: people who log in to the console."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.table import echo_rows
from moderation.domain.errors import InvalidInput
from moderation.domain.people import ROLES, Role
from moderation.flow.people import accounts, letters, links
from moderation.flow.people.links import OPERATOR
from moderation.flow.sites import administering
from moderation.settings import Settings

if TYPE_CHECKING:
    from moderation.store import Store

_password = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


_role = click.option("--role", type=click.Choice(ROLES), default="moderator", show_default=True)


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
@_role
@click.option("--site", "of_sites", multiple=True, help="A site to work on; may be repeated.")
@click.option("--email", default="", help="Where letters go, if a mail server is set.")
@click.option("--invite", is_flag=True, help="Print a link by which the person sets a password.")
@_password
@pass_settings
def add(
    settings: Settings,
    name: str,
    role: Role,
    of_sites: tuple[str, ...],
    email: str,
    invite: bool,
    password_stdin: bool,
) -> None:
    """Make an account; without --password-stdin a password is made and printed once.

    An administrator works on every site; others work on those named by --site, or by `user sites`.
    """
    if invite:
        with connect.open_store(settings) as (store, opened):
            secret = accounts.invite(store, name, email, role, of_sites, OPERATOR)
        click.echo(letters.link_address(opened.public_url, secret))
        return

    def made(store: Store, name: str, chosen: str) -> None:
        accounts.add(store, name, chosen, role, of_sites, OPERATOR, email)

    _with_password(settings, name, password_stdin, made)


@user.command()
@click.argument("name")
@click.argument("of_sites", metavar="[SITE]...", nargs=-1)
@pass_settings
def sites(settings: Settings, name: str, of_sites: tuple[str, ...]) -> None:
    """Say which sites a moderator or viewer works on, in place of those before."""
    with connect.open_store(settings) as (store, _):
        accounts.change_sites(store, name, of_sites, OPERATOR)
    click.echo(f"{name} works on {', '.join(of_sites) or 'no site'}")


@user.command()
@click.argument("name")
@click.argument("wanted", metavar="ROLE", type=click.Choice(ROLES))
@pass_settings
def role(settings: Settings, name: str, wanted: Role) -> None:
    """Change what a person may do, from their next click on."""
    with connect.open_store(settings) as (store, _):
        accounts.change_role(store, name, wanted, OPERATOR)
    click.echo(f"{name} is {wanted}")


@user.command()
@click.argument("name")
@pass_settings
def remove(settings: Settings, name: str) -> None:
    """Remove an account and end its log-ins; what the person decided stays."""
    with connect.open_store(settings) as (store, _):
        accounts.remove(store, name, OPERATOR)
    click.echo(f"{name} is removed")


@user.command()
@click.argument("name")
@_password
@pass_settings
def password(settings: Settings, name: str, password_stdin: bool) -> None:
    """Change a password; without --password-stdin a new one is made and printed once.

    Who is logged in must log in again.
    """
    _with_password(settings, name, password_stdin, administering.change_password)


@user.command()
@click.argument("name")
@click.option("--link", is_flag=True, help="Print a link to set a password, not a password.")
@_password
@pass_settings
def reset(settings: Settings, name: str, link: bool, password_stdin: bool) -> None:
    """Let in who is locked out: a new password, no second factor, attempts forgotten.

    With --link the password stays until the person sets another by the link, within a day.
    """
    if link:
        with connect.open_store(settings) as (store, opened):
            accounts.unlock(store, name, OPERATOR)
            secret = links.make(store, name, "reset", OPERATOR)
        click.echo(letters.link_address(opened.public_url, secret))
        return
    _with_password(settings, name, password_stdin, administering.let_in)


@user.command()
@click.argument("name", required=False)
@pass_settings
def link(settings: Settings, name: str | None) -> None:
    """Print an address that logs NAME in once, within ten minutes.

    Without NAME it is that of the only administrator. A second factor is still asked for.
    """
    with connect.open_store(settings) as (store, opened):
        secret = links.make(store, name or _only_administrator(store), "enter", OPERATOR)
    click.echo(letters.link_address(opened.public_url, secret))


def _only_administrator(store: Store) -> str:
    found = [one.name for one in administering.users(store) if one.role == "administrator"]
    if len(found) != 1:
        raise InvalidInput("say who: `user list` prints the administrators")
    return found[0]


def _with_password(
    settings: Settings, name: str, from_stdin: bool, change: Callable[[Store, str, str], object]
) -> None:
    """Change an account so that it has a password: the one on standard input, else a new one, which
    is printed."""
    chosen = sys.stdin.readline().rstrip("\r\n") if from_stdin else secrets.token_urlsafe(12)
    with connect.open_store(settings) as (store, _):
        change(store, name, chosen)
    click.echo(f"{name} can log in" if from_stdin else f"{name} can log in with {chosen}")
