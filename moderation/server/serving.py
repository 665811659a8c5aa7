"""What the connections of one process have in common."""

from __future__ import annotations

import asyncio

from moderation.server.bounds import Bounds
from moderation.server.limits import Limits
from moderation.server.service import Service
from moderation.server.threads import Threads

READ_BYTES = 64 << 10
"""What one read takes at most."""

GATE_THREADS = 2
QUICK_THREADS = 2
"""While one waits for what its calls have asked, the other does what has come meanwhile."""


class Serving:
    """The loop, the threads that answer, and what is granted."""

    def __init__(self, service: Service, limits: Limits, threads: int) -> None:
        self.service = service
        self.loop = asyncio.get_running_loop()
        self.bounds = Bounds(limits)
        self.gate = Threads(self.loop, GATE_THREADS, "admit")
        """Where it is said whether a body may come: hundreds of those keep no answer waiting."""
        self._threads = Threads(self.loop, threads, "answer")
        self._quick = Threads(self.loop, QUICK_THREADS, "quick", service.together)
        self._apart = Threads(self.loop, 1, "apart")
        # A piece of memory for each read would be made and thrown away; this one stays.
        self.buffer = memoryview(bytearray(READ_BYTES))
        self.is_stopping = False

    def threads_for(self, path: str) -> Threads:
        """Return the threads that answer a path."""
        if path in self.service.quick:
            return self._quick
        return self._apart if path in self.service.apart else self._threads

    @property
    def now(self) -> float:
        """The loop's time, in seconds."""
        return self.loop.time()

    def tick(self) -> None:
        """Look at every connection, and tell what goes on."""
        self.bounds.tick(self.now)
        self.service.report(self.bounds.counts())
