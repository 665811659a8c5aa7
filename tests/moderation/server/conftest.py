"""A server within the test's process, with an application that says what it was given."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from moderation.server.balance import Balance
from moderation.server.limits import Limits
from moderation.server.process import Entrance, serve
from moderation.server.service import Admission, BodyMissing, Counts, Environ, Service

MOST = 1 << 20
SPOOLED = 1 << 30
QUICK = Limits(
    head_seconds=0.5, idle_seconds=2, window_seconds=0.5, least_rate=1000, body_seconds=3,
    spool_seconds=6, linger_seconds=0.5, tick_seconds=0.05, stop_seconds=1,
)  # fmt: skip
"""As the real ones, but for a test's patience."""


def spooled(file: Any) -> dict[str, str]:
    """Return what is known of a body that lies on the disk."""
    digest = hashlib.sha256()
    while piece := file.read(1 << 20):
        digest.update(piece)
    return {"digest": digest.hexdigest(), "file": str(getattr(file, "name", ""))}


class Asked:
    """What the application and the server were asked, and what they shall do."""

    def __init__(self) -> None:
        self.admitted: list[str] = []
        self.answered: list[str] = []
        self.counts = Counts(0, 0, 0, {}, {})
        self.folder = ""
        """Where the bodies of `/spooled` are kept."""
        self.hold = threading.Event()
        """Calls of `/wait` are answered, and bodies of `/unsaid` admitted, when it is set."""

    def answer(self, environ: Environ, start: Callable[..., Any]) -> list[bytes]:
        """Say what was sent, as JSON; `/wait` waits, `/large` is large, why a body is missing."""
        path = environ["PATH_INFO"]
        self.answered.append(path)
        if path == "/raises":
            raise RuntimeError("as it was told")
        if path == "/broken":
            start("200 OK", [("X", "a\r\nSet-Cookie: b=c")])
            return [b"ok"]
        if path == "/wait":
            assert self.hold.wait(20)
        status, said = "200 OK", {k: v for k, v in environ.items() if isinstance(v, str)}
        try:
            if path == "/spooled":
                said |= spooled(environ["wsgi.input"])
            else:
                said["body"] = environ["wsgi.input"].read().decode("latin-1")
        except BodyMissing as error:
            status, said["body"] = "400 Bad Request", error.reason
        body = b"x" * (8 << 20) if path == "/large" else json.dumps(said).encode()
        start(status, [("Content-Type", "application/json")])
        return [body]

    def admit(self, environ: Environ) -> Admission | None:
        """Let bodies come but to `/refused`; whoever has a key is known."""
        self.admitted.append(environ["PATH_INFO"])
        if environ["PATH_INFO"] == "/unsaid":
            assert self.hold.wait(20)
        if environ["PATH_INFO"] == "/refused":
            return None
        if environ["PATH_INFO"] == "/spooled":
            return Admission(SPOOLED, is_known=True, folder=self.folder)
        return Admission(MOST, is_known="HTTP_KEY" in environ)

    def report(self, counts: Counts) -> None:
        """Keep what was told last."""
        self.counts = counts


class Talk:
    """A connection to the server."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.headers: dict[str, str] = {}
        """Of the answer that was read last."""
        self._read = b""

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.sendall(data)

    def post(self, path: str, body: bytes, length: int | None = None, more: str = "") -> None:
        """Send a request with a body, which may be declared longer than what is sent."""
        size = len(body) if length is None else length
        self.send(f"POST {path} HTTP/1.1\r\nContent-Length: {size}\r\n{more}\r\n".encode() + body)

    def head(self) -> tuple[int, dict[str, str]]:
        """Return status and headers of the next answer."""
        while b"\r\n\r\n" not in self._read:
            part = self.socket.recv(65_536)
            assert part, f"the connection ended after {self._read!r}"
            self._read += part
        head, _, self._read = self._read.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        return int(first.split(" ")[1]), headers

    def answer(self) -> tuple[int, Any]:
        """Return status and body of the next answer."""
        status, self.headers = self.head()
        length = int(self.headers.get("content-length", 0))
        while len(self._read) < length:
            part = self.socket.recv(65_536)
            assert part, "the connection ended within a body"
            self._read += part
        body, self._read = self._read[:length], self._read[length:]
        return status, json.loads(body) if body else None

    def ends(self) -> bool:
        """Say whether the server ends the connection, and sends nothing before."""
        try:
            return not self._read and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True


class Running:
    """A server that runs, and what it was asked."""

    def __init__(self, limits: Limits, threads: int) -> None:
        self.asked = Asked()
        self._talks: list[Talk] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._until = asyncio.Event()
        service = Service(
            self.asked.answer, self.asked.admit, self.asked.report, frozenset({"/apart"})
        )
        entrance = Entrance(self._listener, Balance.make(1))
        serving = serve(service, entrance, threads, limits, self._until)
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(serving,))
        self._thread.start()

    def talk(self) -> Talk:
        """Open a connection to it."""
        self._talks.append(Talk(self.port))
        return self._talks[-1]

    def stop(self) -> None:
        """Ask it to stop."""
        self._loop.call_soon_threadsafe(self._until.set)

    def close(self) -> None:
        """End it, and every connection to it."""
        for talk in self._talks:
            talk.socket.close()
        self.asked.hold.set()
        self.stop()
        self._thread.join(20)
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()
        self._listener.close()


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Start servers with limits of their own."""
    with ExitStack() as stack:

        def make(limits: Limits = QUICK, threads: int = 2) -> Running:
            made = Running(limits, threads)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def server(start: Callable[..., Running]) -> Running:
    """Return a server with quick limits."""
    return start()


@pytest.fixture
def talk(server: Running) -> Callable[[], Talk]:
    """Open connections to the server."""
    return server.talk
