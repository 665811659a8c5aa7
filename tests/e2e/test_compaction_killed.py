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
from tests.processes import Running, until

TIMES = [pytest.param(1), *(pytest.param(n, marks=pytest.mark.slow) for n in range(2, 6))]


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
    running = Running([sys.executable, "-m", "moderation", "labels", "compact"], env)
    try:
        left = whole - 100 * after
        until(lambda: len(log(runtime)) <= left or running.process.poll() is not None, 60)
        running.send(signal.SIGKILL)
        running.process.wait(30)
        assert "taken out" not in running.output, "it was done before it could be killed"
    finally:
        running.end()
    assert from_the_log_alone(runtime) == before
    # Nothing is left to do where the kill came between the last piece and the word of it.
    compacting.compact(runtime, SITE, lambda *_: None, lambda taken: None)
    rows = log(runtime)
    assert len(rows) == 100
    assert [e.example.comment for e in rows] == ids[:100]
    assert from_the_log_alone(runtime) == before
    assert compaction.stale(runtime.store, [SITE]) == [0]
