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

    While `slow_at` is not empty, commands that contain one of its words arrive `seconds` late.
    """

    def __init__(self, server: Path) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.slow_at: tuple[bytes, ...] = ()
        self.seconds = 0.0
        self.delayed = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The address for the store."""
        return f"redis://127.0.0.1:{self._listener.getsockname()[1]}/0"

    @contextmanager
    def slow(self, *words: bytes, seconds: float) -> Iterator[None]:
        """Be slow at commands that contain one of these words, as long as the context lasts."""
        self.slow_at, self.seconds = words, seconds
        try:
            yield
        finally:
            self.slow_at = ()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self._server))
                self._open += [near, far]
                for way in ((near, far, True), (far, near, False)):
                    threading.Thread(target=self._carry, args=way, daemon=True).start()

    def _carry(self, here: socket.socket, there: socket.socket, is_asked: bool) -> None:
        with suppress(OSError):
            while data := here.recv(1 << 20):
                if is_asked and any(word in data for word in self.slow_at):
                    self.delayed += 1
                    time.sleep(self.seconds)  # The slowness itself: nothing is waited for.
                there.sendall(data)
        with suppress(OSError):
            there.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """End every connection."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for each in [self._listener, *self._open]:
            each.close()
