"""A way to a store that is slow at what it is told to be slow at."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class SlowWay:
    """A TCP port that leads to a server's unix socket.

    What is sent at once is carried at once, but late by some seconds where it holds one of the
    words at which the way is slow.
    """

    def __init__(self, server: Path) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._slow_at: tuple[bytes, ...] = ()
        self._seconds, self._every, self._met = 0.0, 1, 0
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def url(self) -> str:
        """The address for the store."""
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    @contextmanager
    def slow(self, *words: bytes, seconds: float, every: int = 1) -> Iterator[None]:
        """Be slow at every such time that one of these words comes, while the context lasts."""
        self._slow_at, self._seconds, self._every, self._met = words, seconds, every, 0
        try:
            yield
        finally:
            self._slow_at = ()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, far = self._listener.accept()[0], socket.socket(socket.AF_UNIX)
                self._open += [near, far]
                far.connect(str(self._server))
                for way in ((near, far, True), (far, near, False)):
                    self._threads.append(threading.Thread(target=self._carry, args=way))
                    self._threads[-1].start()

    def _carry(self, here: socket.socket, there: socket.socket, is_asked: bool) -> None:
        with suppress(OSError):
            while data := here.recv(1 << 20):
                if is_asked and any(word in data for word in self._slow_at):
                    self._met += 1
                    if self._met % self._every == 0:
                        time.sleep(self._seconds)  # The slowness itself: nothing is waited for.
                there.sendall(data)
        with suppress(OSError):
            there.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """End every connection."""
        for first in (self._listener, *self._open):
            with suppress(OSError):
                first.shutdown(socket.SHUT_RDWR)
        self._accepting.join(10)
        for thread in self._threads:
            thread.join(10)
        for each in (self._listener, *self._open):
            each.close()
