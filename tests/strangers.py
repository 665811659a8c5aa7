"""Servers on loopback that answer as no good one would."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

Speak = Callable[[socket.socket, threading.Event], None]
"""Answers a connection whose request was read; the event says that the test is over."""

GO_ON = 0.01
OK = b"HTTP/1.1 200 OK\r\n"
PAUSE = b"HTTP/1.1 100 Continue\r\n\r\n"
BOMB_BYTES = 64 << 20


class Stranger:
    """A server that reads each request, speaks as it is told, and closes the connection."""

    def __init__(self, speak: Speak) -> None:
        self.speak = speak
        self.heard = 0
        self._over = threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}/"
        self._threads: list[threading.Thread] = []
        self._main = threading.Thread(target=self._accept)
        self._main.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._server.accept()
                self.heard += 1
                self._threads.append(threading.Thread(target=self._answer, args=(line,)))
                self._threads[-1].start()

    def _answer(self, line: socket.socket) -> None:
        with line, suppress(OSError):
            line.settimeout(10)
            request = b""
            while b"\r\n\r\n" not in request:
                request += line.recv(1 << 16) or b"\r\n\r\n"
            self.speak(line, self._over)
            # What was not read of the request would have the end of this answer thrown away.
            line.shutdown(socket.SHUT_WR)
            while line.recv(1 << 16):
                pass

    def close(self) -> None:
        """End every connection."""
        self._over.set()
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._main.join(10)
        for thread in self._threads:
            thread.join(10)


def says(*parts: bytes) -> Speak:
    """Return a speech of these bytes, after which it closes."""
    return lambda line, over: line.sendall(b"".join(parts))


def drips(before: bytes, piece: bytes = b"x") -> Speak:
    """Return a speech that goes on with a piece at a time for as long as somebody listens."""

    def speak(line: socket.socket, over: threading.Event) -> None:
        line.sendall(before)
        while not over.wait(GO_ON):
            line.sendall(piece)

    return speak


def pours(before: bytes, piece: bytes) -> Speak:
    """Return a speech that goes on as fast as it is read."""

    def speak(line: socket.socket, over: threading.Event) -> None:
        line.sendall(before)
        while not over.is_set():
            line.sendall(piece)

    return speak


def body(data: bytes, *headers: bytes, length: int | None = None) -> bytes:
    """Return a whole answer, with another length said where that is given."""
    size = len(data) if length is None else length
    named = b"".join(one + b"\r\n" for one in headers)
    return OK + named + b"Content-Length: %d\r\n\r\n" % size + data


BOMB = gzip.compress(b"a.example\n" * (BOMB_BYTES // 10))


def patience(said: str) -> float:
    """Return the seconds to give an exchange of which this is said: few for one that takes them."""
    return 1.0 if "in time" in said else 30.0


FAULTS: dict[str, tuple[Speak, str]] = {
    "says nothing": (drips(b"", b""), "no answer in time"),
    "drips its status": (drips(b"HTTP/1.1 200 "), "no answer in time"),
    "drips a header": (drips(OK + b"X-Slow: "), "no answer in time"),
    "pours headers": (pours(OK, b"X-Header: 1\r\n" * 500), "no HTTP, or has endless headers"),
    "pours one header": (pours(OK + b"X-Long: ", b"y" * 65536), "no HTTP, or has endless headers"),
    "asks for more for ever": (drips(PAUSE, PAUSE), "no answer in time"),
    "drips its body": (drips(OK + b"Content-Length: 60000\r\n\r\n"), "no answer in time"),
    "drips chunks": (
        drips(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), "no answer in time",
    ),
    "drips trailers": (
        drips(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: 1\r\n"), "no answer in time",
    ),
    "closes at once": (says(b""), "it closed the connection"),
    "closes in its status": (says(b"HTTP/1.1 2"), "no HTTP"),
    "speaks another tongue": (says(b"220 mail.example ESMTP\r\n"), "no HTTP"),
    "breaks off in a chunk": (
        says(OK, b"Transfer-Encoding: chunked\r\n\r\n", b"ff\r\nshort"), "its answer broke off",
    ),
}  # fmt: skip
"""Servers to which nothing can be told and from which nothing can be fetched: what each does, and
what is said of it."""
