"""Slices: bounded in number and bytes, and an entry ends with the last of its comments."""

from __future__ import annotations

import datetime as dt
import itertools
from collections import deque

import pytest
from msgspec.structs import replace

from moderation.domain.errors import StoreDown
from moderation.domain.sites import SiteSettings
from moderation.flow.authorise import authorise
from moderation.flow.comments import slices
from moderation.flow.comments.draining import drain_lane
from moderation.flow.comments.reading import stats
from moderation.flow.comments.slices import SLICE, SLICE_BYTES, next_slice
from moderation.flow.comments.submitting import submit
from moderation.flow.labels.deciding import forget
from moderation.flow.lookup import find
from moderation.flow.runtime import now_ms
from moderation.flow.sites import first_run
from moderation.store import keys
from moderation.store.comments import inbox
from moderation.store.comments.inbox import Waiting
from tests.factories import SITE, put_settings, submission

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
    assert cut(*(entry(b"%d" % n, 40) for n in range(3))) == [80, 40]
    assert cut(entry(b"1", 1), entry(b"2", SLICE)) == [1, SLICE]
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
    words = ["bread", "garden", "camera", "winter", "engine", "recipe", "window"]
    done = submit(runtime, grant, [submission(f"Your {w} looks good.") for w in words])
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


WALL = "Our garden wall fell down last night and my {} neighbour helped me all day to build it."


def campaign(n):
    """Return nearly the same comment by so many people, among some that nothing is known of."""
    made = []
    for i, word in enumerate(["old", "new", "kind", "tall", "good", "late", "busy", "glad"][:n]):
        who = {"name": f"W {i}", "email": f"w{i}@mail.example", "ip": f"198.51.{i}.7"}
        made += [submission(WALL.format(word), author=who), submission(f"What a lovely {word}.")]
    return made


@pytest.mark.parametrize("split", [False, True])
def test_what_turns_out_to_be_a_campaign_is_judged_anew_before_its_entry_ends(
    runtime, grant, monkeypatch, split
):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99))
    if split:
        one_by_one(monkeypatch)
    done = submit(runtime, grant, campaign(8))
    assert drain_lane(runtime, LANE) == 16 == verdicts(runtime)
    found = [find(runtime, SITE, d.id) for d in done]
    counts = [one.verdict.signals.get("campaign", 0) for one in found[::2]]
    assert counts == [0, *range(2, 9)]
    assert [one.status for one in found[::2]] == ["approved"] * 4 + ["held"] * 4
    assert {one.status for one in found[1::2]} == {"approved"}
    assert sum(inbox.lengths(runtime.store)) == 0


def test_who_ends_before_a_campaign_is_judged_anew_leaves_it_to_the_next(
    runtime, grant, monkeypatch
):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99))
    done = submit(runtime, grant, campaign(8))
    with monkeypatch.context() as patched:
        patched.setattr(slices.batches, "anew", raising(StoreDown("gone")))
        with pytest.raises(StoreDown):
            drain_lane(runtime, LANE)
    assert verdicts(runtime) == 9 and sum(inbox.lengths(runtime.store)) == 1
    runtime.store.redis.delete(keys.bell(LANE))
    assert drain_lane(runtime, LANE) == 7
    assert [find(runtime, SITE, d.id).status for d in done[::2]].count("held") == 7
    assert verdicts(runtime) == 16 and sum(inbox.lengths(runtime.store)) == 0


def test_a_campaign_of_one_site_is_none_of_another_whose_comments_are_recorded_with_it(
    runtime, grant, monkeypatch
):
    names = (f"neighbour{n}.example" for n in itertools.count())
    other = next(name for name in names if keys.shard_of(name) == keys.shard_of(SITE))
    first_run.add_site(runtime.store, other)
    bearer = first_run.add_token(runtime.store, other, ("submit",), "neighbour")
    theirs = authorise(runtime, bearer, "submit")
    for site in (SITE, other):
        put_settings(runtime.store, site, SiteSettings(hold=0.98, reject=0.99))
    *before, last = campaign(8)[::2]
    submit(runtime, grant, [*before, replace(last, external_id="x")])
    drain_lane(runtime, LANE)
    # It is in the campaign already when it comes with another text, and is not noted again.
    again = replace(last, content=WALL.format("very glad"), external_id="x")
    (ours,), (their,) = submit(runtime, grant, [again]), submit(runtime, theirs, [again])
    assert drain_lane(runtime, LANE) == 2 and ours.revision == 2
    assert find(runtime, SITE, ours.id).verdict.signals["campaign"] == 8
    assert find(runtime, other, their.id).verdict.signals.get("campaign", 0) == 0


def test_what_cannot_be_judged_with_what_is_known_is_held_and_its_entry_ends(
    runtime, grant, monkeypatch
):
    done = submit(runtime, grant, campaign(3))
    monkeypatch.setattr(slices.batches, "known_of", raising(ZeroDivisionError()))
    assert drain_lane(runtime, LANE) == 6 == verdicts(runtime)
    found = [find(runtime, SITE, d.id) for d in done]
    assert [one.status for one in found] == ["approved", "approved", *["held", "approved"] * 2]
    assert found[2].verdict.reasons[0][0] == "could_not_be_scored"
    assert sum(inbox.lengths(runtime.store)) == 0


def raising(error):
    def fail(*_):
        raise error

    return fail
