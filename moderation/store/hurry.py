"""One limit for all the time that a check waits for the store."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from types import TracebackType
from typing import ParamSpec, TypeVar

WAIT_SECONDS = 0.25
"""Nothing more is asked of the store after waiting so long for it, so that a check whose last
round trip takes all of its time-out too is answered in less than 500 ms."""


class _Here(threading.local):
    """For how long this thread has waited, and since when it waits now; what waits may wait inside
    again."""

    depth = 0
    seconds = since = 0.0


_here = _Here()


def waited() -> float:
    """Return a time (seconds) that goes on while this thread waits for the store, and only then.

    What this process itself takes is not the store's fault, and does not count, be it for another
    call of the same thread.
    """
    here = _here
    return here.seconds + (monotonic() - here.since if here.depth else 0.0)


class Waiting:
    """Counts the time inside the context as waiting."""

    __slots__ = ()

    def __enter__(self) -> None:
        here = _here
        if not here.depth:
            here.since = monotonic()
        here.depth += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        here = _here
        here.depth -= 1
        if not here.depth:
            here.seconds += monotonic() - here.since


@contextmanager
def uncounted() -> Iterator[None]:
    """Count no waiting inside the context: much is on its way, and the store is not slow for that.

    It would count for all that the thread does together. A store that sends nothing at all is
    waited for as shortly as ever.
    """
    here = _here
    before = here.seconds
    try:
        yield
    finally:
        here.seconds = before


# When what is being done in a hurry began, as `waited` says; None where nothing hurries.
_began: ContextVar[float | None] = ContextVar("began", default=None)

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


def hurried(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Make a function wait less than half a second for the store, whatever it asks.

    A store that is slower is as good as none: `StoreDown`. What it calls in its turn, hurried or
    not, shares its time.
    """

    @functools.wraps(function)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        if _began.get() is not None:
            return function(*args, **kwargs)
        token = _began.set(waited())
        try:
            return function(*args, **kwargs)
        finally:
            _began.reset(token)

    return call


def seconds_left() -> float | None:
    """Return for how long what is hurried may still wait; None where nothing hurries."""
    began = _began.get()
    return None if began is None else max(0.0, WAIT_SECONDS + began - waited())


def in_a_hurry() -> bool:
    """Say whether what is being done is hurried."""
    return _began.get() is not None
