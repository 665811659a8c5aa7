"""A pool that never becomes ready, or is so no more, is spoken of once; and when it is again."""

from __future__ import annotations

import time

import msgspec

from moderation.cli.pool import PoolWatch
from moderation.flow import heartbeat
from moderation.flow.runtime import Runtime
from moderation.settings import Settings
from moderation.store import processes
from tests.processes import until


def test_a_pool_that_is_not_ready_is_spoken_of_once(runtime: Runtime, settings: Settings) -> None:
    said: list[str] = []
    patient = PoolWatch(settings, said.append, patience=3600)
    watch = PoolWatch(settings, said.append, patience=0.0)
    for _ in range(3):
        patient.look()
        watch.look()
    assert len(said) == 1 and "no process of the worker is ready" in said[0]
    # Beat and web say nothing of the pool.
    other = heartbeat.begin(runtime, "web")
    until(lambda: processes.every(runtime.store, time.time_ns() // 1_000_000))
    watch.look()
    assert len(said) == 1
    heart = heartbeat.begin(runtime, "worker")
    until(lambda: (watch.look(), len(said) == 2)[1], what=lambda: str(said))
    assert said[1] == "the worker's processes are ready"
    # A process that hangs tells nothing any more: what it told before is not news.
    heart.end()
    other.end()
    until(lambda: (watch.look(), len(said) == 3)[1], what=lambda: str(said))
    assert said[2] == said[0]


def test_a_store_that_is_away_says_nothing_of_the_pool(settings: Settings) -> None:
    said: list[str] = []
    away = msgspec.structs.replace(settings, redis_url="redis://127.0.0.1:1/0")
    watch = PoolWatch(away, said.append, patience=0.0)
    watch.look()
    watch.look()
    assert said == []
