"""One web process: a loop that reads and writes, and threads that answer.

Started by the master as `python -m moderation.server.process`, with the listening socket among the
files it inherits, and a pipe as standard input that ends with the master.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import importlib
import logging
import os
import resource
import signal
import socket
import ssl
import sys
from dataclasses import dataclass

import msgspec

from moderation import logs
from moderation.server.balance import Balance
from moderation.server.connection import Connection
from moderation.server.limits import Limits
from moderation.server.options import add_options
from moderation.server.service import Service
from moderation.server.serving import Serving

log = logging.getLogger(__name__)

MOMENT_SECONDS = 0.001
"""How long a connection is left to processes that have fewer."""

STOP_TICK_SECONDS = 0.01
SPARE_FILES = 128
"""Files that a process needs beside its connections."""

_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


@dataclass(frozen=True)
class Entrance:
    """Where connections come in, and which of the processes at it this one is."""

    listener: socket.socket
    balance: Balance
    number: int = 0
    secure: ssl.SSLContext | None = None


class Acceptor:
    """Takes connections from the listening socket."""

    def __init__(self, serving: Serving, entrance: Entrance) -> None:
        self._serving = serving
        self._listener = entrance.listener
        self._balance = entrance.balance
        self._number = entrance.number
        self._secure = entrance.secure
        self._opening: set[asyncio.Task[object]] = set()
        self._listener.setblocking(False)
        serving.bounds.on_change = self._tell
        self._tell(0)
        self._go_on()

    def stop(self) -> None:
        """Take no more."""
        self._serving.bounds.on_change = lambda _count: None
        self._balance.tell(self._number)
        self._serving.loop.remove_reader(self._listener)

    def _tell(self, count: int) -> None:
        self._balance.tell(self._number, count)

    def _go_on(self) -> None:
        if not self._serving.is_stopping:
            self._serving.loop.add_reader(self._listener, self._come)

    def _come(self) -> None:
        """Take a connection, or leave it for a moment to a process that has fewer."""
        if self._balance.is_fewest(self._number):
            self._accept()
        else:
            self._serving.loop.remove_reader(self._listener)
            self._serving.loop.call_later(MOMENT_SECONDS, self._after_all)

    def _after_all(self) -> None:
        if not self._serving.is_stopping:
            self._go_on()
            self._accept()

    def _accept(self) -> None:
        try:
            connected, _ = self._listener.accept()
        except OSError as error:
            if error.errno in _NO_ROOM:
                self._pause(error)
            return  # Another process took it, or it has gone.
        loop = self._serving.loop
        opening = loop.connect_accepted_socket(
            lambda: Connection(self._serving),
            connected,
            ssl=self._secure,
            ssl_handshake_timeout=self._serving.bounds.limits.head_seconds
            if self._secure
            else None,
        )
        task = loop.create_task(opening)
        self._opening.add(task)
        task.add_done_callback(self._opened)

    def _opened(self, task: asyncio.Task[object]) -> None:
        self._opening.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.debug("a connection could not be opened: %s", task.exception())

    def _pause(self, error: OSError) -> None:
        """End some connections where no more can be opened, and go on when they have gone."""
        log.warning("no more connections can be opened: %s", error.strerror)
        self._serving.bounds.make_room()
        self._serving.loop.remove_reader(self._listener)
        self._serving.loop.call_later(self._serving.bounds.limits.tick_seconds, self._go_on)


async def serve(
    service: Service, entrance: Entrance, threads: int, limits: Limits, until: asyncio.Event
) -> None:
    """Serve until the event, then end what was begun, as far as that does not take too long."""
    serving = Serving(service, limits, threads)
    acceptor = Acceptor(serving, entrance)
    while not until.is_set():
        serving.tick()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limits.tick_seconds):
                await until.wait()
    serving.is_stopping = True
    acceptor.stop()
    connections = serving.bounds.clients
    for connection in list(connections):
        connection.stop()
    patience = serving.loop.time() + limits.stop_seconds
    while connections and serving.loop.time() < patience:
        await asyncio.sleep(STOP_TICK_SECONDS)


def raise_file_limit(limits: Limits) -> Limits:
    """Let this process open as many files as its connections need, and return what it then grants.

    The soft limit of many systems is 1,024; the hard one is not touched.
    """
    wanted = limits.connections + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        wanted = soft
    return msgspec.structs.replace(limits, connections=max(SPARE_FILES, wanted - SPARE_FILES))


async def run(service: Service, entrance: Entrance, threads: int) -> None:
    """Serve until SIGTERM, or until the master has gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    # Nothing is ever written to it: it can be read when the master has closed it by ending.
    loop.add_reader(sys.stdin.fileno(), stop.set)
    limits = raise_file_limit(Limits())
    await serve(service, entrance, threads, limits, stop)


def main() -> None:
    """Load what is served and serve it."""
    parser = argparse.ArgumentParser(prog="python -m moderation.server.process")
    parser.add_argument("--socket", type=int, required=True, help="the listening socket")
    parser.add_argument("--balance", type=int, required=True, help="the file of a `Balance`")
    parser.add_argument("--number", type=int, required=True, help="which of the processes it is")
    add_options(parser)
    options = parser.parse_args()
    # Ctrl-C reaches every process of a terminal; the master tells this one what to do about it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The master keeps signals back for itself, and who is started inherits that.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    logs.configure(options.log_level, options.log_format)
    module, _, name = options.service.partition(":")
    service = getattr(importlib.import_module(module), name)()
    secure = None
    if options.ssl_certificate:
        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secure.load_cert_chain(options.ssl_certificate, options.ssl_keyfile)
    with socket.socket(fileno=options.socket) as listener:
        entrance = Entrance(listener, Balance(options.balance), options.number, secure)
        asyncio.run(run(service, entrance, options.threads))
    service.end()
    # What threads still do for clients that have gone is not waited for.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
