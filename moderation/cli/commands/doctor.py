"""`doctor`: what is wrong with this installation, and what to do about it."""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator

import click

from moderation.cli import connect, embedded, first_run
from moderation.cli.context import pass_settings
from moderation.cli.embedded import Refused
from moderation.domain.errors import StoreDown, StoreFull, WinnowError
from moderation.flow import heartbeat, secret
from moderation.settings import SECRET_FILE, Settings
from moderation.store import models, schema, sites

_CLOCKS_APART_SECONDS = 60.0
_NAMED = 10
_NO_BROKERS = {"cluster": "a node of a Cluster", "sentinel": "a Sentinel"}


@click.command()
@click.option("--repair", is_flag=True, help="Cut what cannot be read of the embedded store first.")
@pass_settings
def doctor(settings: Settings, repair: bool) -> None:
    """Look at folder, store, broker and model; exit 1 if something is wrong."""
    if repair:
        for line in connect.repair(settings):
            click.echo(f"repair {line}")
    wrong = False
    for name, check in (
        ("data folder", _folder),
        ("store", _store),
        ("clock", _clock),
        ("broker", _broker),
        ("processes", _processes),
        ("model", _model),
        ("search", _search),
    ):
        try:
            for line in check(settings):
                click.echo(f"ok     {name}: {line}")
        except (Refused, WinnowError, OSError, ValueError) as error:
            wrong = True
            click.echo(f"WRONG  {name}: {error}")
    if wrong:
        sys.exit(1)


Check = Callable[[Settings], Iterator[str]]


def _folder(settings: Settings) -> Iterator[str]:
    settings.data.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.data, os.W_OK | os.X_OK):
        raise Refused(f"{settings.data} cannot be written to: change its owner or WINNOW_DATA")
    yield f"{settings.data.resolve()} can be written to"
    for path in (settings.data / SECRET_FILE, first_run.path(settings)):
        if path.exists() and path.stat().st_mode & 0o077:
            raise Refused(f"{path} can be read by others: chmod 600 {path}")
    yield "keys are readable by their owner alone"


def _store(settings: Settings) -> Iterator[str]:
    with connect.open_store(settings) as (store, _):
        yield "it answers"
        try:
            store.check_all_write()
        except StoreFull as error:
            raise Refused(
                "it is full and refuses comments: give it more memory (maxmemory) or disk, "
                "or keep comments for a shorter time (`site set … retention.spam=30`)"
            ) from error
        except StoreDown as error:
            raise Refused(
                f"{error}: WINNOW_REDIS_URL must lead to a primary, as a user who may write "
                "(docs/operating.md, Fail-over)"
            ) from error
        yield "it takes new comments"
        if schema.stored(store) == 0:
            raise Refused("it is empty: `up` or `init` prepares it")
        schema.check(store)
        yield f"layout {schema.stored(store)}"
        secret.check(store, settings.secret_key)
        yield "the secret is that under which it was written"
        yield f"{len(sites.names(store))} sites, snapshot {models.in_use(store).name}"
    if not settings.redis_url:
        yield (
            "jemalloc is there for its memory"
            if embedded.find_jemalloc()
            else "jemalloc, from which memory is quicker, is not there for it "
            "(docs/performance.md, What the store's memory costs)"
        )


def _clock(settings: Settings) -> Iterator[str]:
    with connect.open_store(settings) as (store, _):
        clocks = [server.time() for server in store.each()]
    aheads = [time.time() - seconds - millionths / 1e6 for seconds, millionths in clocks]
    ahead = max(aheads, key=abs)
    if abs(ahead) > _CLOCKS_APART_SECONDS:
        raise Refused(
            f"this machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} "
            "the store's: comments would expire too early or too late; set both by NTP"
        )
    yield "it goes with the store's"


def _broker(settings: Settings) -> Iterator[str]:
    from amqp.exceptions import AMQPError
    from kombu.exceptions import OperationalError

    from moderation.flow import broker

    url = connect.attached(settings).broker_url
    if not url:
        yield "comes with the embedded store"
        return
    try:
        kind = broker.answers(url)
    except AMQPError as error:
        raise Refused(
            f"it refuses this machine ({type(error).__name__}): see name, password and virtual "
            "host in WINNOW_BROKER_URL"
        ) from error
    except (OperationalError, OSError) as error:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            raise Refused(
                "its certificate is refused: see ssl_ca_certs and the host in WINNOW_BROKER_URL"
            ) from error
        if type(error.__cause__).__name__ == "AuthenticationError":
            raise Refused(
                "it refuses this machine: see the password in WINNOW_BROKER_URL"
            ) from error
        raise Refused("it does not answer: see WINNOW_BROKER_URL") from error
    if kind == "numbered":
        raise Refused("it has no database of this number: see the end of WINNOW_BROKER_URL")
    if kind in _NO_BROKERS:
        raise Refused(
            f"it is {_NO_BROKERS[kind]}: WINNOW_BROKER_URL must lead to one server of its own, or "
            "to RabbitMQ (docs/many-machines.md)"
        )
    yield "it answers"


def _processes(settings: Settings) -> Iterator[str]:
    with connect.open_store(settings) as (store, _):
        running, silent = heartbeat.parted(store)
    for host in sorted({process.host for process in running}):
        here = [process for process in running if process.host == host]
        kinds = Counter(process.kind for process in here)
        versions = ", ".join(sorted({process.version for process in here}))
        yield f"{host}: {', '.join(f'{n} {kind}' for kind, n in kinds.items())} of {versions}"
    if not running:
        yield "none tells of itself"
    if sum(process.kind == "beat" for process in running) > 1:
        raise Refused("more than one beat runs: each sends every tick; end all but one")
    if silent:
        named = ", ".join(f"{one.kind} {one.pid} on {one.host}" for one in silent[:_NAMED])
        raise Refused(f"not heard of any more, nor of their end: {named}; do they hang?")


def _search(settings: Settings) -> Iterator[str]:
    from moderation.flow.search import finding

    if settings.search == "off":
        yield "has no index, as WINNOW_SEARCH says"
        return
    with connect.open_store(settings) as (store, _):
        behind_ms = finding.behind_ms(store)
        is_here = finding.is_here(store, settings)
    if behind_ms is None:
        yield "has no index yet: `up` and `search follow` make it"
    elif behind_ms > finding.BEHIND_MS:
        yield f"has an index that is {behind_ms // 1000} s behind: nothing keeps it just now"
    elif not is_here:
        yield (
            "has an index on another machine or in another folder: searches here look through the "
            "newest comments"
        )
    else:
        yield "has an index that is up to date"


def _model(settings: Settings) -> Iterator[str]:
    from classifier import Model, Row

    model = Model.load(settings.model)
    probability = float(model.score([Row(text="Thanks, this fixed my build.")]).probability[0])
    yield f"{model.name} scores a thank-you {probability:.3f}"
