"""`up`: store, web, worker and beat in one terminal."""

import http.client
import logging
import socket
import time
from contextlib import ExitStack, closing

import click

from moderation.cli import connect, demo, first_run, kernels, services
from moderation.cli.child import Child
from moderation.cli.embedded import Refused, RunFile
from moderation.cli.pool import PoolWatch
from moderation.cli.supervisor import Supervisor
from moderation.domain.errors import StoreFull, WinnowError
from moderation.settings import Settings
from moderation.store import Store

log = logging.getLogger(__name__)

_SLOW_START_SECONDS = 60.0
_PROBE_SECONDS = 0.1
_LEFTOVER_SECONDS = 10.0


def say(line: str) -> None:
    """Tell whoever sits at the terminal."""
    click.echo(f"winnow: {line}", err=True)


def run(settings: Settings) -> None:
    """Run everything until a signal asks to stop; Refused when it cannot run here."""
    with ExitStack() as stack:
        stack.enter_context(connect.sole_use(settings))
        # What a killed `up` left behind is ending; its port is free when it has.
        was_killed = RunFile(settings.data).is_left()
        check_port(settings.bind, _LEFTOVER_SECONDS if was_killed else 0.0)
        supervisor = stack.enter_context(Supervisor(say))
        if not settings.redis_url:
            settings = stack.enter_context(connect.own_store(settings, supervisor))
        stack.callback(supervisor.stop)
        is_first = _prepare(settings)
        settings, shown = _demo(settings)
        say(f"starting; what it keeps is in {settings.data.resolve()}")
        env = services.environment(settings)
        kernels.prepare(env, say)
        parts = [
            ("worker", services.worker(settings), 3.0),
            ("beat", services.beat(settings), 1.0),
            ("web", services.web(settings), 3.0),
        ]
        if settings.search != "off":
            parts.append(("search", services.search(), 3.0))
        for name, argv, stop_seconds in parts:
            supervisor.add(Child(name, argv, env, stop_seconds=stop_seconds))
        if shown is not None:
            supervisor.add(shown)
        pool = PoolWatch(settings, say)
        _announce(settings, supervisor, is_first)
        supervisor.run(pool.look)
        say("stopping")


def check_port(bind: tuple[str, int], patience: float = 0.0) -> None:
    """Raise Refused when the address cannot be bound within `patience` seconds, with the
    reason.
    """
    host, port = bind
    until = time.monotonic() + patience
    while True:
        try:
            return _bind(host, port)
        except OSError as error:
            if time.monotonic() >= until:
                raise Refused(
                    f"{host}:{port} cannot be used ({error.strerror}): "
                    "set WINNOW_BIND to another address, for example 127.0.0.1:8001"
                ) from error
        time.sleep(_PROBE_SECONDS)


def _bind(host: str, port: int) -> None:
    family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    with socket.socket(family, kind) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def _demo(settings: Settings) -> tuple[Settings, Child | None]:
    """Return the demo site if it is to run and can, and settings that say whether it does."""
    if settings.demo_bind is None:
        return settings, None
    reason = demo.why_not(settings, check_port)
    shown = None
    if not reason:
        with closing(Store.connect(settings.redis_url)) as store:
            shown = demo.child(store, settings)
    if shown is None:
        reason = reason or "its token or its site is gone"
        say(f"no demo site: {reason}; WINNOW_DEMO_BIND names another address, or is off")
        return demo.without_demo(settings), None
    return settings, shown


def _prepare(settings: Settings) -> bool:
    with closing(Store.connect(settings.redis_url)) as store:
        connect.check(store)
        return first_run.ensure(store, settings)


def _announce(settings: Settings, supervisor: Supervisor, is_first: bool) -> None:
    """Say where to go as soon as the web answers; after a first run by what address to log in."""
    slow_at = time.monotonic() + _SLOW_START_SECONDS
    while not supervisor.stops:
        status = _status(settings.bind)
        is_full = status == 503 and _is_full(settings)
        if status == 200 or is_full:
            say(f"ready at {settings.public_url}")
            if is_full:
                say("the store is full: comments are refused until there is room (docs/drills.md)")
            if settings.demo_bind:
                say(f"a small site to try it on: {settings.demo_url}")
            say(first_run.where(settings))
            say(f"next: {_first_step(settings) if is_first else _log_in(settings)}")
            return
        if time.monotonic() > slow_at:
            say(f"still not answering after {_SLOW_START_SECONDS:g} s; it goes on trying")
            return
        supervisor.tend()
        supervisor.wait(_PROBE_SECONDS)


def _log_in(settings: Settings) -> str:
    return f"log in at {settings.public_url}/console/, or by an address from `./winnow user link`"


def _first_step(settings: Settings) -> str:
    """Return what to do after a first run: open an address that logs in once."""
    try:
        with closing(Store.connect(settings.redis_url)) as store:
            address = first_run.one_log_in(store, settings)
    except WinnowError as error:
        return f"{_log_in(settings)} (none could be made now: {error})"
    return f"open this address, which logs you in once, within ten minutes: {address}"


def _status(bind: tuple[str, int]) -> int:
    """Return with what /readyz answers, 0 where nothing does."""
    host, port = bind
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared only
    connection = http.client.HTTPConnection(host, port, timeout=1.0)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


def _is_full(settings: Settings) -> bool:
    """Say whether the store takes no new comments for want of room."""
    with closing(Store.connect(settings.redis_url)) as store:
        try:
            store.check_writes()
        except StoreFull:
            return True
        except WinnowError:
            return False
    return False
