"""Threads that do what blocks, for a loop that must not."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import threading
from collections import deque
from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from typing import Any

from moderation.server.service import Together, one

Job = tuple[Callable[[Any], Any], Any, Callable[[Any], None]]


class Threads:
    """A fixed number of threads that take jobs in the order in which they came.

    Each takes so many at a time as `together` does.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, count: int, name: str, together: Together = one
    ) -> None:
        self._loop = loop
        self._together = together
        self._is_over = False
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._done: deque[tuple[Callable[[Any], None], Any]] = deque()
        self._is_woken = False
        for number in range(count):
            threading.Thread(target=self._work, name=f"{name}-{number + 1}", daemon=True).start()

    def run(self, job: Callable[[Any], Any], argument: Any, then: Callable[[Any], None]) -> None:
        """Have a thread call `job(argument)`, and the loop `then` with what came of it.

        The job must not raise.
        """
        self._jobs.put((job, argument, then))

    def _work(self) -> None:
        while not self._is_over:
            self._together(self._waiting(self._jobs.get()))

    def _waiting(self, first: Job) -> Iterator[Callable[[], None]]:
        """Yield a job, and after it those that wait now."""
        yield functools.partial(self._do, *first)
        with contextlib.suppress(Empty):
            while True:
                yield functools.partial(self._do, *self._jobs.get_nowait())

    def _do(self, job: Callable[[Any], Any], argument: Any, then: Callable[[Any], None]) -> None:
        self._done.append((then, job(argument)))
        # To wake the loop takes a system call: one is enough for all that is done by then.
        if not self._is_woken:
            self._is_woken = True
            try:
                self._loop.call_soon_threadsafe(self._flush)
            except RuntimeError:
                self._is_over = True  # The loop has ended, and the process with it.

    def _flush(self) -> None:
        self._is_woken = False
        while self._done:
            then, result = self._done.popleft()
            then(result)
