"""A compaction that is killed leaves a log that teaches the same; the rest goes later."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from moderation.flow.labels import compacting
from moderation.flow.labels.deciding import undo
from moderation.store import compaction
from tests.conftest import SECRET
from tests.factories import SITE
from tests.moderation.flow.labels.test_compacting import from_the_log_alone, log
from tests.moderation.flow.learning import WORD
from tests.moderation.flow.models.taught import teach_site
from tests.processes import Running

TIMES = [pytest.param(1), *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 6))]


KILLED = """
import os, signal, sys
from moderation.cli.connect import open_runtime
from moderation.flow.labels import compacting
from moderation.settings import Settings

def turn(taken):
    if taken >= int(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

with open_runtime(Settings.from_env()) as runtime:
    compacting.compact(runtime, sys.argv[1], lambda *_: None, turn)
"""
"""Kills itself once so many entries went: nobody else hits the moment."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("after", TIMES)
def test_nothing_is_lost_and_nothing_doubled(runtime, settings, kernels, after) -> None:
    ids = teach_site(runtime, SITE, 600)
    for one in ids[100:]:
        undo(runtime, SITE, one, WORD, None)
    before, whole = from_the_log_alone(runtime), len(log(runtime))
    env = os.environ | {
        "WINNOW_DATA": str(settings.data),
        "WINNOW_REDIS_URL": settings.redis_url,
        "WINNOW_BROKER_URL": settings.broker_url,
        "WINNOW_SECRET_KEY": SECRET,
    }
    running = Running([sys.executable, "-c", KILLED, SITE, str(100 * after)], env)
    try:
        assert running.process.wait(60) == -signal.SIGKILL, running.output
        assert len(log(runtime)) == whole - 100 * after
    finally:
        running.end()
    assert from_the_log_alone(runtime) == before
    compacting.compact(runtime, SITE, lambda *_: None, lambda taken: None)
    rows = log(runtime)
    assert len(rows) == 100
    assert [e.example.comment for e in rows] == ids[:100]
    assert from_the_log_alone(runtime) == before
    assert compaction.stale(runtime.store, [SITE]) == [0]
