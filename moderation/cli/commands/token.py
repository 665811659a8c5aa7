"""`token`: what sites authenticate with."""

from typing import cast, get_args

import click

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.table import echo_rows, minute, plain
from moderation.domain.accounts import Scope
from moderation.flow.sites import administering
from moderation.settings import Settings


@click.group()
def token() -> None:
    """Make, list and revoke the API tokens of sites."""


@token.command("list")
@pass_settings
def list_tokens(settings: Settings) -> None:
    """Print every token: id, site (- for the installation), scopes, name, made, until when it is
    good (- for ever), last use to the hour (- never), most comments a minute (- no limit)."""
    with connect.open_store(settings) as (store, _):
        found, used = administering.tokens(store), administering.token_uses(store)
    echo_rows(
        (t.id, t.site or "-", ",".join(t.scopes), plain(t.name), minute(t.created_ms),
         _when(t.expires_ms), _when(used.get(t.id, 0)), str(t.per_minute or "-"))
        for t in found
    )  # fmt: skip


def _when(ms: int) -> str:
    return minute(ms) if ms else "-"


@token.command()
@click.argument("site", default="")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice(get_args(Scope)),
    multiple=True,
    help="May be given more than once; submit and moderate with a site, admin without.",
)
@click.option("--name", default="made by hand", show_default=True, help="What it is for.")
@click.option("--per-minute", default=0, help="The most comments a minute; 0: no limit.")
@pass_settings
def add(settings: Settings, site: str, scopes: tuple[str, ...], name: str, per_minute: int) -> None:
    """Make a token of SITE, or of the installation, and print it: it is shown only now."""
    from moderation.flow.sites import first_run

    chosen = scopes or (("submit", "moderate") if site else ("admin",))
    with connect.open_store(settings) as (store, _):
        made = first_run.add_token(store, site, cast(tuple[Scope, ...], chosen), name, per_minute)
    click.echo(made)


@token.command()
@click.argument("token_id", metavar="ID")
@pass_settings
def revoke(settings: Settings, token_id: str) -> None:
    """Make a token useless from the next request on."""
    with connect.open_store(settings) as (store, _):
        administering.revoke_token(store, token_id)
    click.echo(f"{token_id} is revoked")
