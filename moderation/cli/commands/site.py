"""`site`: the tenants and their settings."""

import click
import msgspec

from moderation.cli import connect
from moderation.cli.context import pass_settings
from moderation.cli.outcomes import done_here, echo_trial
from moderation.cli.table import echo_rows, minute, plain
from moderation.domain.errors import InvalidInput
from moderation.domain.sites import SiteSettings, check
from moderation.flow.people.links import OPERATOR
from moderation.flow.runtime import now_ms
from moderation.flow.sites import administering, choosing, founding
from moderation.settings import Settings

_HOUR_MS = 3_600_000


@click.group()
def site() -> None:
    """Sites that send comments, and their settings."""


@site.command("list")
@pass_settings
def list_sites(settings: Settings) -> None:
    """Print the names of all sites; of one that is retired, since when."""
    with connect.open_store(settings) as (store, _):
        found = founding.listed(store)
    echo_rows(
        (s.name, f"retired {minute(s.retired_ms)}") if s.retired_ms else (s.name,) for s in found
    )


@site.command()
@click.argument("name")
@pass_settings
def add(settings: Settings, name: str) -> None:
    """Make a site; give it a token with `token add`."""
    with connect.open_store(settings) as (store, _):
        founding.make(store, name, OPERATOR)
    click.echo(f"{name} is there; `token add {name}` makes its first token")


@site.command()
@click.argument("name")
@pass_settings
def show(settings: Settings, name: str) -> None:
    """Print a site's settings as JSON."""
    with connect.open_store(settings) as (store, _):
        found = msgspec.to_builtins(administering.settings_of(store, name))
    full = msgspec.to_builtins(_everything(found))
    click.echo(msgspec.json.format(msgspec.json.encode(full), indent=2).decode())


@site.command("set")
@click.argument("name")
@click.argument("changes", nargs=-1, required=True, metavar="SETTING=VALUE…")
@pass_settings
def set_(settings: Settings, name: str, changes: tuple[str, ...]) -> None:
    """Change settings: mode=observe retention.spam=30 trusted_roles='["editor"]'."""

    with connect.open_store(settings) as (store, _):
        revision = administering.change_settings(
            store, name, lambda known: _with_changes(known, changes)
        )
    click.echo(f"{name} is at revision {revision} of its settings")


@site.command("test")
@click.argument("name")
@click.argument("changes", nargs=-1, required=True, metavar="SETTING=VALUE…")
@pass_settings
def try_(settings: Settings, name: str, changes: tuple[str, ...]) -> None:
    """Say what settings would have done to the last thousand comments; nothing changes."""
    from moderation.flow.sites import trying

    with connect.open_runtime(settings) as runtime:
        draft = check(_with_changes(choosing.settings(runtime.store, name), changes))
        trial = trying.try_settings(runtime, name, draft)
    echo_trial(trial)


def _with_changes(found: SiteSettings, changes: tuple[str, ...]) -> SiteSettings:
    current = _everything(msgspec.to_builtins(found))
    for text in changes:
        _apply(current, text)
    try:
        return msgspec.convert(current, SiteSettings)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"the settings stay as they were: {error}") from error


@site.command()
@click.argument("name")
@click.option("--undo", is_flag=True, help="Let it take new comments again.")
@pass_settings
def retire(settings: Settings, name: str, undo: bool) -> None:
    """Have a site take no new comments from its next call on; it keeps what it has."""
    with connect.open_store(settings) as (store, _):
        (founding.reopen if undo else founding.retire)(store, name, OPERATOR)
    click.echo(f"{name} takes new comments again" if undo else f"{name} is retired")


@site.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_settings
def remove(settings: Settings, name: str, yes: bool) -> None:
    """Remove a site with all that is its: comments, labels, what it learned, list, tokens, keys.

    This cannot be undone. It works here, in the foreground; what was cut off goes on when it is
    asked for again. The audit log keeps that it was there.
    """
    from moderation.flow.sites import removing

    with connect.open_runtime(settings) as runtime:
        choosing.there(runtime.store, name)
        if not yes:
            click.confirm(f"Remove {plain(name)} with all its comments and labels?", abort=True)
        job = removing.begin(runtime, name, OPERATOR, send=False)
        done = done_here(runtime, job, removing.work_on, "removal")
    click.echo(f"{name} is removed, with {done['keys']:,} keys of the store")


@site.command()
@click.argument("name")
@click.option("--hours", default=6.0, show_default=True, help="For how long.")
@click.option("--end", is_flag=True, help="End it now.")
@pass_settings
def attack(settings: Settings, name: str, hours: float, end: bool) -> None:
    """Hold every new comment of a site for some hours, whatever its score."""
    until = 0 if end else now_ms() + int(hours * _HOUR_MS)
    with connect.open_store(settings) as (store, _):
        found = choosing.hold_everything(store, name, until, OPERATOR)
    ends = f"everything of {name} is held until {minute(found.until_ms)}"
    click.echo(f"{name} is judged as usual" if end else ends)


def _share(context: click.Context, parameter: click.Parameter, value: str) -> float:
    number, _, of = value.partition("/")
    try:
        return float(number) / float(of or 1)
    except (ValueError, ZeroDivisionError) as error:
        raise click.BadParameter("write a share as 1/50 or 0.02") from error


@site.command()
@click.argument("name")
@click.option(
    "--rejected",
    default="1/1000",
    show_default=True,
    callback=_share,
    help="The most good comments that may be rejected.",
)
@click.option(
    "--held",
    default="1/50",
    show_default=True,
    callback=_share,
    help="The most that may be held or rejected.",
)
@click.option("--apply", is_flag=True, help="Set them as the site's hold and reject.")
@pass_settings
def bands(settings: Settings, name: str, rejected: float, held: float, apply: bool) -> None:
    """Say which bands keep to a target, how sure that is, and set them if wanted."""
    from moderation.flow.models import targets

    with connect.open_runtime(settings) as runtime:
        found = targets.propose(runtime, name, held, rejected)
        if apply:
            administering.change_settings(
                runtime.store,
                name,
                lambda known: msgspec.structs.replace(
                    known, hold=found.hold.band, reject=found.reject.band
                ),
            )
    for word, placed in (("hold", found.hold), ("reject", found.reject)):
        share = placed.share
        click.echo(f"{word} from {placed.band:g}, by {placed.rests_on}")
        click.echo(
            f"  good comments at or above it: {share.value:.2%} ({share.low:.2%} to "
            f"{share.high:.2%}) of {found.comments:,.0f} of this site"
        )
    click.echo("set" if apply else "not set; --apply does it")


def _everything(found: object) -> dict[str, object]:
    """Return the settings with their defaults, which the stored form leaves out."""
    whole = msgspec.structs.asdict(msgspec.convert(found, SiteSettings))
    whole["retention"] = msgspec.structs.asdict(whole["retention"])
    return whole


def _apply(current: dict[str, object], change: str) -> None:
    path, equals, text = change.partition("=")
    if not equals:
        raise InvalidInput(f"{path}: write setting=value")
    target = current
    *parents, last = path.split(".")
    for parent in parents:
        inner = target.get(parent)
        if not isinstance(inner, dict):
            raise InvalidInput(f"{path}: there is no such setting")
        target = inner
    if last not in target:
        raise InvalidInput(f"{path}: there is no such setting")
    try:
        target[last] = msgspec.json.decode(text)
    except msgspec.DecodeError:
        target[last] = text  # A bare word is a string.
