"""What Prometheus reads: kept by each process in files of one folder, added up when scraped."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any, Self

from moderation.api.metric_files import MetricFiles
from moderation.api.stored_metrics import Stored
from moderation.domain.verdicts import COULD_NOT_BE_SCORED, STORE_UNREACHABLE
from moderation.flow.runtime import Runtime
from moderation.server.service import Counts

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30)


class Meter:
    """Counts of this process; there is one in a process, for its first app's folder."""

    _opened: Self | None = None
    _opening = threading.Lock()

    def __init__(self, data: Path) -> None:
        self._files = MetricFiles.of(data)
        self.folder = self._files.folder
        # The client reads the variable once, when it is imported.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(self.folder)
        from prometheus_client import Counter, Gauge, Histogram, values

        # Each count asks by a system call whether the process was forked; this one never is.
        own = os.getpid()
        values.ValueClass = values.MultiProcessValue(lambda: own)

        self._seconds = Histogram(
            "winnow_request_seconds",
            "Time from a request's last byte to its answer.",
            ("method", "route", "status"),
            buckets=BUCKETS,
            registry=None,
        )
        self._trips = Counter(
            "winnow_store_round_trips", "Round trips of web processes to the store.", registry=None
        )
        self._fail_mode = Counter(
            "winnow_fail_mode_answers",
            "Checks answered by a site's fail_mode, by why.",
            ("reason",),
            registry=None,
        )
        # From the start on: of a series that begins with its first answer no increase is seen.
        for reason in (STORE_UNREACHABLE, COULD_NOT_BE_SCORED):
            self._fail_mode.labels(reason)
        self._now = {
            name: Gauge(f"winnow_{name}", meaning, multiprocess_mode="livesum", registry=None)
            for name, meaning in _NOW.items()
        }
        self._ended = {
            name: Counter(f"winnow_{name}", meaning, ("reason",), registry=None)
            for name, meaning in _ENDED.items()
        }
        self._reported: dict[tuple[str, str], int] = {}
        self._children: dict[tuple[str, str, str], Any] = {}

    @classmethod
    def open(cls, data: Path) -> Self:
        """Return the process's meter."""
        with cls._opening:
            if cls._opened is None:
                cls._opened = cls(data)
            return cls._opened

    def close(self) -> None:
        """Count no more: this process ends."""
        self._files.leave()

    def observe(self, method: str, route: str, status: str, seconds: float) -> None:
        """Note a request that was answered."""
        child = self._children.get((method, route, status))
        if child is None:
            child = self._seconds.labels(method, route, status)
            self._children[method, route, status] = child
        child.observe(seconds)

    def count_round_trip(self) -> None:
        """Note a round trip to the store."""
        self._trips.inc()

    def count_fail_mode(self, reason: str) -> None:
        """Note a check that was answered by its site's `fail_mode`."""
        self._fail_mode.labels(reason).inc()

    def report(self, counts: Counts) -> None:
        """Note what the server says of its connections."""
        self._now["connections"].set(counts.connections)
        self._now["bodies_in_flight"].set(counts.bodies)
        self._now["held_bytes"].set(counts.held)
        for name, ended in (
            ("bodies_refused", counts.refused),
            ("connections_ended", counts.ended),
        ):
            for reason, count in ended.items():
                more = count - self._reported.get((name, reason), 0)
                if more:
                    self._reported[name, reason] = count
                    self._ended[name].labels(reason).inc(more)

    def text(self, runtime: Runtime) -> bytes:
        """Return everything in Prometheus' text format, what the store knows included."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = CollectorRegistry()
        MultiProcessCollector(registry, str(self.folder))
        registry.register(Stored(runtime))
        return bytes(generate_latest(registry))


_NOW = {
    "connections": "Connections of clients.",
    "bodies_in_flight": "Bodies that did not come with their request's head and are waited for.",
    "held_bytes": "Bytes held for clients: heads, bodies, answers that were not taken yet.",
}
_ENDED = {
    "bodies_refused": "Bodies that were not waited for, by why.",
    "connections_ended": "Connections that were hung up on, by why.",
}
