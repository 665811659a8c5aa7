"""Which keys are written while a store is read: the server tells, and writers wait for a moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from time import monotonic
from types import TracebackType
from typing import Any, Self

from redis.exceptions import RedisError, ResponseError

from moderation.domain.errors import StoreDown
from moderation.store.client import Store
from moderation.store.faults import store_errors

_CHANNEL = "__redis__:invalidate"
"""Where a server tells a second connection of keys that a first one follows (CLIENT TRACKING)."""
PAUSE_MS = 1000
"""For so long at most a server lets writers wait; it ends that by itself."""


class Cut(StoreDown):
    """The server does not tell any more, so a copy would miss what was written."""


class Changed:
    """Knows which keys of a store were written, deleted or expired since it was entered."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stack = ExitStack()
        self._told: list[_Told] = []

    def __enter__(self) -> Self:
        with store_errors():
            self._told = [_Told(server, self._stack) for server in self._store.each()]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(RedisError):  # The connection is gone, and what it followed with it.
            self._stack.close()

    def take(self) -> set[bytes]:
        """Return the keys that were written since this was asked last.

        All that were written before this is called are among them.

        Raises:
            Cut: it cannot be known.
        """
        with store_errors():
            # A server that was not one of them then would have keys of which nobody told.
            if {told.server for told in self._told} != set(self._store.each()):
                raise Cut("the store's keys moved to another server: begin again")
            return set[bytes]().union(*(told.take() for told in self._told))

    @contextmanager
    def nobody_writes(self) -> Iterator[None]:
        """Let who writes wait meanwhile, for `PAUSE_MS` at most.

        Raises:
            Cut: the server does not allow it, or did not let them wait so long.
        """
        begun = monotonic()
        with ExitStack() as paused:
            for told in self._told:
                paused.enter_context(_paused(told.server))
            yield
        if (monotonic() - begun) * 1000 >= PAUSE_MS:
            raise Cut("the store is too busy to be read at one moment: try again when it rests")


class _Told:
    """What one server tells of the keys that are written there."""

    def __init__(self, server: Any, stack: ExitStack) -> None:
        self.server = server
        self._names: set[bytes] = set()
        self._listener: Any = stack.enter_context(server.pubsub())
        self._listener.execute_command("CLIENT ID")
        number = self._listener.parse_response()
        self._listener.subscribe(_CHANNEL)
        self._hear_until("subscribe")
        self._follower = stack.enter_context(server.client())
        self._follower.execute_command("CLIENT TRACKING", "ON", "REDIRECT", number, "BCAST")
        stack.callback(self._follower.execute_command, "CLIENT TRACKING", "OFF")

    def take(self) -> set[bytes]:
        """Return the keys that were written there since this was asked last."""
        # The connection that is told may have been another one since.
        if b"broken_redirect" in self._follower.execute_command("CLIENT TRACKINGINFO")[1]:
            raise Cut("the store does not tell any more what is written: begin again")
        # What is told stands in one order with other answers.
        self._listener.ping()
        self._hear_until("pong")
        found, self._names = self._names, set()
        return found

    def _hear_until(self, kind: str) -> None:
        while True:
            told = self._listener.get_message(timeout=5.0)
            if told is None:
                raise Cut("the store does not tell what is written: begin again")
            if told["type"] == kind:
                return
            if told["type"] == "message":
                if told["data"] is None:
                    raise Cut("the store was emptied meanwhile")
                self._names.update(told["data"])


@contextmanager
def _paused(server: Any) -> Iterator[None]:
    with store_errors():
        try:
            server.execute_command("CLIENT PAUSE", PAUSE_MS, "WRITE")
        except ResponseError as error:
            raise Cut("the store does not let writers wait (CLIENT PAUSE)") from error
    try:
        yield
    finally:
        with store_errors():
            server.execute_command("CLIENT UNPAUSE")
