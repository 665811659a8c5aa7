"""Recording verdicts: once, on the right revision, with counters that agree."""

from __future__ import annotations

import pytest

from moderation.store import codec, keys
from moderation.store.comments import deletions, inbox, reading, recording
from tests.factories import NOW, RETENTION, SITE, accept, counts, decide, submission, verdict, write

pytestmark = pytest.mark.second_store
LANE = keys.shard_of(SITE) % keys.LANES


def fetch(store, waiting):
    return inbox.fetched(store, waiting, store.command(*inbox.fetch_call(waiting).args))


def take(store, pending=False):
    inbox.make_groups(store)
    return inbox.take(store, LANE, pending=pending, count=100)


def part(waiting, word=None, status="approved", ttls=RETENTION):
    """Return what records a verdict on all that waits, and ends the entries whose last is among
    it.
    """
    verdicts = [
        recording.Recorded(w.site, w.id, w.revision, word or verdict(), status, ttls)
        for w in waiting
    ]
    return recording.Part(keys.shard_of(SITE), verdicts, [w.entry for w in waiting if w.last])


def record(store, *parts):
    store.send(calls := [recording.record_call(part, NOW) for part in parts])
    return sum(recorded for recorded, *_ in store.receive(calls))


def test_a_verdict_is_recorded_once_however_often_the_script_runs(store):
    (done,) = accept(store, write())
    word = part(take(store))
    assert [record(store, word), record(store, word)] == [1, 0]
    assert reading.get(store, SITE, done.id).status == "approved"
    assert counts(store) == {"comments": 1, "verdict_1": 1, "label_1": 1, "by_0": 1}
    assert sum(inbox.lengths(store)) == 0


def test_counters_of_verdicts_alone_are_forgotten_after_400_days(store, valkey):
    accept(store, write())
    words = part(take(store))
    day = keys.of_site(SITE).day + keys.day_of(NOW)
    with valkey.client() as client:
        client.delete(day)
        record(store, words)
        assert 0 < client.ttl(day) <= 400 * 86_400


def test_comments_accepted_together_wait_in_one_entry_and_are_recorded_by_the_hundred(store):
    for _ in range(3):
        accept(store, *[write() for _ in range(100)])
    assert sum(inbox.lengths(store)) == 3
    assert inbox.depth(store, [SITE]) == 300
    waiting = take(store)
    assert [w.last for w in waiting] == ([False] * 99 + [True]) * 3
    parts = [part(waiting[at : at + 100]) for at in range(0, 300, 100)]
    assert record(store, *parts) == 300
    assert counts(store)["verdict_1"] == counts(store)["comments"] == 300
    assert inbox.depth(store, [SITE]) == sum(inbox.lengths(store)) == 0


def test_an_entry_stays_until_the_last_of_its_comments_is_recorded(store):
    done = accept(store, write(), write())
    first, last = take(store)
    assert [first.id, last.id] == [d.id for d in done]
    assert record(store, part([first])) == 1
    assert take(store, pending=True) == [first, last]
    assert record(store, part([first, last])) == 1, "the first has its verdict"
    assert take(store, pending=True) == []
    assert counts(store)["verdict_1"] == 2


def test_what_is_sent_again_with_its_verdict_waits_no_more(store):
    sent = submission(external_id="x")
    accept(store, write(sent))
    (w,) = take(store)
    accept(store, write(sent, verdict=verdict("spam", 0.9), status="spam"))
    assert codec.unjudged(fetch(store, [w])[0]) is None
    assert record(store, part([w])) == 0
    assert counts(store)["verdict_3"] == 1 and "verdict_1" not in counts(store)


def test_a_revision_that_was_overtaken_still_gets_its_verdict(store):
    (done,) = accept(store, write(submission("one", external_id="x")))
    accept(store, write(submission("two", external_id="x")))
    waiting = take(store)
    assert [w.revision for w in waiting] == [1, 2]
    contents = [codec.unjudged(data).content for data in fetch(store, waiting)]
    assert contents == ["one", "two"]
    record(store, part(waiting[:1], verdict("spam", 0.9), "spam"))
    assert reading.get(store, SITE, done.id).status == "queued"
    assert reading.get(store, SITE, done.id, 1).verdict.status == "spam"
    record(store, part(waiting[1:]))
    assert reading.get(store, SITE, done.id).status == "approved"
    assert reading.page(store, SITE, "spam", b"", b"", False, 9) == []


def test_a_decision_made_before_the_verdict_keeps_the_status(store):
    (done,) = accept(store, write())
    decide(store, done.id, "spam", (1, 0))
    record(store, part(take(store)))
    stored = reading.get(store, SITE, done.id)
    assert (stored.status, stored.verdict.status) == ("spam", "approved")
    assert reading.page(store, SITE, "approved", b"", b"", False, 9) == []


def test_what_was_deleted_while_it_waited_leaves_the_inbox(store):
    (done,) = accept(store, write())
    waiting = take(store)
    deletions.forget(store, SITE, done.id, "", 1000, NOW)
    assert fetch(store, waiting) == [None]
    assert record(store, part(waiting)) == 0
    assert sum(inbox.lengths(store)) == 0


def test_what_was_handed_out_and_not_recorded_is_handed_out_again(store):
    accept(store, write())
    first = take(store)
    assert take(store) == []
    assert take(store, pending=True) == first
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
    record(store, part(take(store), ttls=[1000, 1000, 1000, 1000]))
    with valkey.client() as client:
        left = client.pttl(keys.of_site(SITE).comment.encode() + done.id)
    assert RETENTION[3] - 60_000 < left <= RETENTION[3]


def test_a_verdict_is_kept_as_long_as_its_status_says(store, valkey):
    (done,) = accept(store, write())
    record(store, part(take(store), verdict("spam", 0.9), "spam", [1, 2, 3, 40_000]))
    with valkey.client() as client:
        assert 30_000 < client.pttl(keys.of_site(SITE).comment.encode() + done.id) <= 40_000
