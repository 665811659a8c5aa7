"""Learners are caught up from the nearest place, and whoever cannot wait uses the one at hand."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from classifier import Learner
from moderation.domain.comments import Submission
from moderation.flow.authorise import authorise
from moderation.flow.comments.checking import check
from moderation.flow.comments.draining import drain_lane
from moderation.flow.comments.submitting import submit
from moderation.flow.labels import learning, rebuilding, replaying
from moderation.flow.labels.deciding import decide, forget, undo
from moderation.flow.labels.learning import Learners
from moderation.flow.labels.teaching import Lesson, teach_many
from moderation.flow.lookup import find
from moderation.flow.opening import open_runtime
from moderation.flow.rows import row_of, training_row
from moderation.flow.sites import first_run
from moderation.store import checkpoints, keys, labels, sites
from moderation.store.checkpoints import Checkpoint
from tests.factories import SITE, submission
from tests.moderation.flow.learning import PROBE, WORD, anew, learn_all, score, texts
from tests.processes import until
from tests.slowness import SlowWay

HAM = "The garden gate of part {} is painted green, see the photo."


def teach(runtime, grant, n):
    """Teach many labels at once; return the comments' ids."""
    lessons = [
        Lesson(Submission(content=text), ("ham", "spam")[i % 2]) for i, text in enumerate(texts(n))
    ]
    return teach_many(runtime, grant, lessons, WORD)


def name(runtime, position):
    return f"{runtime.shipped.name}+{position}"


def positions(runtime):
    return [c.seq for c in checkpoints.kept(runtime.store, SITE, runtime.shipped.name)]


@pytest.fixture
def updates(monkeypatch):
    """Return a list that grows with every label that any process learns."""
    learned = []
    learn = Learner.learn

    def counting(self, *example):
        learned.append(1)
        learn(self, *example)

    monkeypatch.setattr(Learner, "learn", counting)
    return learned


def replayed(runtime, without=()):
    """Return the probe's score by all labels of the log but some, learned in order."""
    state = sites.read(runtime.store, SITE)
    learner = Learner(runtime.shipped)
    for entry in labels.entries(runtime.store, SITE, 0, state.labels):
        if entry.kind == "label" and entry.example.comment not in without:
            learner.learn(training_row(entry.example.row), entry.label)
    return float(runtime.shipped.score([row_of(PROBE)], learner).probability[0])


def test_a_process_that_lags_starts_from_the_nearest_checkpoint(
    runtime, grant, other, bearer, settings, updates
):
    theirs = authorise(other, bearer, "submit")
    teach(runtime, grant, 10)
    assert score(other, theirs).model == name(other, 10)
    teach(runtime, grant, 1100)
    expected = score(runtime, grant)
    updates.clear()
    assert score(other, theirs) == expected
    assert len(updates) <= 256
    updates.clear()
    assert anew(settings, bearer) == expected
    assert len(updates) <= 256


def test_what_one_process_had_to_replay_no_other_has_to(
    runtime, grant, other, bearer, settings, updates
):
    theirs = authorise(other, bearer, "submit")
    taught = teach(runtime, grant, 1100)
    score(other, theirs)
    undo(runtime, SITE, taught[150], WORD, None)
    updates.clear()
    undone = score(runtime, grant)
    assert undone.model == name(runtime, 1101) and len(updates) <= 1100
    assert undone.score == replayed(runtime, [taught[150]])
    updates.clear()
    assert score(other, theirs) == undone == anew(settings, bearer)
    assert updates == []


def test_checkpoints_stand_256_apart_as_far_back_as_a_withdrawal_is_replayed(runtime, grant):
    teach(runtime, grant, 2500)
    score(runtime, grant)
    assert positions(runtime) == [2304, 2048, 1792, 1536, 1280, 1024]
    teach(runtime, grant, 2500)
    score(runtime, grant)
    near = [4864, 4608, 4352, 4096, 3840]
    assert positions(runtime) == [*near, 3072, 2048], "older ones at doubling distances"


def test_a_process_that_lags_drops_no_newer_checkpoint(runtime, grant, other, bearer):
    teach(runtime, grant, 700)
    late = sites.read(runtime.store, SITE)
    teach(runtime, grant, 1900)
    score(runtime, grant)
    before = positions(runtime)
    assert before == [2560, 2304, 2048, 1792, 1536, 1024]
    learning.context(other, SITE, late)
    own = Checkpoint(other.shipped.name, 0, 300, 300)
    checkpoints.put(other.store, SITE, own, b"", late.snapshot, replaying.spacing())
    assert positions(runtime) == before


def test_after_a_rebuild_withdrawals_are_replayed_in_every_process(
    runtime, grant, other, bearer, settings, updates
):
    theirs = authorise(other, bearer, "submit")
    taught = teach(runtime, grant, 2600)
    undo(runtime, SITE, taught[7], WORD, None)
    assert rebuilding.rebuild(runtime, SITE)
    assert positions(runtime) == [2602, 2560, 2304, 2048, 1792, 1536]
    gone = [taught[7], taught[1690]]
    undo(runtime, SITE, gone[1], WORD, None)
    updates.clear()
    undone = score(other, theirs)
    assert undone.model == name(other, 2603)
    assert len(updates) <= 256 + 2603 - 1690
    assert undone == score(runtime, grant) == anew(settings, bearer)
    assert undone.score == replayed(runtime, gone)
    assert score(other, theirs).model != name(other, 0)


def test_a_deletion_of_long_ago_changes_the_score_with_the_name_and_not_before(
    runtime, grant, other, bearer, settings, monkeypatch
):
    monkeypatch.setattr(replaying, "REPLAYABLE", 20)
    monkeypatch.setattr(replaying, "CHECKPOINT_EVERY", 8)
    theirs = authorise(other, bearer, "submit")
    taught = learn_all(runtime, grant, ["pine tables at shop.example", *texts(59)])
    before = score(runtime, grant)
    forget(runtime, SITE, taught[0])
    assert score(runtime, grant) == before == score(other, theirs) == anew(settings, bearer)
    for checkpoint in checkpoints.kept(runtime.store, SITE, runtime.shipped.name):
        checkpoints.drop(runtime.store, SITE, checkpoint)
    assert anew(settings, bearer).model == name(runtime, 0), "nobody can learn what is gone"
    assert score(other, theirs) == before, "who knew it goes on"
    assert rebuilding.rebuild(runtime, SITE)
    after = score(runtime, grant)
    assert after.model == name(runtime, "61.1") and after.score != before.score
    assert after == score(other, theirs) == anew(settings, bearer)
    assert after.score == replayed(runtime)


@pytest.fixture
def caught(runtime, other, bearer, grant):
    """Return a second process whose learner another thread is catching up, and its grant."""
    theirs = authorise(other, bearer, "submit")
    with ThreadPoolExecutor(1) as pool:
        held, over = threading.Event(), threading.Event()

        def hold():
            with other.lock(SITE):
                held.set()
                over.wait(60)

        def begin():
            pool.submit(hold)
            assert held.wait(10)

        yield theirs, begin, over.set
        over.set()


def test_while_a_thread_catches_up_others_are_judged_by_the_learner_at_hand(
    runtime, grant, other, caught
):
    theirs, begin, end = caught
    taught = teach(runtime, grant, 6)
    before = score(other, theirs)
    undo(runtime, SITE, taught[-1], WORD, None)
    begin()
    done = check(other, theirs, PROBE)
    assert done.recorded and done.comment.verdict == before
    end()
    assert score(other, theirs).model == name(other, 7)


def test_a_process_that_has_no_learner_yet_uses_the_newest_checkpoint_or_the_base(
    runtime, grant, other, caught, monkeypatch
):
    theirs, begin, end = caught
    monkeypatch.setattr(replaying, "CHECKPOINT_EVERY", 4)
    teach(runtime, grant, 3)
    begin()
    assert score(other, theirs).model == name(other, 0)
    end()
    teach(runtime, grant, 6)
    score(runtime, grant)
    real, seen = replaying.replay, []

    def replay(*args, **how):
        # As another thread sees it while this one replays.
        seen.append(other.own(Learners).get(SITE).name)
        return real(*args, **how)

    monkeypatch.setattr(replaying, "replay", replay)
    other.own(Learners).drop(SITE)
    assert score(other, theirs).model == name(other, 9)
    assert seen == [name(other, 8)]


def test_who_decided_sees_it_whatever_other_threads_do(runtime, grant, other, caught):
    theirs, begin, _ = caught
    known = check(other, theirs, submission(HAM.format(1))).comment
    score(other, theirs)
    begin()
    decide(other, SITE, known.id, "spam", WORD, None)
    assert score(other, theirs).model == name(other, 1)
    forget(other, SITE, known.id)
    assert score(other, theirs).model == name(other, "1.1")
    teach(other, theirs, 3)
    assert score(other, theirs).model == name(other, "4.1")


@pytest.fixture
def behind(runtime, grant, settings, valkey):
    """Return a process behind a way to the store that can be made slow, and that way."""
    way = SlowWay(valkey.socket)
    opened = open_runtime(msgspec.structs.replace(settings, redis_url=way.url))
    yield opened, way
    opened.close()
    way.close()


def test_a_label_log_that_is_slow_to_read_costs_no_verdict_and_is_read_aside(
    runtime, grant, bearer, behind
):
    slow, way = behind
    theirs = authorise(slow, bearer, "submit")
    taught = teach(runtime, grant, 300)
    score(slow, theirs)
    undo(runtime, SITE, taught[10], WORD, None)
    with way.slow(b"HKEYS", b"MGET", seconds=0.08):
        done = check(slow, theirs, PROBE)
        assert (done.recorded, done.comment.verdict.decided_by) == (True, "model")
        assert done.comment.verdict.model == name(slow, 300)
        until(lambda: score(slow, theirs).model == name(slow, 301), 10)


def test_a_log_that_cannot_be_read_costs_neither_its_site_nor_others_a_verdict(
    runtime, grant, other, bearer, caplog
):
    neighbour = next(
        site
        for site in map("site{}".format, range(1000))
        if keys.shard_of(site) % keys.LANES == keys.shard_of(SITE) % keys.LANES
    )
    first_run.add_site(runtime.store, neighbour)
    token = first_run.add_token(runtime.store, neighbour, ("submit",), "t")
    beside = authorise(runtime, token, "submit")
    teach(runtime, grant, 3)
    runtime.store.redis.set(keys.of_site(SITE).label + "2", b"\xff" * 40)
    theirs = authorise(other, bearer, "submit")
    with caplog.at_level(logging.ERROR):
        for _ in range(5):
            done = check(other, theirs, submission(HAM.format(2)))
            assert (done.recorded, done.comment.verdict.model) == (True, name(other, 0))
        mine, his = (submit(other, one, [submission(HAM.format(3))])[0] for one in (theirs, beside))
        assert drain_lane(other, keys.shard_of(SITE) % keys.LANES) == 2
    assert find(other, SITE, mine.id).status == find(other, neighbour, his.id).status == "approved"
    assert len([r for r in caplog.records if "catching up a site's learner" in r.getMessage()]) == 1
