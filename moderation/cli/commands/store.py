"""`migrate`."""

import click

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.settings import Settings
from moderation.store import schema


@click.command()
@pass_settings
def migrate(settings: Settings) -> None:
    """Bring an older store to this version's layout."""
    # Imported here as it loads the classifier, for which most commands need not wait.
    from moderation.flow.sites import upgrading

    with connect.open_store(settings, any_layout=True) as (store, _):
        steps = upgrading.migrate(store, settings.secret_key, click.echo)
    click.echo(f"layout {schema.VERSION}; {steps} steps taken")
