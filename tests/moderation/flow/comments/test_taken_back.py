"""What a decision counted is taken back once, and from nothing that came since."""

from __future__ import annotations

import pytest

from moderation.flow.labels import compacting, deciding, teaching
from moderation.flow.lookup import raw_id
from moderation.flow.people import records
from moderation.flow.rows import personal_hash
from moderation.flow.runtime import now_ms
from moderation.store import authors, keys, knowing, signals
from tests.factories import SITE, put_settings, submission
from tests.moderation.flow.comments.counted import (
    ADA,
    EVE,
    STRICT,
    WORD,
    check,
    decide,
    noted,
    reputations,
)


def test_what_counted_before_somebody_was_forgotten_takes_nothing_from_what_came_since(
    runtime, grant
):
    put_settings(runtime.store, SITE, STRICT)
    first, again = (
        decide(runtime, check(runtime, grant, f"A word on {what}.", EVE), "spam")
        for what in ("bricks", "kilns")
    )
    whos = [
        authors.who(personal_hash(runtime.secret, way, EVE[field]))
        for way, field in (("author", "id"), ("email", "email"), ("ip", "ip"))
    ]
    assert knowing.forget(runtime.store, SITE, whos, now_ms()) >= 3
    records.forget(runtime, SITE, email=EVE["email"], ip=EVE["ip"], author_id=EVE["id"])
    third = decide(runtime, check(runtime, grant, "A word on clay.", EVE), "spam")
    decide(runtime, again, "spam")
    everybody = reputations(runtime.store).keys()
    deciding.undo(runtime, SITE, first.id, WORD, None)
    assert reputations(runtime.store) == dict.fromkeys(everybody, (0, 2))
    deciding.forget(runtime, SITE, first.id)
    deciding.forget(runtime, SITE, again.id)
    assert reputations(runtime.store) == dict.fromkeys(everybody, (0, 1))
    deciding.forget(runtime, SITE, third.id)
    assert reputations(runtime.store) == {} and noted(runtime.store) == []


def made_older(store, comment, days):
    """Have a comment's decision be of some days before now."""
    raw = raw_id(comment.id)
    for name in noted(store):
        data = store.redis.hget(name, raw)
        if data:
            hour = int.from_bytes(data[1:5], "big") - days * 24
            store.redis.hset(name, raw, data[:1] + hour.to_bytes(4, "big") + data[5:])


def test_spam_of_long_ago_keeps_nobody_from_being_trusted(runtime, grant):
    put_settings(runtime.store, SITE, STRICT)
    regular = {"id": "u9"}
    spam = decide(runtime, check(runtime, grant, "A word on bricks.", regular), "spam")
    made_older(runtime.store, spam, 500)
    for n in range(4):
        decide(runtime, check(runtime, grant, f"Word {n} on kilns.", regular), "ham")
    assert set(reputations(runtime.store).values()) == {(4, 1)}
    before = now_ms() - 400 * authors.DAY_MS
    for part in range(4):
        signals.drop_before(runtime.store, SITE, before, part, 4)
    assert set(reputations(runtime.store).values()) == {(4, 0)}
    assert check(runtime, grant, "A word on clay.", regular).verdict.signals["praised"] > 0


def test_what_was_decided_anew_is_not_forgotten_for_its_age(runtime, grant):
    """Whoever looked through the notes saw the decision that stood there before."""
    one = decide(runtime, check(runtime, grant, "A word on bricks.", ADA), "spam")
    said, k = reputations(runtime.store), keys.of_site(SITE)
    hour = now_ms() // signals.HOUR_MS
    call = [k.authors], [hour - 1, raw_id(one.id)]
    assert runtime.store.run("expire_noted", *call) == 0
    assert reputations(runtime.store) == said != {}
    made_older(runtime.store, one, 1)
    assert runtime.store.run("expire_noted", *call) == len(said)
    assert reputations(runtime.store) == {} and noted(runtime.store) == []


@pytest.mark.parametrize("end", ["undone", "deleted", "corrected"])
def test_what_expired_is_not_taken_back_again(runtime, grant, end):
    """What counts since is of other comments."""
    put_settings(runtime.store, SITE, STRICT)
    old = decide(runtime, check(runtime, grant, "A word on bricks.", EVE), "spam")
    made_older(runtime.store, old, 500)
    decide(runtime, check(runtime, grant, "A word on kilns.", EVE), "spam")
    before = now_ms() - 400 * authors.DAY_MS
    for part in range(4):
        signals.drop_before(runtime.store, SITE, before, part, 4)
    since = reputations(runtime.store)
    assert set(since.values()) == {(0, 1)}
    if end == "undone":
        deciding.undo(runtime, SITE, old.id, WORD, None)
    elif end == "deleted":
        deciding.forget(runtime, SITE, old.id)
    else:
        decide(runtime, old, "ham")
    expected = (1, 1) if end == "corrected" else (0, 1)
    assert reputations(runtime.store) == dict.fromkeys(since, expected)


def test_a_log_that_was_compacted_leads_to_what_counted_too(runtime, grant):
    """Compaction takes the words out that hold no longer, and what holds again is of an older."""
    put_settings(runtime.store, SITE, STRICT)
    one = decide(runtime, check(runtime, grant, "A word on bricks.", EVE), "spam")
    counted = reputations(runtime.store)
    decide(runtime, one, "ham")
    deciding.undo(runtime, SITE, one.id, WORD, None)
    assert reputations(runtime.store) == counted != {}
    compacting.compact(runtime, SITE, lambda *_: None, lambda taken: None)
    deciding.forget(runtime, SITE, one.id)
    assert reputations(runtime.store) == {} and noted(runtime.store) == []


def test_a_label_that_counted_for_nobody_does_not_when_it_holds_again(runtime, grant):
    put_settings(runtime.store, SITE, STRICT)
    sent = submission("A word on bricks.", author=EVE, external_id="c1")
    taught = teaching.teach(runtime, grant, sent, "spam", WORD)
    assert reputations(runtime.store) == {}
    decide(runtime, taught, "ham")
    assert set(reputations(runtime.store).values()) == {(1, 0)}
    deciding.undo(runtime, SITE, taught.id, WORD, None)
    assert reputations(runtime.store) == {} and noted(runtime.store) == []
