"""Unexpected errors: where they came from is logged, and nothing of what somebody sent."""

from __future__ import annotations

import logging
import traceback
from collections import deque
from pathlib import Path
from time import time
from typing import NamedTuple

from moderation.minutely import Minutely

log = logging.getLogger(__name__)

FRAMES = 6
"""So many of the innermost calls lead to a fault in the log."""
NOTED_AT_MOST = 50


class Noted(NamedTuple):
    """A fault of this process: when (seconds since 1970), what failed, the way there, the request
    that met it."""

    at: float
    what: str
    where: str
    request: str


noted: deque[Noted] = deque(maxlen=NOTED_AT_MOST)
"""What failed here and was told to nobody yet, the newest at the end; who tells takes it out."""

_said = Minutely()


def say(what: str, error: BaseException) -> None:
    """Log that something failed unexpectedly, at most once a minute for each place it failed at.

    The next line about a place tells how often it failed meanwhile.
    """
    where = way_to(error)
    place = type(error).__name__, where.rpartition(" > ")[2]
    more = _said.due(place)
    if more is None:
        return
    noted.append(Noted(time(), what, where, ""))
    again = f", and {more} times before" if more else ""
    log.error("%s failed unexpectedly: %s%s", what, where, again)


def note(what: str, error: BaseException, request: str) -> None:
    """Note that a request met a fault; its own log line is whoever answers it to write."""
    noted.append(Noted(time(), what, way_to(error), request))


def way_to(error: BaseException) -> str:
    """Return the kind of an error and the calls that led to it, in one line.

    Its message stays out: it may hold a comment's text.
    """
    frames = deque(traceback.walk_tb(error.__traceback__), FRAMES)
    calls = [
        f"{'/'.join(Path(frame.f_code.co_filename).parts[-3:])}:{line} {frame.f_code.co_name}"
        for frame, line in frames
    ]
    return f"{type(error).__name__} at {' > '.join(calls)}"
