"""What would be said again and again is said once a minute."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from time import monotonic

EVERY_SECONDS = 60.0
KINDS_AT_MOST = 256
"""So many things are remembered at once; the one that was said longest ago is forgotten first."""


class Minutely:
    """When each thing was said last, and how often it came up since; for any thread."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._said: dict[Hashable, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._said)

    def due(self, what: Hashable) -> int | None:
        """Note that a thing came up; return how often it did since it was said, 0 or more, where it
        is to be said now, None where that was within the minute.
        """
        now = self._clock()
        with self._lock:
            at, more = self._said.pop(what, (now - EVERY_SECONDS, 0))
            if now - at < EVERY_SECONDS:
                self._said[what] = at, more + 1
                return None
            self._said[what] = now, 0
            if len(self._said) > KINDS_AT_MOST:
                self._said.pop(next(iter(self._said)))
        return more
