"""What a switch of models costs who waits: the promotion itself, and the checks that come by."""

from __future__ import annotations

import msgspec
import pytest

from moderation.flow.authorise import authorise
from moderation.flow.comments.checking import check
from moderation.flow.models import offering, promoting
from moderation.flow.models.promoting import Why
from moderation.flow.opening import open_runtime
from moderation.store import checkpoints, keys
from tests.factories import SITE
from tests.moderation.flow.learning import PROBE, learn_all, score, texts
from tests.moderation.flow.models.made import model_file
from tests.moderation.flow.models.taught import teach_site
from tests.slowness import SlowWay

WHY = Why("token:admin")


@pytest.fixture
def candidate(runtime):
    """Return the name of a candidate that scores otherwise than the shipped model."""
    return offering.offer(runtime, model_file("made-1"), "ann")[0].name


@pytest.fixture
def clock(monkeypatch):
    """Have every look at the clock of a promotion take a second; return how many there were."""
    looks = []

    def monotonic():
        looks.append(None)
        return float(len(looks))

    monkeypatch.setattr(promoting, "monotonic", monotonic)
    monkeypatch.setattr("moderation.flow.labels.advancing.monotonic", monotonic)
    return looks


@pytest.fixture
def long_logs(monkeypatch):
    """Have 20 labels be more than a request replays, and a piece one label."""
    monkeypatch.setattr(promoting, "REPLAY_AT_MOST", 20)
    monkeypatch.setattr("moderation.flow.labels.replaying.REPLAY_AT_MOST", 20)
    monkeypatch.setattr("moderation.flow.labels.replaying.CHECKPOINT_EVERY", 16)
    monkeypatch.setattr("moderation.flow.labels.streaming.PIECE", 1)


def test_one_site_with_very_many_labels_keeps_a_promotion_no_longer_than_others(
    runtime, grant, candidate, long_logs, clock
):
    learn_all(runtime, grant, texts(45))
    before = score(runtime, grant)
    promoting.promote(runtime, candidate, WHY, seconds=10, override=True)
    assert len(clock) <= 13
    assert not checkpoints.kept(runtime.store, SITE, candidate)
    assert score(runtime, grant) == before


def test_sites_that_take_less_time_are_made_ready_before_one_that_has_too_many_labels(
    runtime, grant, candidate, long_logs, clock
):
    learn_all(runtime, grant, texts(45))
    teach_site(runtime, "small.example", 22)
    promoting.promote(runtime, candidate, WHY, seconds=40, override=True)
    assert checkpoints.kept(runtime.store, "small.example", candidate)
    assert not checkpoints.kept(runtime.store, SITE, candidate)


def test_a_check_is_recorded_however_long_the_promoted_model_is_on_its_way(
    runtime, bearer, settings, valkey, candidate, monkeypatch
):
    monkeypatch.setattr("moderation.store.connection.HURRY_SECONDS", 30.0)
    monkeypatch.setattr("moderation.store.hurry.WAIT_SECONDS", 5.0)
    way = SlowWay(valkey.socket)
    cold = open_runtime(msgspec.structs.replace(settings, redis_url=way.url))
    try:
        theirs = authorise(cold, bearer, "submit")
        score(cold, theirs)
        promoting.promote(runtime, candidate, WHY, override=True)
        # The answer that the model is another one, and that model: together all a check's time.
        with way.slow(b"EVALSHA", keys.SNAPSHOTS.encode(), seconds=3.0):
            done = check(cold, theirs, PROBE)
        assert (done.recorded, done.comment.verdict.decided_by) == (True, "model")
        assert done.comment.verdict.model == "made-1+0"
    finally:
        cold.close()
        way.close()
