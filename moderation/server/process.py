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

import msgspec

from moderation.server.connection import Connection
from moderation.server.limits import Limits
from moderation.server.options import add_options, log_to_stderr
from moderation.server.service import Service
from moderation.server.serving import Serving

log = logging.getLogger(__name__)

STOP_TICK_SECONDS = 0.01
SPARE_FILES = 128
"""Files that a process needs beside its connections."""

_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Acceptor:
    """Takes connections from the listening socket."""

    def __init__(
        self, serving: Serving, listener: socket.socket, secure: ssl.SSLContext | None
    ) -> None:
        self._serving = serving
        self._listener = listener
        self._secure = secure
        self._opening: set[asyncio.Task[object]] = set()
        listener.setblocking(False)
        self._go_on()

    def stop(self) -> None:
        """Take no more."""
        self._serving.loop.remove_reader(self._listener)

    def _go_on(self) -> None:
        if not self._serving.is_stopping:
            self._serving.loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        """Take one: if more came at once, the other processes shall have theirs."""
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
        self.stop()
        self._serving.loop.call_later(self._serving.bounds.limits.tick_seconds, self._go_on)


async def serve(
    service: Service,
    listener: socket.socket,
    threads: int,
    limits: Limits,
    until: asyncio.Event,
    secure: ssl.SSLContext | None = None,
) -> None:
    """Serve until the event, then end what was begun, as far as that does not take too long."""
    serving = Serving(service, limits, threads)
    acceptor = Acceptor(serving, listener, secure)
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


async def run(
    service: Service, listener: socket.socket, threads: int, secure: ssl.SSLContext | None
) -> None:
    """Serve until SIGTERM, or until the master has gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    # Nothing is ever written to it: it can be read when the master has closed it by ending.
    loop.add_reader(sys.stdin.fileno(), stop.set)
    limits = raise_file_limit(Limits())
    await serve(service, listener, threads, limits, stop, secure)


def main() -> None:
    """Load what is served and serve it."""
    parser = argparse.ArgumentParser(prog="python -m moderation.server.process")
    parser.add_argument("--socket", type=int, required=True, help="the listening socket")
    add_options(parser)
    options = parser.parse_args()
    # Ctrl-C reaches every process of a terminal; the master tells this one what to do about it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The master keeps signals back for itself, and who is started inherits that.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    log_to_stderr(options.log_level)
    module, _, name = options.service.partition(":")
    service = getattr(importlib.import_module(module), name)()
    secure = None
    if options.ssl_certificate:
        secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secure.load_cert_chain(options.ssl_certificate, options.ssl_keyfile)
    with socket.socket(fileno=options.socket) as listener:
        asyncio.run(run(service, listener, options.threads, secure))
    # What threads still do for clients that have gone is not waited for.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
