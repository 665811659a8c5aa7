"""`feed`: tell other installations of campaigns, and look at what they tell."""

from __future__ import annotations

from pathlib import Path
from time import time

import click

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.progress import Timed
from moderation.domain.subscribed import LEAST_WEIGHT, MOST_WEIGHT, WEIGHT, NewSubscription
from moderation.settings import Settings


@click.group()
def feed() -> None:
    """Tell other installations what is spam, without a word of it, and look at what they tell."""


@feed.command()
@pass_settings
def key(settings: Settings) -> None:
    """Print the public key of this installation's feeds: whoever subscribes needs it."""
    from moderation.flow import signing

    if not settings.has_secret:
        with connect.open_store(settings):
            pass  # It refuses where the store was written under a secret that is not here.
    click.echo(signing.public_key(settings.secret_key))


@feed.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", required=True, help="As subscribers are shown it: blogs of example.org")
@click.option("--days", default=7, show_default=True, help="Of how many days, 14 at most.")
@click.option(
    "--least", default=2, show_default=True, help="Sites or people behind each entry, 2 or more."
)
@pass_settings
def publish(settings: Settings, file: Path, name: str, days: int, least: int) -> None:
    """Write FILE, which any web server may hand out: what people decided as spam of late.

    It has sketches of texts and hashes of link domains; no text, nothing of a person. It is good
    for two days: make it anew at least daily. Sites that keep their labels at home
    (shares_training=no) take no part.
    """
    from moderation.flow import signing
    from moderation.flow.feeds import publishing

    progress = Timed()
    with connect.open_runtime(settings) as runtime:
        try:
            made = publishing.publish(runtime, name, days, least, int(time() * 1000), progress.step)
        finally:
            progress.end()
        data = signing.sign(runtime.secret, made)
    draft = file.with_name(file.name + ".part")
    draft.write_bytes(data)
    draft.replace(file)
    click.echo(f"{len(made.texts):,} texts, {len(made.domains):,} domains")


@feed.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.argument("key")
@pass_settings
def show(settings: Settings, file: Path, key: str) -> None:
    """Say what is in a feed that was fetched, if KEY signed it."""
    from moderation.cli.table import plain
    from moderation.flow import signing

    with file.open("rb") as source:
        found = signing.read(source.read(signing.MOST_BYTES + 1), key)
    click.echo(
        f"{plain(found.name)}: {len(found.texts):,} texts, {len(found.domains):,} domains, made "
        f"{found.made_at:%Y-%m-%d %H:%M} UTC, good until {found.good_until:%Y-%m-%d %H:%M} UTC"
    )


@feed.command()
@click.argument("url")
@click.argument("key")
@click.option("--site", required=True, help="The site whose comments it weighs in on.")
@click.option(
    "--weight",
    default=WEIGHT,
    show_default=True,
    type=click.FloatRange(LEAST_WEIGHT, MOST_WEIGHT),
    help="In logits: 1.5 makes of one in two four in five.",
)
@click.option("--note", default="", help="Why it is trusted.")
@pass_settings
def subscribe(settings: Settings, url: str, key: str, site: str, weight: float, note: str) -> None:
    """Have the feed at URL, signed by KEY, weigh in on what SITE gets.

    It is fetched within minutes, then daily. `list subscriptions show` says how that went, and
    `list subscriptions remove` ends it for the very next verdict.
    """
    from moderation.cli.commands import keywords

    new = NewSubscription(url, "feed", "weigh", note, key, weight)
    keywords.subscribe(settings, site, new)
