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
        self._names: set[bytes] = set()
        self._listener: Any = None

    def __enter__(self) -> Self:
        with store_errors():
            self._listener = self._stack.enter_context(self._store.redis.pubsub())
            self._listener.execute_command("CLIENT ID")
            number = self._listener.parse_response()
            self._listener.subscribe(_CHANNEL)
            self._hear_until("subscribe")
            self._follower = self._stack.enter_context(self._store.redis.client())
            self._follower.execute_command("CLIENT TRACKING", "ON", "REDIRECT", number, "BCAST")
            self._stack.callback(self._follower.execute_command, "CLIENT TRACKING", "OFF")
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
    def nobody_writes(self) -> Iterator[None]:
        """Let who writes wait meanwhile, for `PAUSE_MS` at most.

        Raises:
            Cut: the server does not allow it, or did not let them wait so long.
        """
        begun = monotonic()
        with store_errors():
            try:
                self._store.command("CLIENT PAUSE", PAUSE_MS, "WRITE")
            except ResponseError as error:
                raise Cut("the store does not let writers wait (CLIENT PAUSE)") from error
        try:
            yield
        finally:
            with store_errors():
                self._store.command("CLIENT UNPAUSE")
        if (monotonic() - begun) * 1000 >= PAUSE_MS:
            raise Cut("the store is too busy to be read at one moment: try again when it rests")
