"""Checkpoints of a learner bound how much is replayed, and change nothing."""

from __future__ import annotations

from classifier import Learner
from moderation.flow.labels import learning
from moderation.flow.labels.deciding import undo
from moderation.flow.rows import row_of
from moderation.store import labels
from tests.factories import SITE
from tests.moderation.flow.learning import PROBE, WORD, anew, learn_all, score, texts


def test_checkpoints_bound_the_replay_and_change_nothing(
    runtime, grant, settings, bearer, monkeypatch
):
    monkeypatch.setattr(learning, "CHECKPOINT_EVERY", 8)
    learn_all(runtime, grant, texts(20))
    kept = labels.checkpoints(runtime.store, SITE, runtime.shipped.name)
    assert len(kept) >= 2 and max(kept) > 8
    with_checkpoint = anew(settings, bearer)
    for field in kept.values():
        labels.drop_checkpoint(runtime.store, SITE, field)
    assert anew(settings, bearer) == with_checkpoint == score(runtime, grant)


def test_an_undo_before_the_newest_checkpoint_goes_back_behind_it(
    runtime, grant, settings, bearer, monkeypatch
):
    monkeypatch.setattr(learning, "CHECKPOINT_EVERY", 4)
    _, second, *_ = learn_all(runtime, grant, texts(18))
    undo(runtime, SITE, second, WORD, None)
    after = score(runtime, grant)
    assert anew(settings, bearer) == after
    reference = Learner(runtime.shipped)
    entries = [e for e in labels.entries(runtime.store, SITE, 0, 18) if e.seq != 2]
    for entry in entries:
        reference.learn(learning.training_row(entry.example.row), entry.label)
    assert after.score == float(runtime.shipped.score([row_of(PROBE)], reference).probability[0])


def test_superfluous_checkpoints_thin_out_with_distance():
    kept = list(range(256, 50_000, 256))[::-1]
    dropped = set(learning.superfluous(kept, 50_000))
    left = [seq for seq in kept if seq not in dropped]
    assert len(left) < 20
    assert [50_000 - seq for seq in left[:4]] == [336, 592, 848, 1104]


def test_a_checkpoint_that_cannot_be_read_is_passed_over(runtime, grant, settings, bearer):
    learn_all(runtime, grant, texts(4))
    labels.put_checkpoint(runtime.store, SITE, runtime.shipped.name, 3, 0, b"of old", [])
    assert anew(settings, bearer) == score(runtime, grant)
    assert labels.checkpoints(runtime.store, SITE, runtime.shipped.name) == {}


def test_a_checkpoint_that_cannot_be_read_makes_room_for_one_that_can(
    runtime, grant, settings, bearer, monkeypatch
):
    learn_all(runtime, grant, texts(8))
    labels.put_checkpoint(runtime.store, SITE, runtime.shipped.name, 8, 0, b"of old", [])
    monkeypatch.setattr(learning, "CHECKPOINT_EVERY", 4)
    assert anew(settings, bearer) == score(runtime, grant)
    kept = labels.checkpoints(runtime.store, SITE, runtime.shipped.name)
    blob = labels.checkpoint(runtime.store, SITE, kept[8])
    assert Learner.from_bytes(blob, runtime.shipped).position == 8


def test_checkpoints_of_another_snapshot_go_when_one_is_kept(
    runtime, grant, settings, bearer, monkeypatch
):
    for seq in (2, 4):
        labels.put_checkpoint(runtime.store, SITE, "of:old", seq, 0, b"", [])
    assert sorted(labels.checkpoints(runtime.store, SITE, "of:old")) == [2, 4]
    monkeypatch.setattr(learning, "CHECKPOINT_EVERY", 4)
    learn_all(runtime, grant, texts(8))
    assert anew(settings, bearer) == score(runtime, grant)
    assert labels.checkpoints(runtime.store, SITE, runtime.shipped.name)
    assert labels.checkpoints(runtime.store, SITE, "of:old") == {}
