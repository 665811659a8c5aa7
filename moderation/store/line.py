"""One connection a thread: what is asked is sent, and answered at once or later."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any

import hiredis
import redis
from redis import exceptions as failures
from redis.exceptions import ResponseError

from moderation.store.hurry import Waiting, seconds_left

IDLE_SECONDS = 0.2
"""A connection used within this time is not asked whether the server has ended it."""

DOWN = (
    failures.ConnectionError,
    failures.TimeoutError,
    failures.BusyLoadingError,
    failures.ClusterDownError,
    failures.ReadOnlyError,
)
"""What the client raises where a server is not there or serves nobody."""

_ROOM = 1 << 16


class _Wire:
    """The socket of a client's connection, once that has connected, with a reader of its own.

    The client's way to its socket takes three times as long, most of it in waiting for the
    interpreter's lock: Python polls a socket with a time-out before each use of it. Here the
    kernel keeps the time-out of what is not encrypted.
    """

    def __init__(self, connection: Any, on_round_trip: Callable[[], None]) -> None:
        self._on_round_trip = on_round_trip
        self._room = bytearray(_ROOM)
        self._reader = hiredis.Reader(
            protocolError=failures.InvalidResponse, replyError=connection._parser.parse_error
        )
        self._socket = connection._sock
        if not isinstance(self._socket, ssl.SSLSocket):
            seconds, rest = divmod(connection.socket_timeout, 1)
            limit = struct.pack("@ll", int(seconds), int(rest * 1e6))
            for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
                self._socket.setsockopt(socket.SOL_SOCKET, option, limit)
            self._socket.settimeout(None)

    def send(self, data: bytes) -> None:
        """Send commands."""
        self._on_round_trip()
        if seconds_left() == 0:
            raise failures.TimeoutError("there is no time left for this round trip")
        try:
            self._socket.sendall(data)
        except (TimeoutError, BlockingIOError) as error:
            raise failures.TimeoutError("the server takes nothing") from error
        except OSError as error:
            raise failures.ConnectionError("the connection is gone") from error

    def receive(self) -> Any:
        """Return the next answer; an error that the server answers is returned as well."""
        reader, room = self._reader, self._room
        answer = reader.gets()
        if answer is not False:
            return answer
        with Waiting():
            while answer is False:
                try:
                    length = self._socket.recv_into(room)
                except (TimeoutError, BlockingIOError) as error:
                    raise failures.TimeoutError("the server does not answer") from error
                except OSError as error:
                    raise failures.ConnectionError("the connection is gone") from error
                if not length:
                    raise failures.ConnectionError("the server has ended the connection")
                reader.feed(room, 0, length)  # type: ignore[arg-type]
                answer = reader.gets()
        return answer


class Line:
    """One connection a thread, for scripts: a client's pool costs more than the script does.

    `on_round_trip` is called before each trip.
    """

    def __init__(self, client: redis.Redis, on_round_trip: Callable[[], None]) -> None:
        self._pool = client.connection_pool
        self._on_round_trip = on_round_trip
        self._own = threading.local()
        self._all: weakref.WeakSet[Any] = weakref.WeakSet()

    def call(self, *words: Any) -> Any:
        """Send a command and return its answer, by a new connection if the old one is gone."""
        try:
            wire = self._wire()
            wire.send(hiredis.pack_command(words))
            answer = wire.receive()
        except BaseException:
            # An answer that comes late must not be taken for that of the next command.
            self._hang_up()
            raise
        if isinstance(answer, Exception):
            raise answer
        return answer

    def send(self, commands: Iterable[Sequence[Any]]) -> None:
        """Send commands whose answers are received later, all of them before the next."""
        if getattr(self._own, "due", 0):
            self._hang_up()  # Nobody received what was asked before.
        packed = [hiredis.pack_command(tuple(words)) for words in commands]
        try:
            wire = self._wire()
            self._own.due = len(packed)
            wire.send(b"".join(packed))
        except BaseException:
            self._hang_up()
            raise

    def receive(self) -> list[Any]:
        """Return the answers to what was sent last; the server's errors are among them."""
        answers = []
        try:
            while self._own.due:
                answers.append(self._own.wire.receive())
                self._own.due -= 1
        except BaseException:
            self._hang_up()
            raise
        for answer in answers:
            if isinstance(answer, Exception) and not isinstance(answer, ResponseError):
                raise answer
        return answers

    def _wire(self) -> _Wire:
        """Return this thread's wire, a new one if the server has ended it or there is none."""
        own, now = self._own, monotonic()
        wire: _Wire | None = getattr(own, "wire", None)
        if wire is not None and now - own.used > IDLE_SECONDS and _is_over(own.connection):
            self._hang_up()
            wire = None
        own.used = now
        return self._connect() if wire is None else wire

    def _connect(self) -> _Wire:
        own = self._own
        connection = getattr(own, "connection", None)
        if connection is None:
            connection = own.connection = self._pool.make_connection()
            self._all.add(connection)
        connection.connect()
        own.wire = _Wire(connection, self._on_round_trip)
        return own.wire  # type: ignore[no-any-return]

    def _hang_up(self) -> None:
        own = self._own
        own.wire, own.due = None, 0
        if getattr(own, "connection", None) is not None:
            own.connection.disconnect()

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in list(self._all):
            connection.disconnect()


def _is_over(connection: Any) -> bool:
    """Say whether the server ended a connection: nothing was asked, yet something can be read."""
    try:
        return bool(connection.can_read())
    except (*DOWN, OSError):
        return True
