"""What the store knows, for Prometheus: the same for every process that is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, get_args

import moderation
from moderation.domain.errors import WinnowError
from moderation.domain.processes import Kind
from moderation.flow.akismet.word_back import CALLBACKS
from moderation.flow.heartbeat import STARTED
from moderation.flow.models import promoting
from moderation.flow.runtime import Runtime
from moderation.flow.sites import health, watching
from moderation.flow.webhooks.sending import COUNTED

if TYPE_CHECKING:
    from prometheus_client.core import Metric

KINDS: tuple[Kind, ...] = get_args(Kind)


class Stored:
    """Reads what waits and what was done today from the store, for all processes alike."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def collect(self) -> Iterator[Metric]:
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        up = GaugeMetricFamily("winnow_store_up", "1 if the store answers.")
        info = GaugeMetricFamily(
            "winnow_info", "1, with the version and the model in use.", labels=("version", "model")
        )
        try:
            model = promoting.in_use(self._runtime).name
            more = [*self._processes(), *self._memory(), *self._callbacks(), *self._webhooks()]
            writes = health.writes(self._runtime)
            waiting, done = health.queue(self._runtime), health.today(self._runtime)
        except WinnowError:
            up.add_metric([], 0)
            info.add_metric((moderation.__version__, ""), 1)
            yield from (up, info)
            return
        info.add_metric((moderation.__version__, model), 1)
        yield info
        yield from more
        up.add_metric([], 1)
        yield up
        yield GaugeMetricFamily(
            "winnow_store_writable", "1 if it takes new comments.", writes == "taken"
        )
        yield GaugeMetricFamily(
            "winnow_store_full",
            "1 if it refuses new comments for want of memory or disk.",
            writes == "full",
        )
        yield GaugeMetricFamily(
            "winnow_queue_depth", "Comments that wait for a verdict.", waiting.depth
        )
        yield GaugeMetricFamily(
            "winnow_queue_oldest_seconds", "Age of the oldest of them.", waiting.oldest_seconds
        )
        yield CounterMetricFamily("winnow_comments", "Comments since midnight UTC.", done.comments)
        for name, text, label, counts in (
            ("winnow_verdicts", "Verdicts since midnight UTC.", "status", done.statuses),
            ("winnow_verdicts_by", "Who gave them.", "decided_by", done.decided_by),
            ("winnow_decisions", "Decisions since midnight UTC.", "label", done.decisions),
        ):
            family = CounterMetricFamily(name, text, labels=(label,))
            for value, count in counts.items():
                family.add_metric((value,), count)
            yield family

    def _processes(self) -> Iterator[Metric]:
        """Yield how many processes of each kind run, and how often one was started."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        running, silent = watching.running(self._runtime)
        starts = watching.counted(self._runtime)
        for name, text, found in (
            ("winnow_processes", "Processes that told of themselves of late.", running),
            ("winnow_processes_silent", "Those that ended unasked, or hang.", silent),
        ):
            family = GaugeMetricFamily(name, text, labels=("kind",))
            for kind in KINDS:
                family.add_metric((kind,), sum(p.kind == kind for p in found))
            yield family
        started = CounterMetricFamily(
            "winnow_process_starts", "Starts of processes.", labels=("kind",)
        )
        for kind in KINDS:
            started.add_metric((kind,), starts.get(f"{STARTED}{kind}", 0))
        yield started

    def _memory(self) -> Iterator[Metric]:
        """Yield what the store says of its memory and its disk."""
        from prometheus_client.core import GaugeMetricFamily

        found = watching.memory_of(self._runtime.store.facts())
        for name, text, value in (
            ("bytes", "Bytes of memory that it uses.", found.used),
            ("limit_bytes", "The most that it may use; 0: no limit is set.", found.most),
            ("append_only", "1 if it keeps a log of every write.", found.keeps_a_log),
            ("persisted", "1 if its last write to the disk succeeded.", found.written),
            (
                "last_save_timestamp_seconds",
                "When it last wrote a whole copy of itself.",
                found.saved_ms / 1000,
            ),
            ("uptime_seconds", "How long it runs.", found.up_seconds),
        ):
            yield GaugeMetricFamily(f"winnow_store_{name}", text, value)

    def _callbacks(self) -> Iterator[Metric]:
        """Yield how telling sites went that asked by Akismet's protocol."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        counted = watching.counted(self._runtime)
        family = CounterMetricFamily(
            "winnow_callbacks", "Tries to tell a site of a decision.", labels=("outcome",)
        )
        for outcome in ("told", "failed", "given up"):
            family.add_metric((outcome.replace(" ", "_"),), counted.get(CALLBACKS + outcome, 0))
        yield family
        yield GaugeMetricFamily(
            "winnow_callbacks_failing",
            "Comments of which a site could not be told yet.",
            watching.callbacks_failing(self._runtime),
        )

    def _webhooks(self) -> Iterator[Metric]:
        """Yield how telling webhooks went."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        counted = watching.counted(self._runtime)
        family = CounterMetricFamily(
            "winnow_webhooks",
            "Tries to tell, and webhooks disabled.",
            labels=("outcome",),
        )
        for outcome in ("told", "failed", "given up", "disabled"):
            family.add_metric((outcome.replace(" ", "_"),), counted.get(COUNTED + outcome, 0))
        yield family
        failing = watching.webhooks_failing(self._runtime)
        states = {"failing": False, "disabled": True}
        gauge = GaugeMetricFamily(
            "winnow_webhooks_not_told", "Webhooks that fail, or were disabled for that.",
            labels=("state",),
        )  # fmt: skip
        for state, is_disabled in states.items():
            gauge.add_metric((state,), sum(one is is_disabled for one in failing.values()))
        yield gauge
