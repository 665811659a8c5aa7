"""One deadline for everything that a check asks of the store."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from contextvars import ContextVar
from time import monotonic
from typing import ParamSpec, TypeVar

BEGIN_SECONDS = 0.25
"""No round trip of a check begins later than this, so that it is answered in less than 500 ms."""

# When the last round trip of what is being done in a hurry may begin, by the monotonic clock.
_until: ContextVar[float] = ContextVar("until", default=math.inf)

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")


def hurried(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Makes a function whose trips to the store all end within half a second of its call.

    A store that is slower is as good as none: `StoreDown`. What it calls in its turn, hurried or
    not, shares its time.
    """

    @functools.wraps(function)
    def call(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        if _until.get() != math.inf:
            return function(*args, **kwargs)
        token = _until.set(monotonic() + BEGIN_SECONDS)
        try:
            return function(*args, **kwargs)
        finally:
            _until.reset(token)

    return call


def seconds_left() -> float | None:
    """Returns for how long what is hurried may still wait; None where nothing hurries."""
    until = _until.get()
    return None if until == math.inf else max(0.0, until - monotonic())


def in_a_hurry() -> bool:
    """Says whether what is being done is hurried."""
    return _until.get() != math.inf


def is_over_time() -> bool:
    """Says whether it is too late for another round trip of what is hurried."""
    return monotonic() > _until.get()
