"""What one needs to know at night: what runs, what waits, what went wrong, what wants attention."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from time import monotonic
from typing import Any, Literal

from msgspec import Struct

from moderation.domain.errors import StoreDown
from moderation.domain.jobs import Job
from moderation.domain.processes import Fault, Kind, Moment, Process
from moderation.flow import jobs
from moderation.flow.heartbeat import SILENT_MS
from moderation.flow.models import promoting
from moderation.flow.models.working import TRAINING
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.search import finding
from moderation.flow.sites import health
from moderation.flow.vitals import quantile
from moderation.store import looking, processes, sites, telling, webhooks

FRESH_SECONDS = 2.0
"""So long what was seen is not looked for again: every page shows a sign of it."""
AWAY_SECONDS = 1.0
SITES_NAMED = 5
"""Of many sites that a notice is about, so many are named."""
WAITS_SECONDS = 30.0
"""Longer than this no comment should wait for its verdict."""
CHECK_SECONDS = 0.025
"""Of a hundred checks, ninety-nine should take no longer."""
FULL_SHARE = 0.85
INDEX_BEHIND_MS = finding.BEHIND_MS
"""An index that is farther behind answers no search: the newest comments are looked through."""
DAY_MS = 86_400_000

Severity = Literal["stops", "lasts"]
Code = Literal[
    "store_full", "store_refuses", "store_nearly_full", "not_on_disk", "none_runs", "silent",
    "waits", "word_back", "webhooks_fail", "webhooks_disabled", "training_failed",
]  # fmt: skip


class Notice(Struct, frozen=True):
    """Something that wants attention: `stops` where work does not go on, `lasts` where it does.

    `values` are what the words need: kinds, numbers, times in ms; no text that somebody sent.
    """

    severity: Severity
    code: Code
    values: dict[str, Any] = {}


class Memory(Struct, frozen=True):
    """What the store says of itself; `most` is 0 where no limit is set."""

    server: str
    version: str
    used: int
    most: int
    keeps_a_log: bool
    written: bool
    saved_ms: int
    up_seconds: int


class Seen(Struct, frozen=True):
    """What was seen at a time. `silent` are processes that told nothing for a while and did not say
    that they end; `candidate` waits for a word ('' none), `now` are the last minutes. The index of
    searches is `index_behind_ms` behind the store, None where none serves."""

    at_ms: int
    processes: list[Process]
    silent: list[Process]
    queue: health.Queue
    held: int
    memory: Memory
    notices: list[Notice]
    candidate: str
    training: Job | None
    now: Moment
    index_behind_ms: int | None = None

    @property
    def state(self) -> Literal["well", "attention", "stopped"]:
        """The worst of the notices."""
        if any(notice.severity == "stops" for notice in self.notices):
            return "stopped"
        return "attention" if self.notices else "well"


class Watching:
    """What this process saw last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: Seen | None = None
        self._until = self._away_until = 0.0

    def seen(self, runtime: Runtime) -> Seen:
        """Return what is seen, not older than `FRESH_SECONDS`; one thread looks at a time.

        Raises:
            StoreDown: the store does not answer, or did not a moment ago: threads that wait for it
            one after the other would answer nothing else.
        """
        with self._lock:
            if monotonic() < self._away_until:
                raise StoreDown("the store did not answer a moment ago")
            if self._seen is None or monotonic() > self._until:
                try:
                    self._seen = _look(runtime)
                except StoreDown:
                    self._away_until = monotonic() + AWAY_SECONDS
                    raise
                self._until = monotonic() + FRESH_SECONDS
            return self._seen


def seen(runtime: Runtime) -> Seen:
    """Return what is to be seen of the installation now, or a moment ago.

    Raises:
        StoreDown: the store does not answer.
    """
    return runtime.own(Watching).seen(runtime)


def _look(runtime: Runtime) -> Seen:
    store, now = runtime.store, now_ms()
    known = sorted(processes.every(store, now), key=lambda p: (_KINDS.index(p.kind), p.since_ms))
    running, silent = _parted(known, now)
    queue = health.queue(runtime)
    held, _ = looking.count_held(store, sites.names(store))
    memory = memory_of(store.facts())
    trainings = jobs.page(runtime, kind=TRAINING, limit=1).jobs
    training = trainings[0] if trainings else None
    step = min(processes.STEPS)
    before, current = processes.moments(store, step, now - step, 2)
    failing, next_ms = telling.failing(store)
    notices = [
        *_of_store(health.writes(runtime), memory),
        *_of_processes(running, silent),
        *_of_work(queue, failing, next_ms, training, now),
        *_of_webhooks(webhooks_failing(runtime)),
    ]
    return Seen(
        at_ms=now,
        processes=running,
        silent=silent,
        queue=queue,
        held=held,
        memory=memory,
        notices=sorted(notices, key=lambda notice: notice.severity != "stops"),
        candidate=promoting.candidate(runtime),
        training=training,
        now=_joined(before, current),
        index_behind_ms=finding.behind_ms(store),
    )


def _parted(known: list[Process], now: int) -> tuple[list[Process], list[Process]]:
    """Return the processes that run, and those that told nothing for a while."""
    # A store that was away kept all of them from telling: who told last says when it was back.
    newest = max((p.heard_ms for p in known), default=now)
    silent = [p for p in known if newest - p.heard_ms > SILENT_MS[p.kind]]
    return [p for p in known if p not in silent], silent


def running(runtime: Runtime) -> tuple[list[Process], list[Process]]:
    """Return the processes that run, and those that told nothing for a while: one that was not
    heard of for long runs no longer, though no other is there to be heard."""
    now = now_ms()
    heard, silent = _parted(processes.every(runtime.store, now), now)
    gone = [p for p in heard if now - p.heard_ms > 2 * SILENT_MS[p.kind]]
    return [p for p in heard if p not in gone], [*silent, *gone]


_KINDS: tuple[Kind, ...] = ("web", "worker", "trainer", "indexer", "beat")


def _joined(before: Moment, current: Moment) -> Moment:
    counts = Counter(before.counts)
    counts.update(current.counts)
    checks = Counter(before.checks)
    checks.update(current.checks)
    return Moment(before.at_ms, dict(counts), dict(checks))


def memory_of(facts: Sequence[dict[str, Any]]) -> Memory:
    """Return what servers say of their memory and their disks (`INFO`), all of them together; of
    what one does not do, and of when, the worst."""

    def numbers(name: str) -> list[int]:
        return [int(one.get(name, 0)) for one in facts]

    first, most = facts[0], numbers("maxmemory")
    return Memory(
        server="Valkey" if "valkey_version" in first else "Redis",
        version=str(first.get("valkey_version") or first.get("redis_version", "")),
        used=sum(numbers("used_memory")),
        most=sum(most) if all(most) else 0,
        keeps_a_log=all(one.get("aof_enabled") for one in facts),
        written=all(
            one.get("aof_last_write_status", "ok") == "ok"
            and one.get("rdb_last_bgsave_status", "ok") == "ok"
            for one in facts
        ),
        saved_ms=1000 * min(numbers("rdb_last_save_time")),
        up_seconds=min(numbers("uptime_in_seconds")),
    )


def _of_store(writes: str, memory: Memory) -> list[Notice]:
    found = []
    if writes == "full":
        found.append(Notice("stops", "store_full", {"used": memory.used}))
    elif writes == "refused":
        found.append(Notice("stops", "store_refuses"))
    elif memory.most and memory.used > FULL_SHARE * memory.most:
        found.append(
            Notice("lasts", "store_nearly_full", {"used": memory.used, "most": memory.most})
        )
    if not memory.written:
        found.append(Notice("stops", "not_on_disk"))
    return found


def _of_processes(running: list[Process], silent: list[Process]) -> list[Notice]:
    kinds = Counter(process.kind for process in running)
    found = []
    if not kinds["worker"]:
        found.append(Notice("stops", "none_runs", {"kind": "worker"}))
    if not kinds["beat"]:
        found.append(Notice("lasts", "none_runs", {"kind": "beat"}))
    for process in silent:
        if kinds[process.kind] or process.kind not in ("worker", "beat"):
            values = {
                "kind": process.kind, "host": process.host, "pid": process.pid,
                "heard_ms": process.heard_ms, "others": kinds[process.kind],
            }  # fmt: skip
            found.append(Notice("lasts", "silent", values))
    return found


def _of_work(
    queue: health.Queue, failing: int, next_ms: int, training: Job | None, now: int
) -> list[Notice]:
    found = []
    if queue.oldest_seconds > WAITS_SECONDS:
        since = now - int(1000 * queue.oldest_seconds)
        found.append(Notice("lasts", "waits", {"n": queue.depth, "since_ms": since}))
    if failing:
        found.append(Notice("lasts", "word_back", {"n": failing, "next_ms": next_ms}))
    if training and training.state == "failed" and now - training.updated_ms < DAY_MS:
        found.append(Notice("lasts", "training_failed", {"at_ms": training.updated_ms}))
    return found


def _of_webhooks(failing: dict[tuple[str, str], bool]) -> list[Notice]:
    found = []
    kinds: tuple[tuple[Code, bool], ...] = (("webhooks_fail", False), ("webhooks_disabled", True))
    for code, is_disabled in kinds:
        of = sorted({site for (site, _), disabled in failing.items() if disabled is is_disabled})
        if of:
            found.append(Notice("lasts", code, {"n": len(of), "sites": of[:SITES_NAMED]}))
    return found


def check_seconds(moment: Moment, share: float) -> float | None:
    """Return the time within which this share of the checks of a stretch of time was answered."""
    return quantile(moment.checks, share)


def moments(runtime: Runtime, days: int) -> list[Moment]:
    """Return what was done in the last day by quarters of an hour, or in the last 14 by three
    hours, the oldest first."""
    short, long = sorted(processes.STEPS)
    step, span = (short, DAY_MS) if days == 1 else (long, 14 * DAY_MS)
    return processes.moments(runtime.store, step, now_ms() - span, span // step + 1)


def faults(runtime: Runtime) -> list[Fault]:
    """Return what went wrong last, the newest first; nothing in it was sent by anybody."""
    return processes.faults(runtime.store)


def counted(runtime: Runtime) -> dict[str, int]:
    """Return how often each thing that is counted for good happened, in all processes."""
    return processes.counted(runtime.store)


def callbacks_failing(runtime: Runtime) -> int:
    """Return of how many comments a site could not be told yet though it was tried."""
    return telling.failing(runtime.store)[0]


def webhooks_failing(runtime: Runtime) -> dict[tuple[str, str], bool]:
    """Return which webhooks (site, id) fail, and whether each was disabled for that."""
    return webhooks.failing(runtime.store, webhooks.every(runtime.store))
