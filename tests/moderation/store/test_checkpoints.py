"""Checkpoints in the store: kept as they are needed now, whatever their maker believes."""

from __future__ import annotations

import time

import pytest

from moderation.store import checkpoints, keys, models
from moderation.store.checkpoints import Checkpoint, Spacing
from tests.factories import SITE, use_snapshot

pytestmark = pytest.mark.second_store

SPACING = Spacing(10, 50)


def put(store, seq, as_of=None, epoch=0, snapshot="snap", in_use="snap"):
    checkpoint = Checkpoint(snapshot, epoch, as_of or seq, seq)
    return checkpoints.put(store, SITE, checkpoint, b"learner", in_use, SPACING)


def kept(store, snapshot="snap"):
    return [(c.as_of, c.seq) for c in checkpoints.kept(store, SITE, snapshot)]


@pytest.fixture
def log(store):
    """Return what makes the site's log so many entries long, and raises its epoch."""
    use_snapshot(store, "snap")

    def be(labels, epoch=0):
        store.redis.hset(keys.of_site(SITE).meta, mapping={"labels": labels, "epoch": epoch})

    return be


def test_what_was_made_before_an_erasure_or_a_promotion_is_not_put(store, log):
    log(20, epoch=1)
    assert not put(store, 10)
    assert not put(store, 10, epoch=1, in_use="the one before")
    assert kept(store) == []
    assert put(store, 10, epoch=1)
    use_snapshot(store, "next")
    assert not put(store, 20, epoch=1)
    assert put(store, 20, epoch=1, snapshot="next", in_use="next")
    assert kept(store, "next") == [(20, 20)]


def test_those_of_the_other_snapshot_stay_until_its_promotion_is_a_week_old(store, log):
    log(20)
    assert put(store, 10)
    use_snapshot(store, "next")
    assert put(store, 20, snapshot="next", in_use="next")
    assert (kept(store), kept(store, "next")) == ([(10, 10)], [(20, 20)])
    others = keys.of_site(SITE).other_snapshots
    ((_, until),) = store.redis.zrange(others, 0, -1, withscores=True)
    assert until / 1000 - time.time() == pytest.approx(7 * 86_400, abs=60)
    store.redis.zadd(others, {"snap": time.time() * 1000 - 2000})
    assert put(store, 10, snapshot="next", in_use="next")
    assert (kept(store), kept(store, "next")) == ([], [(20, 20), (10, 10)])


def test_those_of_a_snapshot_that_is_made_ready_stay_beside_those_of_the_one_in_use(store, log):
    log(20)
    models.keep_checkpoints(store, "next", int(time.time() * 1000) + 60_000)
    assert put(store, 10, snapshot="next")
    assert put(store, 20)
    assert (kept(store), kept(store, "next")) == ([(20, 20)], [(10, 10)])


def test_one_is_kept_for_each_place_as_of_the_newest_log(store, log):
    log(40)
    assert put(store, 20) and put(store, 10)
    assert put(store, 10, as_of=40) and put(store, 10, as_of=30)
    assert kept(store) == [(20, 20), (40, 10)]


def test_beside_the_regular_places_only_the_newest_is_kept(store, log):
    log(47)
    for seq in (10, 13, 20, 27):
        assert put(store, seq)
    assert kept(store) == [(27, 27), (20, 20), (10, 10)]
    assert put(store, 30)
    assert kept(store) == [(30, 30), (20, 20), (10, 10)]


def test_older_ones_stand_at_doubling_distances_however_the_log_grew(store, log):
    for labels in range(10, 1010, 10):
        log(labels)
        assert put(store, labels)
        near = list(range(labels, max(0, labels - 60), -10))
        assert [seq for _, seq in kept(store)][: len(near)] == near
    far = [seq for _, seq in kept(store)][6:]
    assert far == [880, 800, 640], "120, 200 and 360 back"
