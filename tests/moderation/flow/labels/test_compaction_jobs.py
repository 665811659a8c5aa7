"""Compaction as a job: begun by itself, given way to others, asked for once."""

from __future__ import annotations

import pytest

from moderation.domain.errors import NotFound
from moderation.flow import jobs
from moderation.flow.comments import trimming
from moderation.flow.labels import compacting
from moderation.flow.labels.deciding import forget, undo
from moderation.store import compaction
from tests.factories import SITE
from tests.moderation.flow.learning import WORD, learn_all, texts


def test_a_log_in_which_much_counts_no_longer_is_compacted_by_itself(runtime, grant, monkeypatch):
    monkeypatch.setattr(compacting, "STALE_AT_LEAST", 4)
    ids = learn_all(runtime, grant, texts(6))
    for one in ids[:3]:
        undo(runtime, SITE, one, WORD, None)
    trimming.trim(runtime)
    assert jobs.page(runtime, kind="compaction").jobs == []
    forget(runtime, SITE, ids[3])
    for _ in range(2):
        trimming.trim(runtime)
    (job,) = jobs.page(runtime, kind="compaction").jobs
    assert (job.site, job.by, job.state) == (SITE, "threshold", "queued")
    compacting.work_on(runtime, job.id)
    done = jobs.find(runtime, job.id)
    assert (done.state, done.result) == ("succeeded", {"taken_out": 7})
    assert compaction.stale(runtime.store, [SITE]) == [0]


def test_a_worker_leaves_the_rest_to_a_later_turn(runtime, grant, monkeypatch):
    monkeypatch.setattr(compacting, "A_TURN_SECONDS", 0.0)
    monkeypatch.setattr(compaction, "AT_ONCE", 2)
    ids = learn_all(runtime, grant, texts(6))
    for one in ids:
        undo(runtime, SITE, one, WORD, None)
    job = compacting.begin(runtime, "ann")
    assert compacting.begin(runtime, "bob").id == job.id
    turns = 0
    while not jobs.find(runtime, job.id).is_over:
        compacting.work_on(runtime, job.id)
        turns += 1
    assert jobs.find(runtime, job.id).result == {"taken_out": 12}
    assert turns > 2
    with pytest.raises(NotFound):
        compacting.begin(runtime, "ann", "no.example")
