"""A way to a server that holds answers back: they come when the next thing is asked."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class Holding:
    """Passes on what comes by one unix socket to another.

    Once `hold` was called, answers wait until a client has sent again, by whatever connection.
    """

    def __init__(self, path: Path, server: Path) -> None:
        self.path, self.url = path, f"unix://{path}?db=0"
        self._server = str(server)
        self._then: Callable[[], object] | None = None
        self._open = threading.Event()
        self._open.set()
        self._sockets: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self, then: Callable[[], object] = lambda: None) -> None:
        """Hold the answer to what is asked next, until something is asked after it.

        `then` is called as soon as that has come.
        """
        self._then = then

    def close(self) -> None:
        """End every connection."""
        self._open.set()
        for each in (self._listener, *self._sockets):
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._server)
            self._sockets += (client, server)
            for source, target, passing in (
                (client, server, self._asked),
                (server, client, self._open.wait),
            ):
                threading.Thread(
                    target=_pass_on, args=(source, target, passing), daemon=True
                ).start()

    def _asked(self) -> None:
        if self._then is None:
            self._open.set()
            return
        self._open.clear()
        self._then()
        self._then = None


def _pass_on(source: socket.socket, target: socket.socket, passing: Callable[[], object]) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            passing()
            target.sendall(data)
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
