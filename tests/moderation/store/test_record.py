"""Recording verdicts: once, on the right revision, with counters that agree."""

from __future__ import annotations

import pytest

from moderation.store import codec, comments, deletions, inbox, keys
from tests.factories import NOW, RETENTION, SITE, accept, counts, decide, submission, verdict, write

pytestmark = pytest.mark.second_store
LANE = keys.shard_of(SITE) % keys.LANES


def read_all(store):
    inbox.make_groups(store)
    return inbox.read(store, LANE, pending=False, count=100)


def recorded(waiting, word=None, status="approved"):
    return [
        comments.Recorded(w.site, w.entry, w.id, w.revision, word or verdict(), status, 0)
        for w in waiting
    ]


def record(store, items):
    return comments.record(store, keys.shard_of(SITE), items, NOW)


def test_a_verdict_is_recorded_once_however_often_the_script_runs(store):
    (done,) = accept(store, write())
    items = recorded(read_all(store))
    assert [record(store, items), record(store, items)] == [1, 0]
    assert comments.get(store, SITE, done.id).status == "approved"
    assert counts(store) == {"comments": 1, "verdict_1": 1, "label_1": 1, "by_0": 1}
    assert sum(inbox.lengths(store)) == 0


def test_counters_of_verdicts_alone_are_forgotten_after_400_days(store, valkey):
    accept(store, write())
    items = recorded(read_all(store))
    day = keys.of_site(SITE).day + comments.day_of(NOW)
    with valkey.client() as client:
        client.delete(day)
        record(store, items)
        assert 0 < client.ttl(day) <= 400 * 86_400


def test_more_than_one_script_holds_are_recorded(store):
    for _ in range(3):
        accept(store, *[write() for _ in range(100)])
    waiting = inbox.read(store, LANE, pending=False, count=1000) or read_all(store)
    waiting += inbox.read(store, LANE, pending=False, count=1000)
    assert record(store, recorded(waiting)) == 300
    assert counts(store)["verdict_1"] == counts(store)["comments"] == 300


def test_a_revision_that_was_overtaken_still_gets_its_verdict(store):
    (done,) = accept(store, write(submission("one", external_id="x")))
    accept(store, write(submission("two", external_id="x")))
    waiting = read_all(store)
    assert [w.revision for w in waiting] == [1, 2]
    contents = [codec.submission_of(data).content for data in inbox.fetch(store, waiting)]
    assert contents == ["one", "two"]
    record(store, recorded(waiting[:1], verdict("spam", 0.9), "spam"))
    assert comments.get(store, SITE, done.id).status == "queued"
    assert comments.get(store, SITE, done.id, 1).verdict.status == "spam"
    record(store, recorded(waiting[1:]))
    assert comments.get(store, SITE, done.id).status == "approved"
    assert comments.page(store, SITE, "spam", b"", b"", False, 9) == []


def test_a_decision_made_before_the_verdict_keeps_the_status(store):
    (done,) = accept(store, write())
    decide(store, done.id, "spam", (1, 0))
    record(store, recorded(read_all(store)))
    stored = comments.get(store, SITE, done.id)
    assert (stored.status, stored.verdict.status) == ("spam", "approved")
    assert comments.page(store, SITE, "approved", b"", b"", False, 9) == []


def test_what_was_deleted_while_it_waited_leaves_the_inbox(store):
    (done,) = accept(store, write())
    waiting = read_all(store)
    deletions.forget(store, SITE, done.id, "", 1000, NOW)
    assert inbox.fetch(store, waiting) == [None]
    assert record(store, recorded(waiting)) == 0
    assert sum(inbox.lengths(store)) == 0


def test_what_was_handed_out_and_not_recorded_is_handed_out_again(store):
    accept(store, write())
    first = read_all(store)
    assert inbox.read(store, LANE, pending=False, count=9) == []
    assert inbox.read(store, LANE, pending=True, count=9) == first
    assert inbox.deliveries(store, first)[first[0].entry] == 2


def test_a_bell_is_held_by_one_and_free_after_release(store):
    assert inbox.claim(store, 0, "a") and not inbox.claim(store, 0, "b")
    assert inbox.keep(store, 0, "a") and not inbox.keep(store, 0, "b")
    assert not inbox.release(store, 0, "b")
    assert inbox.release(store, 0, "a") and inbox.claim(store, 0, "b")
    assert inbox.hand_over(store, 0, "b") and inbox.claim(store, 0, "c")


def test_a_verdict_after_the_decision_leaves_the_time_to_live_of_the_decision(store, valkey):
    (done,) = accept(store, write())
    decide(store, done.id, "spam", (1, 0))
    (waiting,) = read_all(store)
    word = comments.Recorded(SITE, waiting.entry, done.id, 1, verdict(), "approved", 1000)
    record(store, [word])
    with valkey.client() as client:
        left = client.pttl(keys.of_site(SITE).comment.encode() + done.id)
    assert RETENTION[3] - 60_000 < left <= RETENTION[3]
