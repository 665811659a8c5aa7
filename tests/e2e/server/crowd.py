"""Clients that mean harm, hundreds of them in one process: they stall, trickle, take no answers."""

from __future__ import annotations

import contextlib
import resource
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator

FILES = 4096


def raise_file_limit() -> None:
    """Let this process open as many files as its clients need."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))


class Crowd:
    """Connections to one port, each with something to send and then nothing.

    A thread sends for those that trickle; what comes back is kept, but for those that do not read.
    """

    def __init__(self, port: int) -> None:
        raise_file_limit()
        self._port = port
        self._lines: dict[socket.socket, bytes] = {}
        self._unread: list[socket.socket] = []
        self._trickles: list[tuple[socket.socket, bytes]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._trickle)
        self._thread.start()

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for line in (*self._lines, *self._unread):
            line.close()

    def add(
        self, count: int, first: bytes, *, trickle: bytes = b"", half_close: bool = False
    ) -> None:
        """Open connections that send `first`, and then `trickle` once a second."""
        for _ in range(count):
            line = socket.create_connection(("127.0.0.1", self._port), 30)
            line.sendall(first)
            if half_close:
                line.shutdown(socket.SHUT_WR)
            line.setblocking(False)
            self._lines[line] = b""
            if trickle:
                self._trickles.append((line, trickle))

    def add_unread(self, count: int, requests: bytes) -> None:
        """Open connections with little room that read nothing of what they ask for."""
        for _ in range(count):
            line = socket.socket()
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            line.settimeout(30)
            line.connect(("127.0.0.1", self._port))
            line.sendall(requests)
            self._unread.append(line)

    def push(self, body: bytes, seconds: float) -> None:
        """Send a body over every connection at once, as far as it is taken in time."""
        left = dict.fromkeys(self._lines, 0)
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            for line in left:
                selector.register(line, selectors.EVENT_WRITE)
            while selector.get_map() and time.monotonic() < until:
                for key, _ in selector.select(0.2):
                    line: socket.socket = key.fileobj  # type: ignore[assignment]
                    try:
                        left[line] += line.send(body[left[line] : left[line] + 65_536])
                        is_done = left[line] >= len(body)
                    except OSError:
                        is_done = True
                    if is_done:
                        selector.unregister(line)

    def ended(self, seconds: float, idle: int = 0) -> list[bytes]:
        """Wait until the server has ended every connection that reads, but for those that were
        opened first and are idle; return what it said to the others.
        """
        until = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            others = list(self._lines)[idle:]
            for line in others:
                selector.register(line, selectors.EVENT_READ)
            while selector.get_map():
                assert time.monotonic() < until, f"{len(selector.get_map())} have not ended"
                for key, _ in selector.select(0.5):
                    line: socket.socket = key.fileobj  # type: ignore[assignment]
                    part = b""
                    with contextlib.suppress(ConnectionError):
                        part = line.recv(65_536)
                    self._lines[line] += part
                    if not part:
                        selector.unregister(line)
        return [self._lines[line] for line in others]

    def open(self) -> int:
        """Return how many connections the server has not ended; what they said is thrown away."""
        found = 0
        for line in self._lines:
            try:
                while line.recv(65_536):
                    pass
            except BlockingIOError:
                found += 1
            except ConnectionError:
                pass
        return found

    def _trickle(self) -> None:
        while not self._stop.wait(1):
            for line, piece in list(self._trickles):
                with contextlib.suppress(OSError):
                    line.send(piece)


def slowest(times: int, ask: Callable[[], object]) -> float:
    """Return the 99th percentile of how long something takes, in seconds."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        ask()
        took.append(time.monotonic() - began)
    return sorted(took)[int(times * 0.99)]


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """Yield data in pieces."""
    return (data[at : at + size] for at in range(0, len(data), size))
