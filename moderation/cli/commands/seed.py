"""`seed`: made-up comments for trials and figures."""

from __future__ import annotations

import click

from moderation.cli import connect, kernels, services
from moderation.cli.context import pass_settings
from moderation.cli.embedded import Refused
from moderation.cli.progress import Progress
from moderation.cli.up import say
from moderation.settings import Settings


@click.command()
@click.argument("count", type=click.IntRange(1, 100_000_000))
@click.option("--site", required=True, help="The site that is filled.")
@click.option("--yes", is_flag=True, help="Fill a site that holds real comments too.")
@pass_settings
def seed(settings: Settings, count: int, site: str, yes: bool) -> None:
    """Fill a site up to COUNT made-up comments, with verdicts and some decisions.

    They are spread over the last year. When it is cut off, run the same command again: it goes on
    where it was. The decisions teach the site's filter; use a site that is for trials alone.
    """
    from moderation.flow.opening import open_runtime
    from moderation.flow.seed import seeding
    from moderation.flow.sites import administering

    with connect.open_store(settings) as (store, opened):
        administering.settings_of(store, site)
        kernels.prepare(services.environment(opened), say)
        runtime = open_runtime(opened)
        progress = Progress()
        try:
            if not yes and seeding.holds_real_comments(runtime, site):
                raise Refused(
                    "this site holds real comments, which made-up ones would stand between and "
                    "teach: make a site for trials, or say --yes"
                )
            written = seeding.seed(runtime, site, count, progress.show)
        finally:
            progress.end()
            runtime.close()
    click.echo(f"{written:,} comments were written")
