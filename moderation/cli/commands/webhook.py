"""`webhook`: where sites are told of what happens to their comments."""

import click

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.table import echo_rows, minute, plain
from moderation.domain.webhooks import EVENTS, OVERLAP_HOURS, OVERLAP_HOURS_AT_MOST
from moderation.flow.people.links import OPERATOR
from moderation.settings import Settings


@click.group()
def webhook() -> None:
    """Tell addresses of verdicts, decisions and models: webhooks."""


@webhook.command("list")
@click.argument("site")
@pass_settings
def list_webhooks(settings: Settings, site: str) -> None:
    """Print the webhooks of SITE: id, address, events, how it is doing."""
    from moderation.flow.webhooks import endpoints

    with connect.open_store(settings) as (store, _):
        found = endpoints.of_site(store, site)
    rows = []
    for one, health in found:
        if health.disabled:
            state = f"disabled ({health.disabled}) since {minute(health.disabled_ms)}"
        elif health.failing_ms:
            state = f"failing since {minute(health.failing_ms)}: {health.answer}"
        else:
            state = f"last told {minute(health.told_ms)}" if health.told_ms else "not told yet"
        rows.append((one.id, plain(one.url), ",".join(one.events), state))
    echo_rows(rows)


@webhook.command()
@click.argument("site")
@click.argument("url")
@click.option(
    "--event", "events", multiple=True, type=click.Choice(EVENTS), help="Tell of this; all if none."
)
@click.option("--personal", is_flag=True, help="Send the author's IP and e-mail address too.")
@pass_settings
def add(settings: Settings, site: str, url: str, events: tuple[str, ...], personal: bool) -> None:
    """Tell URL of what happens at SITE; print id and secret, which is shown only now."""
    from moderation.flow.webhooks import endpoints

    chosen = tuple(event for event in EVENTS if not events or event in events)
    with connect.open_store(settings) as (store, opened):
        made, secret = endpoints.make(
            store, opened.secret_key, site, url, chosen, OPERATOR, personal=personal
        )
    click.echo(f"{made.id} {secret}")


@webhook.command()
@click.argument("site")
@click.argument("webhook_id", metavar="ID")
@click.option(
    "--overlap-hours",
    default=OVERLAP_HOURS,
    show_default=True,
    type=click.IntRange(0, OVERLAP_HOURS_AT_MOST),
    help="How long the secret before signs as well.",
)
@pass_settings
def rotate(settings: Settings, site: str, webhook_id: str, overlap_hours: int) -> None:
    """Make a new secret and print it; the one before signs as well for the overlap."""
    from moderation.flow.webhooks import endpoints

    with connect.open_store(settings) as (store, opened):
        secret = endpoints.rotate(
            store, opened.secret_key, site, webhook_id, overlap_hours, OPERATOR
        )
    click.echo(secret)


def _switch(name: str, about: str, said: str, *, enabled: bool) -> None:
    """Give `webhook` a command that switches one on or off."""

    @webhook.command(name, help=about)
    @click.argument("site")
    @click.argument("webhook_id", metavar="ID")
    @pass_settings
    def switch(settings: Settings, site: str, webhook_id: str) -> None:
        from moderation.flow.webhooks import endpoints

        with connect.open_store(settings) as (store, _):
            wanted = endpoints.Wanted(enabled=enabled)
            endpoints.change(store, site, webhook_id, wanted, OPERATOR)
        click.echo(f"{webhook_id} is {said}")


_switch(
    "disable",
    "Send nothing to a webhook until it is enabled; what happens meanwhile is not told later.",
    "disabled",
    enabled=False,
)
_switch(
    "enable",
    "Have a webhook told again, and of what still waited when it was disabled.",
    "told again",
    enabled=True,
)


@webhook.command()
@click.argument("site")
@click.argument("webhook_id", metavar="ID")
@pass_settings
def remove(settings: Settings, site: str, webhook_id: str) -> None:
    """Remove a webhook with what waits for it."""
    from moderation.flow.webhooks import endpoints

    with connect.open_store(settings) as (store, _):
        endpoints.remove(store, site, webhook_id, OPERATOR)
    click.echo(f"{webhook_id} is removed")


@webhook.command()
@click.argument("site")
@click.argument("webhook_id", metavar="ID")
@click.option("--most", default=20, show_default=True, type=click.IntRange(1, 100))
@pass_settings
def deliveries(settings: Settings, site: str, webhook_id: str, most: int) -> None:
    """Print what a webhook was sent of late, the newest first: id, event, comment, how it went."""
    from moderation.flow.webhooks import endpoints

    with connect.open_store(settings) as (store, _):
        found, _ = endpoints.sent(store, site, webhook_id, most=most)
    echo_rows(
        (
            one.id, one.message.event, one.comment or "-", minute(one.message.at_ms),
            one.message.outcome, f"{one.message.tries} tries", one.message.answer or "-",
        )
        for one in found
    )  # fmt: skip


@webhook.command()
@click.argument("site")
@click.argument("webhook_id", metavar="ID")
@click.argument("message")
@pass_settings
def resend(settings: Settings, site: str, webhook_id: str, message: str) -> None:
    """Have a message sent again under its id; `deliveries` prints the ids."""
    from moderation.flow.webhooks import endpoints

    with connect.open_store(settings) as (store, _):
        endpoints.send_again(store, None, site, webhook_id, message, OPERATOR)
    click.echo(f"{message} is sent again within seconds")
