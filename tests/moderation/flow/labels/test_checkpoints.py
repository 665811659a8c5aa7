"""Checkpoints of a learner bound how much is replayed, and change nothing."""

from __future__ import annotations

from classifier import Learner
from moderation.flow.labels import replaying
from moderation.flow.labels.deciding import undo
from moderation.flow.rows import row_of, training_row
from moderation.store import checkpoints, labels
from moderation.store.checkpoints import Checkpoint
from tests.factories import SITE
from tests.moderation.flow.learning import PROBE, WORD, anew, learn_all, score, texts


def kept(runtime, snapshot=None):
    return checkpoints.kept(runtime.store, SITE, snapshot or runtime.shipped.name)


def put(runtime, seq, blob=b"of old", snapshot=None):
    name = snapshot or runtime.shipped.name
    in_use = runtime.shipped.name
    checkpoint = Checkpoint(name, 0, seq, seq)
    return checkpoints.put(runtime.store, SITE, checkpoint, blob, in_use, replaying.spacing())


def test_checkpoints_bound_the_replay_and_change_nothing(
    runtime, grant, settings, bearer, monkeypatch
):
    monkeypatch.setattr(replaying, "CHECKPOINT_EVERY", 8)
    learn_all(runtime, grant, texts(20))
    assert [c.seq for c in kept(runtime)] == [16, 8]
    with_checkpoint = anew(settings, bearer)
    for checkpoint in kept(runtime):
        checkpoints.drop(runtime.store, SITE, checkpoint)
    assert anew(settings, bearer) == with_checkpoint == score(runtime, grant)


def test_an_undo_before_the_newest_checkpoint_goes_back_behind_it(
    runtime, grant, settings, bearer, monkeypatch
):
    monkeypatch.setattr(replaying, "CHECKPOINT_EVERY", 4)
    _, second, *_ = learn_all(runtime, grant, texts(18))
    undo(runtime, SITE, second, WORD, None)
    after = score(runtime, grant)
    assert anew(settings, bearer) == after
    reference = Learner(runtime.shipped)
    entries = [e for e in labels.entries(runtime.store, SITE, 0, 18) if e.seq != 2]
    for entry in entries:
        reference.learn(training_row(entry.example.row), entry.label)
    assert after.score == float(runtime.shipped.score([row_of(PROBE)], reference).probability[0])


def test_a_checkpoint_that_cannot_be_read_is_passed_over(runtime, grant, settings, bearer):
    learn_all(runtime, grant, texts(4))
    assert put(runtime, 3)
    assert anew(settings, bearer) == score(runtime, grant)
    assert kept(runtime) == []


def test_a_checkpoint_that_cannot_be_read_makes_room_for_one_that_can(
    runtime, grant, settings, bearer, monkeypatch
):
    learn_all(runtime, grant, texts(8))
    assert put(runtime, 8)
    monkeypatch.setattr(replaying, "CHECKPOINT_EVERY", 4)
    assert anew(settings, bearer) == score(runtime, grant)
    (newest, *_) = kept(runtime)
    blob = checkpoints.read(runtime.store, SITE, newest)
    assert newest.seq == Learner.from_bytes(blob, runtime.shipped).position == 8


def test_checkpoints_of_another_snapshot_go_when_one_is_kept(
    runtime, grant, settings, bearer, monkeypatch
):
    for seq in (2, 4):
        assert put(runtime, seq, snapshot="of:old")
    assert [c.seq for c in kept(runtime, "of:old")] == [4]
    monkeypatch.setattr(replaying, "CHECKPOINT_EVERY", 4)
    learn_all(runtime, grant, texts(8))
    assert anew(settings, bearer) == score(runtime, grant)
    assert kept(runtime) and kept(runtime, "of:old") == []
