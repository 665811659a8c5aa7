"""`key`: Akismet keys, the accounts that they belong to and the blogs that they cover."""

from collections.abc import Callable

import click

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.table import echo_rows, minute
from moderation.domain.akismet import SITE_LIMIT
from moderation.settings import Settings

_HOUR_MS = 3_600_000


@click.group()
def key() -> None:
    """Akismet keys: an account has keys, which cover its blogs."""


@key.command("list")
@pass_settings
def list_keys(settings: Settings) -> None:
    """Print every key: account, id, made, until when it is good (- for ever), last use to the hour
    (- never)."""
    from moderation.flow.akismet import accounts

    with connect.open_store(settings) as (store, _):
        found = accounts.listed_keys(store)
    echo_rows(
        (name, key_id, minute(k.created_ms), _when(k.expires_ms), _when(used_ms))
        for name, key_id, k, used_ms in found
    )


def _when(ms: int) -> str:
    return minute(ms) if ms else "-"


@key.command()
@click.argument("account")
@click.option(
    "--blogs", default=SITE_LIMIT, show_default=True, help="How many blogs appear by themselves."
)
@click.option("--listed-only", is_flag=True, help="No blog appears by itself; see `key allow`.")
@click.option("--monthly", default=0, help="The most checks a calendar month; 0: no limit.")
@pass_settings
def create(settings: Settings, account: str, blogs: int, listed_only: bool, monthly: int) -> None:
    """Make ACCOUNT with its first key and print the key: it is shown only now."""
    from moderation.flow.akismet import accounts

    with connect.open_store(settings) as (store, opened):
        made, text = accounts.create_account(store, opened.secret_key, account)
        if (blogs, listed_only, monthly) != (SITE_LIMIT, False, 0):
            accounts.change(store, made, site_limit=blogs, listed_only=listed_only, monthly=monthly)
    click.echo(text)


@key.command()
@click.argument("account")
@click.option(
    "--overlap-hours", default=72, show_default=True, help="How long the keys before it go on."
)
@pass_settings
def rotate(settings: Settings, account: str, overlap_hours: int) -> None:
    """Make a new key of ACCOUNT and print it; the keys before it end after the overlap."""
    from moderation.flow.akismet import accounts

    with connect.open_store(settings) as (store, opened):
        found = accounts.account_named(store, account)
        made = accounts.rotate(store, opened.secret_key, found, overlap_hours * _HOUR_MS)
    click.echo(made)


@key.command()
@click.argument("key_id", metavar="ID")
@pass_settings
def revoke(settings: Settings, key_id: str) -> None:
    """Make a key useless from the next call on; `key list` prints the ids."""
    from moderation.flow.akismet import accounts

    with connect.open_store(settings) as (store, _):
        accounts.revoke_key(store, key_id)
    click.echo(f"{key_id} is revoked")


@key.command()
@click.argument("account")
@pass_settings
def blogs(settings: Settings, account: str) -> None:
    """Print the blogs of ACCOUNT: address, site, whether it may speak."""
    from moderation.flow.akismet import accounts

    with connect.open_store(settings) as (store, _):
        found = accounts.blogs_of(store, accounts.account_named(store, account))
    echo_rows(
        (address, blog.site, "revoked" if blog.revoked else "allowed")
        for address, blog in sorted(found.items())
    )


@key.command()
@click.argument("account")
@click.argument("blog")
@pass_settings
def allow(settings: Settings, account: str, blog: str) -> None:
    """Let BLOG speak with the keys of ACCOUNT."""
    from moderation.flow.akismet import accounts

    name = _of_blog(settings, account, blog, accounts.allow_blog)
    click.echo(f"{name} may use the keys of {account}")


@key.command()
@click.argument("account")
@click.argument("blog")
@pass_settings
def deny(settings: Settings, account: str, blog: str) -> None:
    """Refuse BLOG under every key of ACCOUNT from its next call on."""
    from moderation.flow.akismet import accounts

    name = _of_blog(settings, account, blog, accounts.revoke_blog)
    click.echo(f"{name} may not use the keys of {account} any more")


def _of_blog(settings: Settings, account: str, blog: str, change: Callable[..., str]) -> str:
    """Change what a blog may do with the keys of an account; return the blog's name."""
    from moderation.flow.akismet import accounts

    with connect.open_store(settings) as (store, opened):
        return change(store, opened.secret_key, accounts.account_named(store, account), blog)


@key.command()
@click.argument("account")
@click.option("--blogs", type=int, help="How many blogs appear by themselves.")
@click.option("--listed-only/--any-blog", default=None, help="Whether only listed blogs speak.")
@click.option("--monthly", type=int, help="The most checks a calendar month; 0: no limit.")
@pass_settings
def limit(
    settings: Settings,
    account: str,
    blogs: int | None,
    listed_only: bool | None,
    monthly: int | None,
) -> None:
    """Change what ACCOUNT may do, from the next call on; print what then holds."""
    from moderation.flow.akismet import accounts

    wanted = {"site_limit": blogs, "listed_only": listed_only, "monthly": monthly}
    changes = {name: value for name, value in wanted.items() if value is not None}
    with connect.open_store(settings) as (store, _):
        found = accounts.change(store, accounts.account_named(store, account), **changes)
    listed = "listed blogs only" if found.listed_only else f"{found.site_limit} blogs by themselves"
    click.echo(f"{account}: {listed}, {found.monthly or 'any number of'} checks a month")
