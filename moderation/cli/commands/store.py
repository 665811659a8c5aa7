"""`migrate`."""

import click

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.settings import Settings
from moderation.store import migrations, schema


@click.command()
@pass_settings
def migrate(settings: Settings) -> None:
    """Bring an older store to this version's layout."""
    with connect.open_store(settings, any_layout=True) as (store, _):
        steps = migrations.migrate(store, click.echo)
    click.echo(f"layout {schema.VERSION}; {steps} steps taken")
