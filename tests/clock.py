"""A stopwatch that does not count what a busy machine kept from the process."""

from __future__ import annotations

import threading
import time
from types import TracebackType

TICK = 0.01
"""How long the watching thread asks to sleep, in seconds."""
LATE = 0.03
"""A sleep that is longer by this was one in which the machine ran others."""


class Stopwatch:
    """How long the body of a `with` takes, in seconds.

    A second thread that sleeps for moments at a time sees for how long nobody of the process was
    run; that is taken off. So a limit of half a second for what waits holds on a machine that is
    busy with other things. What keeps the interpreter's lock is taken off as well: not for work.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._away = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Stopwatch:
        self._thread.start()
        self._began = time.monotonic()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        whole = time.monotonic() - self._began
        self._over.set()
        self._thread.join()
        self.seconds = whole - self._away

    def _watch(self) -> None:
        at = time.monotonic()
        while not self._over.wait(TICK):
            at, before = time.monotonic(), at
            late = at - before - TICK
            if late > LATE:
                self._away += late
