"""`migrate`."""

import click

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.embedded import Refused
from moderation.settings import Settings
from moderation.store import schema


@click.command()
@pass_settings
def migrate(settings: Settings) -> None:
    """Bring an older store to this version's layout; processes that would not know it must end
    first."""
    # Imported here as it loads the classifier, for which most commands need not wait.
    from moderation.flow.sites import upgrading

    with connect.open_store(settings, any_layout=True) as (store, _):

        def refuse_running() -> None:
            if in_the_way := upgrading.in_the_way(store):
                raise Refused(
                    f"these run and do not know layout {schema.VERSION}: "
                    f"{', '.join(in_the_way)}. Stop them first (docs/upgrading.md)"
                )

        refuse_running()
        # Asked again before the number is raised: some may have been started meanwhile.
        steps = upgrading.migrate(store, settings.secret_key, click.echo, refuse_running)
    click.echo(f"layout {schema.VERSION}; {steps} steps taken")
