"""What a decision counted is taken back once, and from nothing that came since."""

from __future__ import annotations

import pytest

from moderation.flow.labels import deciding
from moderation.flow.lookup import raw_id
from moderation.flow.people import records
from moderation.flow.rows import personal_hash
from moderation.flow.runtime import now_ms
from moderation.store import authors, keys, knowing, signals
from tests.factories import SITE, all_keys, put_settings
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


def decided_before_notes(runtime, grant, content, label, who=ADA):
    """Return a comment that a version decided which did not note where its decision counts."""
    one = decide(runtime, check(runtime, grant, content, who), label)
    for name in noted(runtime.store):
        runtime.store.redis.hdel(name, raw_id(one.id))
    return one


@pytest.mark.parametrize("end", ["undone", "deleted", "corrected", "said again"])
@pytest.mark.parametrize("is_old", [True, False], ids=["no entry", "entry"])
def test_what_an_older_version_counted_is_taken_back_once(runtime, grant, end, is_old):
    put_settings(runtime.store, SITE, STRICT)
    decide(runtime, check(runtime, grant, "A word on bricks, friends.", ADA), "spam")
    others = reputations(runtime.store)
    one = decided_before_notes(runtime, grant, "A word on kilns, friends.", "spam")
    if is_old:  # It did not keep either with which entry a reputation began.
        for name in all_keys(runtime.store, keys.of_site(SITE).authors + "r[0-9]*"):
            for field, data in runtime.store.redis.hgetall(name).items():
                runtime.store.redis.hset(name, field, data[:16])
    if end == "undone":
        deciding.undo(runtime, SITE, one.id, WORD, None)
    elif end == "deleted":
        deciding.forget(runtime, SITE, one.id)
    else:
        decide(runtime, one, "ham" if end == "corrected" else "spam")
        both = (1, 1) if end == "corrected" else (0, 2)
        assert set(reputations(runtime.store).values()) == {both}
        deciding.undo(runtime, SITE, one.id, WORD, None)
        # The decision before holds again, and counts again.
        assert set(reputations(runtime.store).values()) == {(0, 2)}
        deciding.undo(runtime, SITE, one.id, WORD, None)
    assert reputations(runtime.store) == others
    if end == "undone":
        decide(runtime, one, "spam")
        assert set(reputations(runtime.store).values()) == {(0, 2)}


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
    (name,) = noted(runtime.store)
    labelled = k.labelled + name.decode().removeprefix(f"{k.authors}n")
    hour = now_ms() // signals.HOUR_MS
    call = [k.authors, labelled], [hour - 1, raw_id(one.id)]
    assert runtime.store.run("expire_noted", *call) == 0
    assert reputations(runtime.store) == said != {}
    made_older(runtime.store, one, 1)
    assert runtime.store.run("expire_noted", *call) == len(said)
    assert reputations(runtime.store) == {} and noted(runtime.store) == []
