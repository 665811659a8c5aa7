"""Decisions, undos and deletions: append-only, once, with counters and queues that agree."""

from __future__ import annotations

import msgspec
import pytest

from moderation.store import checkpoints, keys, labels, sites
from moderation.store.checkpoints import Checkpoint, MadeFrom, Spacing
from moderation.store.comments import counting, deletions, reading
from tests.factories import NOW, SITE, accept, counts, decide, submission, verdict, write

pytestmark = pytest.mark.second_store


def keep(store, seq):
    """Keep a checkpoint of that place."""
    checkpoint = Checkpoint("snap", 0, seq, seq)
    assert checkpoints.put(store, SITE, checkpoint, b"learner", "", Spacing(256, 1256))


def page(store, status):
    return reading.page(store, SITE, status, b"", b"", False, 100)


@pytest.fixture
def comment(store):
    (done,) = accept(store, write(verdict=verdict("approved"), status="approved"))
    return done.id


def test_a_decision_moves_the_comment_and_appends_to_the_log(store, comment):
    assert decide(store, comment, "spam", (1, 0)) == ("ok", 1)
    stored = reading.get(store, SITE, comment)
    assert (stored.status, stored.decision.label, stored.decisions) == ("spam", "spam", 1)
    assert stored.verdict.status == "approved"
    assert (page(store, "approved"), page(store, "spam")) == ([], [comment])
    assert sites.read(store, SITE).labels == 1
    (entry,) = labels.entries(store, SITE, 0, 1)
    assert (entry.kind, entry.label, entry.drops) == ("label", "spam", 0)
    assert counts(store)["missed_spam"] == 1


def test_the_same_call_twice_has_one_effect(store, comment):
    first = decide(store, comment, "spam", (1, 0), call="c")
    assert decide(store, comment, "spam", (1, 0), call="c") == first
    assert sites.read(store, SITE).labels == 1


def test_a_stale_decision_changes_nothing(store, comment):
    decide(store, comment, "spam", (1, 0))
    assert decide(store, comment, "ham", (1, 0))[0] == "stale"
    assert reading.get(store, SITE, comment).decision.label == "spam"


def test_the_last_word_wins_and_drops_the_one_before(store, comment):
    decide(store, comment, "spam", (1, 0))
    decide(store, comment, "ham", (1, 1))
    assert [e.drops for e in labels.entries(store, SITE, 0, 2)] == [0, 1]
    assert reading.get(store, SITE, comment).status == "approved"
    assert counts(store)["missed_spam"] == 0


def test_undo_restores_the_decision_before_and_then_the_verdict(store, comment):
    decide(store, comment, "spam", (1, 0))
    decide(store, comment, "ham", (1, 1))
    assert decide(store, comment, None, (1, 2)) == ("ok", 3)
    stored = reading.get(store, SITE, comment)
    assert (stored.status, stored.decision.label) == ("spam", "spam")
    assert counts(store)["missed_spam"] == 1
    assert decide(store, comment, None, (1, 3)) == ("ok", 4)
    stored = reading.get(store, SITE, comment)
    assert (stored.status, stored.decision) == ("approved", None)
    assert decide(store, comment, None, (1, 4)) == ("nothing", 0)
    assert counts(store)["missed_spam"] == 0
    undone = labels.entries(store, SITE, 2, 4)
    assert [(e.kind, e.drops, e.restores) for e in undone] == [("undo", 2, 1), ("undo", 1, 0)]
    assert (page(store, "approved"), page(store, "spam")) == ([comment], [])


def test_an_error_is_taken_back_on_the_day_on_which_it_was_counted(store, comment):
    later = NOW + 3 * 86_400_000

    def missed():
        days = [keys.day_of(at) for at in (NOW, later)]
        return [day.get("missed_spam") for day in counting.counters(store, SITE, days)]

    decide(store, comment, "spam", (1, 0))
    decide(store, comment, "ham", (1, 1), now=later)
    assert missed() == [0, None]
    decide(store, comment, None, (1, 2), now=later)
    assert missed() == [1, None]
    decide(store, comment, None, (1, 3), now=later)
    assert missed() == [0, None]
    decide(store, comment, "spam", (1, 4), now=later)
    assert missed() == [0, 1]


def test_what_was_never_counted_is_never_taken_back(store):
    (done,) = accept(store, write(submission(external_id="x")))
    decide(store, done.id, "spam", (1, 0))
    accept(store, write(submission(external_id="x"), verdict=verdict(), status="approved"))
    assert reading.get(store, SITE, done.id).verdict.status == "approved"
    decide(store, done.id, None, (1, 1))
    assert counts(store).get("missed_spam", 0) == 0


def test_a_day_is_forgotten_after_400_days_and_then_nothing_is_taken_back_from_it(store, valkey):
    days = keys.of_site(SITE).day
    later = NOW + 86_400_000
    (done,) = accept(store, write(verdict=verdict("approved"), status="approved"))
    (other,) = accept(store, write(verdict=verdict("approved"), status="approved"))
    decide(store, other.id, "spam", (1, 0))
    deletions.forget(store, SITE, done.id, "", 1000, later)
    with valkey.client() as client:
        names = client.keys(days + "*")
        assert len(names) == 2
        assert all(0 < client.ttl(name) <= 400 * 86_400 for name in names)
        client.delete(*names)
        decide(store, other.id, None, (1, 1), now=later)
        assert client.keys(days + "*") == [(days + keys.day_of(later)).encode()]
    (only,) = counting.counters(store, SITE, [keys.day_of(later)])
    assert only == {"undone": 1}


def test_undo_on_a_queued_comment_lets_it_wait_again(store):
    (done,) = accept(store, write())
    decide(store, done.id, "spam", (1, 0))
    decide(store, done.id, None, (1, 1))
    assert reading.get(store, SITE, done.id).status == "queued"


def test_a_new_revision_carries_no_decision_and_the_old_label_is_dropped_by_the_next(store):
    (done,) = accept(
        store, write(submission("one", external_id="x"), verdict=verdict(), status="approved")
    )
    decide(store, done.id, "ham", (1, 0))
    accept(store, write(submission("two", external_id="x"), verdict=verdict(), status="approved"))
    assert reading.get(store, SITE, done.id).decision is None
    assert decide(store, done.id, None, (2, 1)) == ("nothing", 0)
    decide(store, done.id, "spam", (2, 1))
    assert labels.entry(store, SITE, 2).drops == 1
    decide(store, done.id, None, (2, 2))
    stored = reading.get(store, SITE, done.id)
    assert (stored.decision, stored.status) == (None, "approved")
    assert labels.entry(store, SITE, 3).restores == 1


def test_a_label_sent_with_a_comment_is_stored_with_it_and_not_twice(store):
    sent = submission(external_id="x")
    for _ in range(2):
        (done,) = accept(
            store,
            write(
                sent,
                verdict=verdict(),
                status="approved",
                label="spam",
                decision=b"\x95\xa4spam\xa1a\xa6import\x01\xa0",
            ),
        )
    stored = reading.get(store, SITE, done.id)
    assert (stored.status, stored.decisions, stored.decision.label) == ("spam", 1, "spam")
    assert sites.read(store, SITE).labels == 1


def test_deleting_leaves_nothing_of_the_comment(store, valkey):
    (done,) = accept(
        store, write(submission("one", external_id="x"), verdict=verdict(), status="approved")
    )
    accept(store, write(submission("two", external_id="x")))
    decide(store, done.id, "spam", (2, 0), example=b"the text that was learned")
    keep(store, 1)
    assert deletions.forget(store, SITE, done.id, "x", 1000, NOW) == (True, False)
    assert reading.get(store, SITE, done.id) is None
    assert reading.find_externals(store, SITE, ["x"]) == [None]
    assert page(store, None) == page(store, "spam") == []
    (entry,) = labels.entries(store, SITE, 0, 1)
    assert (entry.kind, entry.label, entry.example, entry.decision) == ("erased", None, None, None)
    assert sites.read(store, SITE).epoch == 1
    assert checkpoints.kept(store, SITE, "snap") == []
    with valkey.client() as client:
        for name in client.keys("*"):
            kind = client.type(name)
            data = client.dump(name) if kind != b"string" else client.get(name)
            assert b"learned" not in data and done.id not in name
    assert deletions.forget(store, SITE, done.id, "x", 1000, NOW) == (False, False)


def test_what_one_call_cannot_delete_is_deleted_by_the_next_and_nobody_sees_it_meanwhile(
    store, valkey
):
    for text in range(130):
        sent = submission(str(text), external_id="x")
        (done,) = accept(store, write(sent, verdict=verdict(), status="approved"))
    for number in range(150):
        decide(store, done.id, "spam", (130, number), example=b"the text that was learned")
    keep(store, 150)

    def left():
        with valkey.client() as client:
            names = client.keys("*:comment:*")
            entries = client.mget([f"{keys.of_site(SITE).label}{n}" for n in range(1, 151)])
            return len(names), sum(b"learned" in entry for entry in entries)

    def call():
        return deletions.forget_some(store, SITE, done.id, "x", 1000, NOW)

    some = call()
    assert (some.found, some.more) == (True, True)
    assert left() == (29, 150), "at most a hundred things go at once"
    assert reading.get(store, SITE, done.id) is None
    assert reading.find_externals(store, SITE, ["x"]) == [None]
    assert page(store, "spam") == []
    assert deletions.unfinished(store, SITE) == [done.id]
    call()
    assert left() == (0, 79)
    assert (sites.read(store, SITE).epoch, checkpoints.kept(store, SITE, "snap")) == (1, [])
    assert deletions.forget(store, SITE, done.id, "x", 1000, NOW) == (True, False)
    assert left() == (0, 0)
    assert deletions.unfinished(store, SITE) == []
    assert counts(store)["deleted"] == 1
    assert deletions.forget(store, SITE, done.id, "x", 1000, NOW) == (False, False)


def test_deleting_an_old_label_leaves_the_learner_to_a_job(store, comment):
    decide(store, comment, "spam", (1, 0))
    for _ in range(5):
        (other,) = accept(store, write(verdict=verdict(), status="approved"))
        decide(store, other.id, "ham", (1, 0))
    assert deletions.forget(store, SITE, comment, "", 3, NOW) == (True, True)
    assert labels.rebuilds_asked(store, [SITE, "other"]) == [SITE]
    assert sites.read(store, SITE).epoch == 0, "learners have it, under the names they had"
    assert labels.rebuild_asked(store, SITE) == 1
    assert not checkpoints.put_rebuilt(store, SITE, "snap", MadeFrom(6, 0, 0), b"x", {})
    assert checkpoints.put_rebuilt(store, SITE, "snap", MadeFrom(6, 0, 1), b"x", {})
    state = sites.read(store, SITE)
    assert (state.labels, state.epoch) == (7, 1)


def test_a_rebuilt_learner_is_kept_only_if_no_label_came_in_between(store, comment):
    decide(store, comment, "spam", (1, 0))
    labels.ask_rebuild(store, SITE)
    for made_from in (MadeFrom(0, 0, 1), MadeFrom(1, 1, 1), MadeFrom(1, 0, 0)):
        assert not checkpoints.put_rebuilt(store, SITE, "snap", made_from, b"x", {})
    assert labels.rebuilds_asked(store, [SITE]) == [SITE]
    assert checkpoints.put_rebuilt(store, SITE, "snap", MadeFrom(1, 0, 1), b"x", {1: b"earlier"})
    assert labels.rebuilds_asked(store, [SITE]) == []
    state = sites.read(store, SITE)
    assert (state.labels, state.epoch) == (2, 0), "nothing was erased"
    assert labels.entry(store, SITE, 2).kind == "rebuilt"
    kept = checkpoints.kept(store, SITE, "snap")
    assert kept == [Checkpoint("snap", 0, 2, 2), Checkpoint("snap", 0, 2, 1)]
    assert [checkpoints.read(store, SITE, c) for c in kept] == [b"x", b"earlier"]


def test_whatever_switches_an_old_label_off_or_on_asks_for_a_job(store, comment, valkey):
    def asked():
        return bool(labels.rebuilds_asked(store, [SITE]))

    def taken_back():
        with valkey.client() as client:
            client.hdel(keys.of_site(SITE).meta, "rebuild")

    decide(store, comment, "spam", (1, 0), replayable=2)
    decide(store, comment, "ham", (1, 1), replayable=2)
    for _ in range(2):
        (other,) = accept(store, write(verdict=verdict(), status="approved"))
        decide(store, other.id, "ham", (1, 0), replayable=2)
    assert not asked()
    decide(store, other.id, None, (1, 1), replayable=2)
    assert not asked()
    with valkey.client() as client:
        client.config_set("maxmemory", 1)
        decide(store, comment, "spam", (1, 2), replayable=2)
        client.config_set("maxmemory", 0)
    assert asked(), "a label of the second place was dropped in the sixth"
    taken_back()
    decide(store, comment, None, (1, 3), replayable=2)
    assert asked(), "the label of the second place holds again"
    taken_back()
    sent = write(submission(external_id="x"), verdict=verdict(), label="ham", decision=b"\x90")
    accept(store, sent, replayable=2)
    for _ in range(3):
        (other,) = accept(store, write(verdict=verdict(), status="approved"))
        decide(store, other.id, "ham", (1, 0), replayable=2)
    assert not asked()
    accept(store, msgspec.structs.replace(sent, label="spam"), replayable=2)
    assert asked()
