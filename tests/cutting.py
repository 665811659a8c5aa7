"""A way to a server that ends in the middle: after so many of certain commands, and no more."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


class Cutting:
    """Passes on what comes by one unix socket to another, until the place where it is cut."""

    def __init__(self, path: Path, server: Path) -> None:
        self.path, self.url = path, f"unix://{path}?db=0"
        self._server = str(server)
        self._mark, self._left = b"", 0
        self._then: Callable[[], object] = lambda: None
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, mark: str, after: int, then: Callable[[], object]) -> None:
        """Pass on so many more commands in which `mark` stands; call `then` instead of the next.

        What comes later by the connection of that one is lost. `then` is called in a thread.
        """
        self._mark, self._left, self._then = mark.encode(), after + 1, then

    def close(self) -> None:
        """End every connection."""
        for each in (self._listener, *self._sockets):
            each.close()
        self.path.unlink()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            self._sockets += (client, server)
            with suppress(OSError):
                server.connect(self._server)
            for source, target, passing in (
                (client, server, self._asked),
                (server, client, lambda before, data: data),
            ):
                threading.Thread(
                    target=_pass_on, args=(source, target, passing, self._cut), daemon=True
                ).start()

    def _cut(self) -> None:
        self._then()

    def _asked(self, before: bytes, data: bytes) -> bytes:
        """Return what goes on of some bytes; fewer of them: here it is cut."""
        with self._lock:
            if not self._left:
                return data
            both, at = before[1 - len(self._mark) :] + data, 0
            while (at := both.find(self._mark, at)) >= 0:
                self._left -= 1
                if not self._left:
                    # A command of which only a part has come is not run.
                    return data[: max(0, at - len(both) + len(data))]
                at += 1
            return data


def _pass_on(
    source: socket.socket,
    target: socket.socket,
    passing: Callable[[bytes, bytes], bytes],
    cut: Callable[[], object],
) -> None:
    before = b""
    with suppress(OSError):
        while data := source.recv(1 << 16):
            passed = passing(before, data)
            target.sendall(passed)
            if len(passed) < len(data):
                cut()
                break
            before = data
    for each in (source, target):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
