"""Writing comments: new, again, revised, under conditions."""

from __future__ import annotations

import msgspec
import pytest

from moderation.domain.decisions import Decision
from moderation.domain.errors import StoreFull
from moderation.domain.sites import SiteSettings
from moderation.store import codec, keys, sites
from moderation.store.comments import accepting, inbox, reading, recording
from tests.conftest import Server
from tests.factories import (
    NOW,
    RETENTION,
    SITE,
    accept,
    all_keys,
    counts,
    decide,
    put_settings,
    submission,
    verdict,
    write,
)

pytestmark = pytest.mark.second_store


def ids(store, status=None):
    return reading.page(store, SITE, status, b"", b"", False, 100)


def test_a_new_comment_is_queued_and_waits_in_its_inbox(store):
    (done,) = accept(store, write())
    stored = reading.get(store, SITE, done.id)
    assert (done.kind, done.revision) == ("new", 1)
    assert (stored.status, stored.revision, stored.verdict) == ("queued", 1, None)
    assert stored.submission == submission()
    assert sum(inbox.lengths(store)) == 1
    assert counts(store) == {"comments": 1}


def test_a_checked_comment_is_stored_with_its_verdict_and_waits_nowhere(store):
    (done,) = accept(store, write(verdict=verdict("spam", 0.97), status="spam"))
    stored = reading.get(store, SITE, done.id)
    assert (stored.status, stored.verdict) == ("spam", verdict("spam", 0.97))
    assert sum(inbox.lengths(store)) == 0
    assert ids(store, "spam") == [done.id]
    assert counts(store) == {"comments": 1, "verdict_3": 1, "label_2": 1, "by_0": 1}


def test_a_verdict_is_counted_by_its_own_status_where_the_site_only_observes(store):
    accept(store, write(verdict=verdict("spam", 0.97), status="approved"))
    assert counts(store)["verdict_3"] == 1


def test_the_same_external_id_and_content_is_the_same_comment(store):
    sent = submission(external_id="41")
    (first,) = accept(store, write(sent))
    (again,) = accept(store, write(sent))
    assert (again.id, again.kind, again.revision) == (first.id, "same", 1)
    assert ids(store) == [first.id]
    assert counts(store)["comments"] == 1
    assert sum(inbox.lengths(store)) == 1


def test_the_same_external_id_with_other_content_is_a_revision_and_the_old_one_is_kept(store):
    (first,) = accept(
        store, write(submission("one", external_id="41"), verdict=verdict(), status="approved")
    )
    (second,) = accept(store, write(submission("two", external_id="41")))
    assert (second.id, second.kind, second.revision) == (first.id, "revision", 2)
    now, before = reading.get(store, SITE, first.id), reading.get(store, SITE, first.id, 1)
    assert (now.submission.content, now.status, now.verdict) == ("two", "queued", None)
    assert (before.submission.content, before.verdict) == ("one", verdict())
    assert ids(store, "approved") == []
    assert counts(store)["revisions"] == 1


def test_a_check_of_what_is_queued_gives_it_its_verdict(store):
    sent = submission(external_id="41")
    (first,) = accept(store, write(sent))
    accept(store, write(sent, verdict=verdict("held", 0.4), status="held"))
    stored = reading.get(store, SITE, first.id)
    assert (stored.status, stored.verdict) == ("held", verdict("held", 0.4))
    assert counts(store)["verdict_2"] == 1


def test_the_same_idempotency_key_gives_the_first_answer_and_another_body_a_conflict(store):
    first = accept(store, write(), idempotency=("key", b"a" * 16))
    assert accept(store, write(), idempotency=("key", b"a" * 16)) == first
    assert accept(store, write(), idempotency=("key", b"b" * 16)) == "conflict"
    assert len(ids(store)) == 1


@pytest.mark.parametrize("kind", ["submitted", "with an external id", "checked", "labelled"])
def test_a_call_whose_answer_was_lost_has_one_effect_when_it_comes_again(store, kind):
    sent = submission(external_id="41") if kind == "with an external id" else submission()
    judged = {"verdict": verdict("spam", 0.97), "status": "spam"}
    taught = {"label": "spam", "decision": codec.encode(Decision("spam", "ann", "api", NOW))}
    fields = {"checked": judged, "labelled": judged | taught}.get(kind, {})
    call = accepting.accept_call(
        SITE, [write(sent, **fields)], RETENTION, NOW, accepting.Conditions()
    )
    first = store.run("accept", *call)
    kept = everything(store)
    assert store.run("accept", *call) == first
    assert everything(store) == kept


def test_a_call_that_comes_again_after_the_verdict_leaves_that_alone(store):
    one = write()
    (first,) = accept(store, one)
    judge(store, first.id)
    assert accept(store, one) == [first]
    assert reading.get(store, SITE, first.id).verdict == verdict()
    assert ids(store, "queued") == []


def everything(store):
    """Return all keys of the store with what they hold."""
    return {name: store.redis.dump(name) for name in all_keys(store, "*")}


def judge(store, raw_id):
    word = recording.Recorded(SITE, raw_id, 1, verdict(), "approved", RETENTION)
    call = recording.record_call(recording.Part(keys.shard_of(SITE), [word], []), NOW)
    assert store.run(*call) == [1]


@pytest.mark.parametrize("other", [False, True])
def test_a_key_answers_for_a_comment_sent_again_what_it_answered_first(store, other):
    (known,) = accept(store, write(submission("one", external_id="41")))
    sent = write(submission("two" if other else "one", external_id="41"))
    on = {"idempotency": ("key", b"a" * 16)}
    first = accept(store, sent, **on)
    assert first[0].kind == ("revision" if other else "same")
    assert first[0].status == "queued"
    decide(store, known.id, "spam", (1 + other, 0))
    assert accept(store, write(submission("elsewhere")), **on) == first
    assert codec.unpack_comment(SITE, known.id, first[0].stored).status == "queued"


def test_a_revoked_token_writes_nothing(store):
    sites.create(store, SITE, 1)
    assert accept(store, write(), tokens=0) != "changed"
    sites.revoke_token(store, "some digest", SITE)
    assert accept(store, write(), tokens=0) == "changed"
    assert len(ids(store)) == 1


def test_a_verdict_made_with_another_state_of_the_site_writes_nothing(store):
    sites.create(store, SITE, 1_700_000_000_000)
    seen = sites.read(store, SITE)
    done = write(verdict=verdict(), status="approved")
    assert answer(store, done, seen)[0] == b"ok"
    put_settings(store, SITE, SiteSettings(mode="observe"))
    refused = answer(store, write(verdict=verdict(), status="approved"), seen)
    assert accepting.state_instead(refused) == sites.read(store, SITE) != seen
    assert ids(store) == [done.id]
    assert counts(store)["comments"] == 1


@pytest.mark.parametrize("field", sites.SiteState.__struct_fields__)
def test_every_part_of_the_state_counts(store, field):
    sites.create(store, SITE, 1_700_000_000_000)
    state = sites.read(store, SITE)
    other = msgspec.structs.replace(state, **{field: "x" if field == "snapshot" else 7})
    assert accepting.state_instead(answer(store, write(), other)) == state


def answer(store, one, state):
    call = accepting.accept_call(SITE, [one], RETENTION, NOW, accepting.Conditions(state=state))
    return store.run("accept", *call)


def test_a_token_past_its_limit_writes_nothing(store):
    on = {"token_id": "t", "per_minute": 2}
    assert accept(store, write(), write(), **on) != "limited"
    assert accept(store, write(), **on) == "limited"
    assert len(ids(store)) == 2


def test_one_call_with_the_same_external_id_twice_makes_one_comment_of_two_revisions(store):
    done = accept(
        store, write(submission("a", external_id="x")), write(submission("b", external_id="x"))
    )
    assert [(d.kind, d.revision) for d in done] == [("new", 1), ("revision", 2)]
    assert len(ids(store)) == 1


def test_a_full_store_refuses_comments_and_takes_decisions(store, valkey: Server):
    (done,) = accept(store, write(verdict=verdict(), status="approved"))
    with valkey.client() as client:
        client.config_set("maxmemory", 1)
        with pytest.raises(StoreFull):
            accept(store, write())
        assert decide(store, done.id, "spam", (1, 0)) == ("ok", 1)
        client.config_set("maxmemory", 0)
    assert len(ids(store)) == 1
    accept(store, write())
    assert len(ids(store)) == 2


def test_every_key_of_a_site_lies_in_the_slot_of_its_shard(store, valkey: Server):
    accept(store, write(submission(external_id="x")), idempotency=("k", b"a" * 16))
    accept(store, write(), token_id="t", per_minute=5)
    with valkey.client() as client:
        names = client.keys("*")
    tag = f"{{{keys.shard_of(SITE):02d}}}".encode()
    assert names and all(name.startswith(tag) for name in names), names
