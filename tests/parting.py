"""A way to a server that can be parted: nothing comes through, and nobody is told so."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Parting:
    """A TCP port that leads to another port of this machine."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._whole = threading.Event()
        self._whole.set()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def lead_to(self, port: int) -> None:
        """Let new connections go to another port; those that there are stay where they are."""
        self._to = port

    @contextmanager
    def parted(self) -> Iterator[None]:
        """Carry nothing meanwhile: connections stay open, new ones are made, and all is silent."""
        self._whole.clear()
        try:
            yield
        finally:
            self._whole.set()

    def close(self) -> None:
        """End every connection."""
        self._whole.set()
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near = self._listener.accept()[0]
                threading.Thread(target=self._lead, args=(near,), daemon=True).start()

    def _lead(self, near: socket.socket) -> None:
        self._sockets.append(near)
        self._whole.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self._to), 30)
        except OSError:
            near.close()
            return
        far.settimeout(None)
        self._sockets.append(far)
        for here, there in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(here, there), daemon=True).start()

    def _carry(self, here: socket.socket, there: socket.socket) -> None:
        with suppress(OSError):
            while data := here.recv(1 << 20):
                self._whole.wait()
                there.sendall(data)
        self._whole.wait()
        for each in (here, there):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
