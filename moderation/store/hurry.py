"""One limit for all the time that a check waits for the store."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic, thread_time
from types import TracebackType
from typing import ParamSpec, TypeVar

WAIT_SECONDS = 0.25
"""Nothing more is asked of the store after waiting so long for it, so that a check whose last
round trip takes all of its time-out too is answered in less than 500 ms."""


def waited() -> float:
    """Return a time (seconds) that stands while this thread works.

    What this process itself takes is not the store's fault, and does not count, be it for another
    call of the same thread.
    """
    return monotonic() - thread_time() - _here.excused


@contextmanager
def excused() -> Iterator[None]:
    """Do not count the time inside the context, be the processor somebody else's meanwhile."""
    began = waited()
    try:
        yield
    finally:
        _here.excused += waited() - began


class _Here(threading.local):
    excused = 0.0


_here = _Here()


class _Spent:
    """For how long was waited, and since when one waits now; what waits may wait inside again."""

    __slots__ = ("depth", "seconds", "since")

    def __init__(self) -> None:
        self.depth = 0
        self.seconds = self.since = 0.0


# What was waited by what is being done in a hurry; None where nothing hurries.
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
        self._spent = spent = _spent.get()
        if spent is not None:
            if not spent.depth:
                spent.since = waited()
            spent.depth += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        spent = self._spent
        if spent is not None:
            spent.depth -= 1
            if not spent.depth:
                spent.seconds += waited() - spent.since


def seconds_left() -> float | None:
    """Return for how long what is hurried may still wait; None where nothing hurries."""
    spent = _spent.get()
    if spent is None:
        return None
    now = waited() - spent.since if spent.depth else 0.0
    return max(0.0, WAIT_SECONDS - spent.seconds - now)


def in_a_hurry() -> bool:
    """Say whether what is being done is hurried."""
    return _spent.get() is not None
