"""One limit for all the time that a check waits for the store."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from time import monotonic
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from redis import exceptions as failures

WAIT_SECONDS = 0.25
"""Nothing more is asked of the store after waiting so long for it, so that a check whose last
round trip takes all of its time-out too is answered in less than 500 ms."""

# The seconds waited by what is being done in a hurry; None where nothing hurries. What this
# process itself takes is not the store's fault, and does not count.
_waited: ContextVar[list[float] | None] = ContextVar("waited", default=None)

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


def hurried(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Make a function wait less than half a second for the store, whatever it asks.

    A store that is slower is as good as none: `StoreDown`. What it calls in its turn, hurried or
    not, shares its time.
    """

    @functools.wraps(function)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        if _waited.get() is not None:
            return function(*args, **kwargs)
        token = _waited.set([0.0])
        try:
            return function(*args, **kwargs)
        finally:
            _waited.reset(token)

    return call


class Waiting:
    """Counts the time inside the context as waiting."""

    __slots__ = ("_began",)

    def __enter__(self) -> None:
        self._began = monotonic()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        waited = _waited.get()
        if waited is not None:
            waited[0] += monotonic() - self._began


def seconds_left() -> float | None:
    """Return for how long what is hurried may still wait; None where nothing hurries."""
    waited = _waited.get()
    return None if waited is None else max(0.0, WAIT_SECONDS - waited[0])


def in_a_hurry() -> bool:
    """Say whether what is being done is hurried."""
    return _waited.get() is not None


def counted(kind: type[Any], on_round_trip: Callable[[], None]) -> type[Any]:
    """Return a kind of connection that tells of each round trip, and ends what took too long."""

    class Counted(kind):  # type: ignore[misc]
        def send_packed_command(self, command: Any, check_health: bool = True) -> None:
            on_round_trip()
            if seconds_left() == 0:
                raise failures.TimeoutError("there is no time left for this round trip")
            super().send_packed_command(command, check_health)

        def read_response(self, *args: Any, **options: Any) -> Any:
            with Waiting():
                return super().read_response(*args, **options)

    return Counted
