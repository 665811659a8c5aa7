"""Slices: bounded in number and bytes, and an entry ends with the last of its comments."""

from __future__ import annotations

import datetime as dt
from collections import deque

import pytest

from moderation.domain.errors import StoreDown
from moderation.flow.comments import slices
from moderation.flow.comments.draining import drain_lane
from moderation.flow.comments.reading import stats
from moderation.flow.comments.slices import SLICE, SLICE_BYTES, next_slice
from moderation.flow.comments.submitting import submit
from moderation.flow.labels.deciding import forget
from moderation.flow.lookup import find
from moderation.flow.runtime import now_ms
from moderation.store import keys
from moderation.store.comments import inbox
from moderation.store.comments.inbox import Waiting
from tests.factories import SITE, submission

LANE = keys.shard_of(SITE) % keys.LANES


def entry(name, number, size=300):
    return [
        Waiting(3, name, SITE, bytes([i]) * 16, 1, size, i == number - 1) for i in range(number)
    ]


def cut(*entries):
    """Return the sizes of the slices that a queue of entries is cut into."""
    queue = deque(w for each in entries for w in each)
    sizes = []
    while queue:
        sizes.append(len(next_slice(queue)))
    return sizes


def texts(n):
    return [submission(f"The bread of photo {i} looks good, thanks.") for i in range(n)]


def verdicts(runtime):
    today = dt.date.fromisoformat(keys.day_of(now_ms()))
    (day,) = stats(runtime, SITE, today, today)
    return sum(day.statuses.values())


def one_by_one(monkeypatch):
    """Make each comment a slice of its own, so that entries are split."""
    monkeypatch.setattr(slices, "SLICE_BYTES", 1)


def test_slices_hold_whole_entries_as_far_as_they_fit():
    assert cut(*(entry(b"%d" % n, 100) for n in range(3))) == [200, 100]
    assert cut(*(entry(b"%d" % n, 1) for n in range(SLICE + 1))) == [SLICE, 1]


def test_slices_are_bounded_in_bytes_and_hold_at_least_one_comment():
    third = SLICE_BYTES // 3
    assert cut(entry(b"1", 7, third)) == [3, 3, 1]
    assert cut(entry(b"1", 1), entry(b"2", 3, third)) == [1, 3]
    assert cut(entry(b"1", 2, SLICE_BYTES + 1)) == [1, 1]


def test_an_entry_that_is_split_is_recorded_once_and_leaves_the_inbox(runtime, grant, monkeypatch):
    one_by_one(monkeypatch)
    done = submit(runtime, grant, texts(7))
    assert drain_lane(runtime, LANE) == 7 == verdicts(runtime)
    assert {find(runtime, SITE, d.id).status for d in done} == {"approved"}
    assert sum(inbox.lengths(runtime.store)) == 0


@pytest.mark.one_server
@pytest.mark.parametrize("failing", range(7))
def test_what_was_not_recorded_still_waits_wherever_the_store_fails(
    runtime, grant, monkeypatch, failing
):
    one_by_one(monkeypatch)
    done = submit(runtime, grant, texts(7))
    real, calls = slices.recording.record_call, []

    def record_call(part, now):
        calls.append(part)
        if len(calls) > failing:
            raise StoreDown("gone")
        return real(part, now)

    with monkeypatch.context() as patched:
        patched.setattr(slices.recording, "record_call", record_call)
        with pytest.raises(StoreDown):
            drain_lane(runtime, LANE)
    assert verdicts(runtime) == failing
    assert sum(inbox.lengths(runtime.store)) == 1
    runtime.store.redis.delete(keys.bell(LANE))
    assert drain_lane(runtime, LANE) == 7 - failing
    assert verdicts(runtime) == 7
    assert {find(runtime, SITE, d.id).status for d in done} == {"approved"}


@pytest.mark.parametrize("poisoned", [0, 3, 6])
def test_poison_in_a_split_entry_is_held_and_the_rest_is_scored(
    runtime, grant, monkeypatch, poisoned
):
    one_by_one(monkeypatch)
    real = slices.score_all

    def failing(items):
        if any(f"photo {poisoned} " in sent.content for sent, _ in items):
            raise ZeroDivisionError
        return real(items)

    monkeypatch.setattr(slices, "score_all", failing)
    done = submit(runtime, grant, texts(7))
    assert drain_lane(runtime, LANE) == 7 == verdicts(runtime)
    statuses = [find(runtime, SITE, d.id).status for d in done]
    assert statuses == ["held" if i == poisoned else "approved" for i in range(7)]
    assert sum(inbox.lengths(runtime.store)) == 0


@pytest.mark.parametrize("gone", [0, 4])
def test_an_entry_ends_though_one_of_its_comments_was_deleted(runtime, grant, gone):
    done = submit(runtime, grant, texts(5))
    forget(runtime, SITE, done[gone].id)
    assert drain_lane(runtime, LANE) == 4
    assert sum(inbox.lengths(runtime.store)) == 0


def test_who_loses_the_lease_stops_and_the_next_holder_records_the_rest(
    runtime, grant, monkeypatch
):
    one_by_one(monkeypatch)
    monkeypatch.setattr("moderation.flow.comments.draining.KEEP_SECONDS", 0)
    real, seen = slices.score_all, []

    def losing(items):
        seen.extend(items)
        if len(seen) == 3:
            runtime.store.redis.set(keys.bell(LANE), "another holder")
        return real(items)

    monkeypatch.setattr(slices, "score_all", losing)
    submit(runtime, grant, texts(7))
    first = drain_lane(runtime, LANE)
    assert 0 < first < 7 and verdicts(runtime) == first
    runtime.store.redis.delete(keys.bell(LANE))
    assert drain_lane(runtime, LANE) == 7 - first
    assert verdicts(runtime) == 7


def test_what_comes_while_a_slice_is_scored_is_taken_in_the_same_turn(runtime, grant, monkeypatch):
    real, late = slices.score_all, [submission("late"), submission("later")]

    def scoring(items):
        if late:
            submit(runtime, grant, [late.pop()])
        return real(items)

    monkeypatch.setattr(slices, "score_all", scoring)
    submit(runtime, grant, texts(3))
    assert drain_lane(runtime, LANE) == 5


@pytest.mark.one_server
def test_a_store_that_forgot_the_scripts_is_taught_them_while_a_lane_is_drained(
    runtime, grant, monkeypatch
):
    real = slices.score_all

    def scoring(items):
        runtime.store.redis.script_flush()
        return real(items)

    monkeypatch.setattr(slices, "score_all", scoring)
    done = submit(runtime, grant, texts(250))
    assert drain_lane(runtime, LANE) == 250 == verdicts(runtime)
    assert {find(runtime, SITE, d.id).status for d in done} == {"approved"}


def test_the_second_of_two_revisions_of_one_batch_is_the_one_that_stands(runtime, grant):
    sent = [submission("one", external_id="x"), submission("two", external_id="x")]
    done = submit(runtime, grant, sent)
    assert [d.revision for d in done] == [1, 2] and done[0].id == done[1].id
    assert drain_lane(runtime, LANE) == 2 == verdicts(runtime)
    stored = find(runtime, SITE, done[0].id)
    assert (stored.submission.content, stored.status) == ("two", "approved")
