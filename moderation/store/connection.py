"""Connections to the store: the client's own, watched, and the pool that hands them out."""

from __future__ import annotations

import itertools
import os
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any, Self

import hiredis
import redis
from redis import exceptions as failures
from redis.backoff import NoBackoff
from redis.connection import AbstractConnection
from redis.retry import Retry

from moderation.store.faults import A_CLUSTER, Unreadable, WrongKind, ends_connection, word_of
from moderation.store.hurry import Waiting, in_a_hurry, seconds_left

IDLE_SECONDS = 0.2
"""A connection used within this time is not asked whether the server has ended it."""

CONNECT_SECONDS = 0.3
READ_SECONDS = 1.0
HURRY_SECONDS = 0.2
"""Time-out of one round trip on the way of a check, and of connecting there."""


_OF_A_NODE = frozenset(("MOVED", "CROSSSLOT", "CLUSTERDOWN"))
"""What a node of a Cluster alone says."""


class _Packed(list[bytes]):
    """Packed commands, and how many answers they ask for."""

    def __init__(self, chunks: Iterable[bytes], answers: int) -> None:
        super().__init__(chunks)
        self.answers = answers


class _Packer:
    """Packs commands with hiredis; the client's own packer looks at each argument's type first.

    Ours are str, bytes and int. A command of two words comes as one string.
    """

    def pack(self, *args: Any) -> list[bytes]:
        if " " in args[0]:
            args = (*args[0].split(), *args[1:])
        return [hiredis.pack_command(args)]


class Watched(AbstractConnection):
    """A connection that knows how many answers are due, and whether it may be used again.

    It tells of each round trip, and counts the time of what is hurried. `is_lost` says that its
    server does not serve any more. `find_server` is asked, where there is one, for the host and the
    port before each connecting. `is_node` says that its server is one of a Cluster, as the address
    has it.
    """

    goes_on = False
    """No further answer is read where one did not come: all are of one server."""

    def __init__(
        self,
        *,
        on_round_trip: Callable[[], None],
        find_server: Callable[[], tuple[str, int]] | None = None,
        is_node: bool = False,
        **options: Any,
    ) -> None:
        self._on_round_trip, self._find_server = on_round_trip, find_server
        self._is_node = is_node
        self.due = 0
        self.is_lost = False
        self.hurries = False
        self.used = 0.0
        self.generation: object = None
        super().__init__(**options)

    def connect(self) -> None:
        """Connect if it is not connected; what fails on the way leaves no connection."""
        if self.is_connected:
            return
        _need_time()
        try:
            with Waiting():
                if self._find_server is not None:
                    self.host, self.port = self._find_server()
                super().connect()
        except BaseException:
            self.disconnect()
            self.is_lost = False  # Only what served before says something of other connections.
            raise

    def disconnect(self, *args: Any, **options: Any) -> None:
        """Hang up: whatever is still due never comes."""
        self.due = 0
        super().disconnect(*args, **options)

    def pack_commands(self, commands: Iterable[Sequence[Any]]) -> list[bytes]:
        """Return commands as one piece that says how many there are."""
        packed = [chunk for words in commands for chunk in self.pack_command(*words)]
        return _Packed([b"".join(packed)], len(packed))

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        """Send what was packed."""
        self.connect()
        _need_time()
        self._on_round_trip()
        self.due += command.answers if isinstance(command, _Packed) else 1
        try:
            super().send_packed_command(command, check_health)
        except failures.RedisError as error:
            self._note(error)
            raise

    def read_response(self, *args: Any, **options: Any) -> Any:
        """Return the next answer; raise it where it is an error, with its `status_code`."""
        try:
            with Waiting():
                answer = super().read_response(*args, **options)
        except failures.RedisError as error:
            self._note(error)
            if not self._is_node and word_of(error) in _OF_A_NODE:
                raise WrongKind(A_CLUSTER) from error
            raise
        self.due -= 1
        return answer

    def _note(self, error: failures.RedisError) -> None:
        if isinstance(error, failures.ResponseError):
            self.due -= 1
            error.status_code = word_of(error)  # The client puts other words before the message.
            if isinstance(error, failures.AskError):
                return  # A node of a Cluster serves on where a slot of it has moved.
        self.is_lost = self.is_lost or ends_connection(error)

    def is_over(self) -> bool:
        """Say whether the server ended it: nothing was asked, yet something can be read."""
        try:
            return self.is_connected and self.can_read()
        except (failures.RedisError, OSError):
            return True


def _need_time() -> None:
    """Refuse a round trip for which what is hurried has no time left."""
    if seconds_left() == 0:
        raise failures.TimeoutError("there is no time left for this round trip")


class _Tcp(Watched, redis.Connection):
    pass


class _Tls(Watched, redis.SSLConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except failures.ConnectionError as error:
            named = {
                "ssl_ca_certs": self.ca_certs,
                "ssl_certfile": self.certfile,
                "ssl_keyfile": self.keyfile,
            }
            for word, file in named.items():
                if file is not None and not os.access(file, os.R_OK):
                    raise Unreadable(word) from error
            raise


class _Unix(Watched, redis.UnixDomainSocketConnection):
    pass


_KINDS = {
    redis.Connection: _Tcp,
    redis.SSLConnection: _Tls,
    redis.UnixDomainSocketConnection: _Unix,
}


_pools: weakref.WeakSet[redis.ConnectionPool] = weakref.WeakSet()


def forget_at_fork(pool: redis.ConnectionPool) -> None:
    """Have a pool forget its connections in a process that is forked."""
    _pools.add(pool)


def _forget_all() -> None:
    for pool in _pools:
        pool.reset()


# To compare process ids before each use, as the client's pool does, takes a system call.
os.register_at_fork(after_in_child=_forget_all)


class Pool(redis.ConnectionPool):
    """Hands out connections, with a shorter time-out to what hurries.

    The client's own pool asks each connection before each use whether it is over, which costs more
    than a script does. This one hands out what was used last, and asks only what rested. A
    connection on which answers are due, or whose server does not serve any more, is hung up when
    it comes back; in the latter case every other is made anew before its next use.
    """

    @classmethod
    def to(
        cls,
        options: dict[str, Any],
        on_round_trip: Callable[[], None],
        greet: Callable[[Any], None],
    ) -> Self:
        """Return a pool to what the options of a Redis URL say (`parse_url`).

        `greet` is called with each new connection, and refuses it by what it raises.
        """
        kind = _KINDS[options.get("connection_class", redis.Connection)]
        pool = cls(**options | {
            "connection_class": kind,
            "socket_connect_timeout": CONNECT_SECONDS,
            "socket_timeout": READ_SECONDS,
            "retry": Retry(NoBackoff(), 0),
            "retry_on_error": (),
            "retry_on_timeout": False,
            "health_check_interval": 0,
            "protocol": 2,
            "decode_responses": False,
            "driver_info": None,  # Two round trips less for a new connection.
            "command_packer": _Packer(),
            "redis_connect_func": greet,
            "on_round_trip": on_round_trip,
        })  # fmt: skip
        forget_at_fork(pool)
        return pool

    def reset(self) -> None:
        """Forget every connection, as in a process that was forked: they are its parent's."""
        self._idle: tuple[deque[Watched], deque[Watched]] = deque(), deque()
        self._made: weakref.WeakSet[Watched] = weakref.WeakSet()
        self._making = threading.Lock()
        self._generation = object()
        super().reset()

    def get_connection(self, *_: Any, **__: Any) -> Any:
        """Return a connection that is connected."""
        hurries = in_a_hurry()
        try:
            connection = self._idle[hurries].pop()
        except IndexError:
            connection = self._make(hurries)
        try:
            if connection.generation is not self._generation:
                connection.disconnect()
                connection.generation = self._generation
            elif monotonic() - connection.used > IDLE_SECONDS and connection.is_over():
                connection.disconnect()
            connection.connect()
        except BaseException:
            self.release(connection)
            raise
        return connection

    def _make(self, hurries: bool) -> Watched:
        with self._making:
            connection: Any = self.make_connection()
            self._made.add(connection)
        if hurries:
            connection.hurries = True
            connection.socket_timeout = connection.socket_connect_timeout = HURRY_SECONDS
        return connection  # type: ignore[no-any-return]

    def release(self, connection: Any) -> None:
        """Take a connection back."""
        if not self.owns_connection(connection):
            connection.disconnect()
            return
        if connection.is_lost and connection.generation is self._generation:
            self.leave()
        if connection.is_lost or connection.due:
            # An answer that comes late must not be taken for that of the next command.
            connection.disconnect()
            connection.is_lost = False
        connection.used = monotonic()
        self._idle[connection.hurries].append(connection)

    def leave(self) -> None:
        """Have every connection made anew before its next use."""
        self._generation = object()

    def disconnect(self, inuse_connections: bool = True) -> None:
        """Hang up every connection, or those that nobody uses now."""
        with self._making:
            idle = itertools.chain(*self._idle)
            connections = list(self._made if inuse_connections else idle)
        for connection in connections:
            connection.disconnect()
