"""A comment is held for what scoring it alone does, and for nothing that happens around it."""

from __future__ import annotations

import multiprocessing
import os
import signal

import msgspec
import psutil
import pytest

from moderation.domain.errors import StoreDown
from moderation.flow.comments import isolation, slices
from moderation.flow.comments.draining import TRUSTED_DELIVERIES, drain_lane
from moderation.flow.comments.isolation import NotScored, score_apart
from moderation.flow.comments.slices import LeaseLost
from moderation.flow.comments.submitting import submit
from moderation.flow.judging import Scored
from moderation.flow.lookup import find
from moderation.flow.opening import open_runtime
from moderation.store import connection, keys
from moderation.store.comments import inbox
from tests.factories import SITE, submission
from tests.slowness import SlowWay

LANE = keys.shard_of(SITE) % keys.LANES
ROUNDS = 2 * TRUSTED_DELIVERIES + 2


def texts(n):
    return [submission(f"The bread of photo {i} looks good, thanks.") for i in range(n)]


def statuses(runtime, done):
    return [find(runtime, SITE, d.id).status for d in done]


def free_the_lane(runtime):
    """Do at once what the end of a dead holder's lease does."""
    runtime.store.redis.delete(keys.bell(LANE))


def kill_this(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)


def run_worker(settings, patch=lambda runtime: None):
    """Drain the lane in a process of its own, prepared by `patch`; return how it ended."""

    def work():
        runtime = open_runtime(settings)
        patch(runtime)
        drain_lane(runtime, LANE)

    worker = multiprocessing.get_context("fork").Process(target=work)
    worker.start()
    worker.join(60)
    return worker.exitcode


@pytest.fixture
def way(valkey):
    """Return a way to the store that can be made slow."""
    made = SlowWay(valkey.socket)
    yield made
    made.close()


@pytest.mark.parametrize("what", ["MGET", "XPENDING", "read", "record"])
def test_a_slow_store_blames_no_comment_however_often_it_is_tried(
    runtime, grant, settings, way, monkeypatch, what
):
    monkeypatch.setattr(connection, "READ_SECONDS", 0.2)
    done = submit(runtime, grant, texts(21))
    inbox.make_groups(runtime.store)
    inbox.take(runtime.store, LANE, pending=False, count=10)  # By a holder that died.
    behind = open_runtime(msgspec.structs.replace(settings, redis_url=way.url))
    word = runtime.store.script(what).sha if what.islower() else what
    failed = 0
    for rounds, every in ((TRUSTED_DELIVERIES + 1, 1), (4, 2), (3, 3)):
        with way.slow(word.encode(), seconds=0.5, every=every):
            for _ in range(rounds):
                free_the_lane(runtime)
                try:
                    drain_lane(behind, LANE)
                except StoreDown:
                    failed += 1
    assert failed >= TRUSTED_DELIVERIES
    free_the_lane(runtime)
    drain_lane(behind, LANE)
    behind.close()
    assert statuses(runtime, done) == ["approved"] * 21
    assert sum(inbox.lengths(runtime.store)) == 0


def kill_while_reading(runtime):
    runtime.store.receive = kill_this


def kill_before_recording(runtime):
    slices.recording.record_call = slices.recording.record = kill_this


def kill_after_scoring(runtime):
    slices.batches.parts = kill_this


@pytest.mark.parametrize("kill", [kill_while_reading, kill_before_recording, kill_after_scoring])
def test_workers_that_are_killed_around_scoring_blame_no_comment(runtime, grant, settings, kill):
    done = submit(runtime, grant, texts(21))
    for _ in range(ROUNDS):
        free_the_lane(runtime)
        assert run_worker(settings, kill) == -signal.SIGKILL
    free_the_lane(runtime)
    assert run_worker(settings) == 0
    assert statuses(runtime, done) == ["approved"] * 21


def die_of_poison(runtime):
    real = slices.score_all

    def scoring(items):
        if any("poison" in sent.content for sent, _ in items):
            kill_this()
        return real(items)

    slices.score_all = scoring


@pytest.mark.parametrize("poisoned", [0, 10, 20])
def test_what_kills_its_worker_is_held_and_what_stands_beside_it_is_scored(
    runtime, grant, settings, poisoned
):
    sent = texts(20)
    sent.insert(poisoned, submission("poison"))
    done = submit(runtime, grant, sent)
    ends = []
    while not ends or ends[-1]:
        free_the_lane(runtime)
        ends.append(run_worker(settings, die_of_poison))
        assert len(ends) <= TRUSTED_DELIVERIES + 2, "the lane never got past the poison"
    expected = ["held" if i == poisoned else "approved" for i in range(21)]
    assert statuses(runtime, done) == expected
    held = find(runtime, SITE, done[poisoned].id)
    assert held.verdict.reasons[0][0] == "could_not_be_scored"
    assert sum(inbox.lengths(runtime.store)) == 0


@pytest.mark.one_server
def test_a_site_whose_learner_cannot_be_read_holds_no_comment_up(runtime, grant, monkeypatch):
    done = submit(runtime, grant, texts(3))

    def down(*_):
        raise StoreDown("gone")

    with monkeypatch.context() as patched:
        patched.setattr(slices.learning, "context", down)
        for _ in range(ROUNDS):
            free_the_lane(runtime)
            with pytest.raises(StoreDown):
                drain_lane(runtime, LANE)
    free_the_lane(runtime)
    assert drain_lane(runtime, LANE) == 3
    assert statuses(runtime, done) == ["approved"] * 3


def test_scores_come_back_from_a_child_as_they_are():
    made = [Scored(0.9, [("words", 1.5)], b"\x00\xff" * 24), Scored(0.1, [])]
    assert score_apart(lambda: made, lambda: None) == made


def test_what_raises_in_a_child_is_named_and_not_repeated():
    def raising():
        raise ZeroDivisionError("the comment's own words")

    with pytest.raises(NotScored, match=r"^ZeroDivisionError$"):
        score_apart(raising, lambda: None)


@pytest.fixture
def hang(tmp_path, monkeypatch):
    """Return a scoring that never ends, with the file in which it says where it hangs."""
    monkeypatch.setattr(isolation, "_LOOK_SECONDS", 0.05)
    pid = tmp_path / "pid"

    def scoring():
        pid.write_text(str(os.getpid()))
        return signal.pause()

    return scoring, pid


def test_a_child_that_hangs_is_ended(hang, monkeypatch):
    monkeypatch.setattr(isolation, "END_SECONDS", 0.5)
    scoring, pid = hang
    with pytest.raises(NotScored):
        score_apart(scoring, lambda: None)
    assert not psutil.pid_exists(int(pid.read_text()))


def test_who_loses_the_lease_meanwhile_blames_nothing(hang):
    scoring, pid = hang

    def keep():
        if pid.exists():
            raise LeaseLost

    with pytest.raises(LeaseLost):
        score_apart(scoring, keep)
    assert not psutil.pid_exists(int(pid.read_text()))
