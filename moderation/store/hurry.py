"""One limit for all the time that a check waits for the store."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextvars import ContextVar
from time import monotonic
from types import TracebackType
from typing import ParamSpec, TypeVar

WAIT_SECONDS = 0.25
"""Nothing more is asked of the store after waiting so long for it, so that a check whose last
round trip takes all of its time-out too is answered in less than 500 ms."""


class _Spent:
    """For how long was waited, and since when one waits now; what waits may wait inside again."""

    __slots__ = ("_depth", "_seconds", "_since")

    def __init__(self) -> None:
        self._depth = 0
        self._seconds = self._since = 0.0

    def begin(self) -> None:
        if not self._depth:
            self._since = monotonic()
        self._depth += 1

    def end(self) -> None:
        self._depth -= 1
        if not self._depth:
            self._seconds += monotonic() - self._since

    @property
    def seconds(self) -> float:
        return self._seconds + (monotonic() - self._since if self._depth else 0.0)


# What was waited by what is being done in a hurry; None where nothing hurries. What this process
# itself takes is not the store's fault, and does not count.
_spent: ContextVar[_Spent | None] = ContextVar("spent", default=None)

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


def hurried(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Make a function wait less than half a second for the store, whatever it asks.

    A store that is slower is as good as none: `StoreDown`. What it calls in its turn, hurried or
    not, shares its time.
    """

    @functools.wraps(function)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        if _spent.get() is not None:
            return function(*args, **kwargs)
        token = _spent.set(_Spent())
        try:
            return function(*args, **kwargs)
        finally:
            _spent.reset(token)

    return call


class Waiting:
    """Counts the time inside the context as waiting."""

    __slots__ = ("_spent",)

    def __enter__(self) -> None:
        self._spent = _spent.get()
        if self._spent is not None:
            self._spent.begin()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._spent is not None:
            self._spent.end()


def seconds_left() -> float | None:
    """Return for how long what is hurried may still wait; None where nothing hurries."""
    spent = _spent.get()
    return None if spent is None else max(0.0, WAIT_SECONDS - spent.seconds)


def in_a_hurry() -> bool:
    """Say whether what is being done is hurried."""
    return _spent.get() is not None
