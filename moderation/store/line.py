"""One connection a thread: what is asked is sent, and answered at once or later."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Sequence
from time import monotonic
from typing import Any

import redis
from hiredis import pack_command
from redis import exceptions as failures
from redis.exceptions import ResponseError

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


class Line:
    """One connection a thread, for scripts: a client's pool costs more than the script does."""

    def __init__(self, client: redis.Redis) -> None:
        self._pool = client.connection_pool
        self._own = threading.local()
        self._all: weakref.WeakSet[Any] = weakref.WeakSet()

    def call(self, *words: Any) -> Any:
        """Sends a command and returns its answer, by a new connection if the old one is gone."""
        connection = self._connection()
        try:
            connection.send_packed_command([pack_command(words)], check_health=False)
            return connection.read_response()
        except ResponseError:
            raise
        except BaseException:
            # An answer that comes late must not be taken for that of the next command.
            connection.disconnect()
            raise

    def send(self, commands: Iterable[Sequence[Any]]) -> None:
        """Sends commands whose answers are received later, all of them before the next."""
        if getattr(self._own, "due", 0):
            self._own.connection.disconnect()  # Nobody received what was asked before.
        connection = self._connection()
        packed = [pack_command(tuple(words)) for words in commands]
        self._own.due = len(packed)
        try:
            connection.send_packed_command([b"".join(packed)], check_health=False)
        except BaseException:
            connection.disconnect()
            raise

    def receive(self) -> list[Any]:
        """Returns the answers to what was sent last; the server's errors are among them."""
        connection, answers = self._own.connection, []
        try:
            while self._own.due:
                try:
                    answers.append(connection.read_response())
                except ResponseError as error:
                    answers.append(error)
                self._own.due -= 1
        except BaseException:
            connection.disconnect()
            raise
        return answers

    def _connection(self) -> Any:
        """Returns this thread's connection, not connected if the server has ended it."""
        connection = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._pool.make_connection()
            self._all.add(connection)
        now = monotonic()
        idle = now - getattr(self._own, "used", 0.0)
        if idle > IDLE_SECONDS and connection.is_connected and _is_over(connection):
            connection.disconnect()
        self._own.used = now
        return connection

    def close(self) -> None:
        """Closes the connections of all threads."""
        for connection in list(self._all):
            connection.disconnect()


def _is_over(connection: Any) -> bool:
    """Says whether the server ended a connection: nothing was asked, yet something can be read."""
    try:
        return bool(connection.can_read())
    except (*DOWN, OSError):
        return True
