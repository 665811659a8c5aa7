"""A comment that is sent again is one: what was decided of its text before counts no more."""

from __future__ import annotations

from collections import Counter

import pytest

from moderation.domain.sites import SiteSettings
from moderation.flow.comments import checking, draining, submitting
from moderation.flow.labels import deciding, teaching
from moderation.flow.labels.deciding import Word
from moderation.flow.lookup import find, raw_id
from moderation.flow.people import records
from moderation.flow.rows import personal_hash
from moderation.flow.runtime import now_ms
from moderation.store import authors, keys, knowing, signals
from tests.factories import SITE, all_keys, put_settings, submission

WORD = Word("ann", "api")
STRICT = SiteSettings(hold=0.98, reject=0.99)
ADA = {"name": "Ada", "email": "ada@mail.example", "ip": "192.0.2.7", "url": "http://ada.example/"}
EVE = {"name": "Eve", "id": "u5", "email": "eve@mail.example", "ip": "203.0.113.9"}
BEFORE = "The {} glaze of my bowl came from http://shards.example/blue and it never cracked."
AFTER = "The {} glaze of my bowl came from http://tiles.example/green and it never cracked."
CHAIN = "Our garden wall fell down last night and my {} neighbour helped me all day to build it."


def author(n: int) -> dict[str, str]:
    return {"name": f"Writer {n}", "email": f"w{n}@mail.example", "ip": f"198.51.{n}.7"}


def check(runtime, grant, content, who, external_id="", **fields):
    sent = submission(content, author=who, external_id=external_id)
    return checking.check(runtime, grant, sent, **fields).comment


def decide(runtime, comment, label):
    return deciding.decide(runtime, SITE, comment.id, label, WORD, None)


def reputations(store) -> dict[bytes, tuple[int, int]]:
    """Return of all that has a reputation how often ham and spam were said."""
    prefix = keys.of_site(SITE).authors + "r"
    found = {}
    for bucket in range(signals.BUCKETS):
        for who, data in store.redis.hgetall(f"{prefix}{bucket}").items():
            counts = int.from_bytes(data[12:14], "big"), int.from_bytes(data[14:16], "big")
            found[b"%d/%s" % (bucket, who)] = counts
    return found


def noted(store) -> list[bytes]:
    """Return the hashes of what is kept of decisions that count."""
    return all_keys(store, keys.of_site(SITE).authors + "n*")


def sent_again(runtime, grant, external_id, content, who, way):
    sent = submission(content, author=who, external_id=external_id)
    if way == "submitted":
        submitting.submit(runtime, grant, [sent])
        draining.drain_lane(runtime, keys.shard_of(SITE) % keys.LANES)
    elif way == "taught":
        teaching.teach(runtime, grant, sent, "ham", WORD)
    else:
        checking.check(runtime, grant, sent)


@pytest.mark.parametrize(
    "way, label, who",
    [
        ("checked", "ham", ADA), ("checked", "spam", EVE), ("submitted", "spam", ADA),
        ("taught", "ham", EVE), ("taught", "spam", ADA),
    ],
)  # fmt: skip
def test_a_decision_on_a_text_that_was_replaced_counts_nowhere(runtime, grant, way, label, who):
    put_settings(runtime.store, SITE, STRICT)
    others = decide(runtime, check(runtime, grant, BEFORE.format("red"), ADA), label)
    alone = reputations(runtime.store)
    assert alone and set(alone.values()) <= {(1, 0), (0, 1)}
    decide(runtime, check(runtime, grant, BEFORE.format("blue"), ADA, "c-1"), label)
    assert set(reputations(runtime.store).values()) <= {(2, 0), (0, 2)}
    sent_again(runtime, grant, "c-1", AFTER.format("blue"), who, way)
    assert reputations(runtime.store) == alone, "what was said of the other comment stays"
    deciding.forget(runtime, SITE, others.id)
    assert reputations(runtime.store) == {} and noted(runtime.store) == []


def test_two_comments_that_were_revised_hold_nobody_for_a_link_that_is_gone(runtime, grant):
    put_settings(runtime.store, SITE, STRICT)
    for n in range(2):
        one = check(runtime, grant, BEFORE.format(f"late{n}"), author(n), f"c-{n}")
        decide(runtime, one, "spam")
    asked = "Is http://shards.example/ask the page with the questions on kilns of our village?"
    assert check(runtime, grant, asked, author(7)).verdict.signals["blamed"] == 2.0
    for n in range(2):
        check(runtime, grant, f"The glaze number {n} of my bowl.", author(n), f"c-{n}")
    assert "blamed" not in check(runtime, grant, asked, author(8)).verdict.signals


@pytest.mark.parametrize("end", ["undone", "deleted", "deleted later"])
def test_what_is_decided_of_each_text_in_turn_counts_once_and_then_no_more(runtime, grant, end):
    put_settings(runtime.store, SITE, STRICT)
    for content, who, label in (
        (BEFORE, ADA, "spam"), (AFTER, EVE, "ham"), (BEFORE, EVE, "spam"), (AFTER, ADA, "spam"),
    ):  # fmt: skip
        one = check(runtime, grant, content.format("blue"), who, "c-1")
        one = decide(runtime, one, label)
        side = (1, 0) if label == "ham" else (0, 1)
        assert set(reputations(runtime.store).values()) == {side}
    if end == "undone":
        deciding.undo(runtime, SITE, one.id, WORD, None)
        assert reputations(runtime.store) == {}
        decide(runtime, one, "spam")
    elif end == "deleted later":  # Its time to live was over before somebody was erased.
        runtime.store.redis.delete(keys.of_site(SITE).comment.encode() + raw_id(one.id))
    deciding.forget(runtime, SITE, one.id)
    assert reputations(runtime.store) == {} and noted(runtime.store) == []


@pytest.mark.parametrize("end", ["undone", "deleted", "changed"])
def test_a_label_that_counted_nowhere_takes_nothing_from_others(runtime, grant, end):
    put_settings(runtime.store, SITE, STRICT)
    for n in range(2):
        decide(runtime, check(runtime, grant, f"Word {n} on bricks, friends.", ADA), "spam")
    before = reputations(runtime.store)
    sent = submission("A word on kilns, friends.", author=ADA)
    taught = teaching.teach(runtime, grant, sent, "spam", WORD)
    if end == "undone":
        deciding.undo(runtime, SITE, taught.id, WORD, None)
    elif end == "deleted":
        deciding.forget(runtime, SITE, taught.id)
    else:
        decide(runtime, taught, "ham")
        deciding.undo(runtime, SITE, taught.id, WORD, None)
        deciding.forget(runtime, SITE, taught.id)
    assert reputations(runtime.store) == before


def test_a_decision_that_the_site_changes_by_its_external_id_is_taken_back(runtime, grant):
    put_settings(runtime.store, SITE, STRICT)
    one = decide(runtime, check(runtime, grant, BEFORE.format("red"), ADA, "c-1"), "spam")
    sent = submission(BEFORE.format("red"), author=ADA, external_id="c-1")
    teaching.teach(runtime, grant, sent, "spam", WORD)
    assert set(reputations(runtime.store).values()) == {(0, 1)}, "the same word again"
    teaching.teach(runtime, grant, sent, "ham", WORD)
    assert reputations(runtime.store) == {}
    assert find(runtime, SITE, one.id).status == "approved"


def test_a_decision_of_long_ago_takes_back_only_what_it_still_weighs(runtime, grant):
    put_settings(runtime.store, SITE, STRICT)
    old = decide(runtime, check(runtime, grant, "A word on bricks, friends.", ADA), "spam")
    kept, days = keys.of_site(SITE).authors, 180 * 24
    for name in all_keys(runtime.store, f"{kept}[nr][0-9]*"):
        at = 1 if name.startswith(f"{kept}n".encode()) else 0
        for field, data in runtime.store.redis.hgetall(name).items():
            hour = int.from_bytes(data[at : at + 4], "big") - days
            moved = data[:at] + hour.to_bytes(4, "big") + data[at + 4 :]
            runtime.store.redis.hset(name, field, moved)
    for n in range(2):
        decide(runtime, check(runtime, grant, f"Word {n} on kilns, friends.", ADA), "spam")
    deciding.undo(runtime, SITE, old.id, WORD, None)
    assert check(runtime, grant, "A question about glazes.", ADA).status == "held"


def test_where_decisions_counted_is_forgotten_when_nothing_is_left_of_them(runtime, grant):
    decide(runtime, check(runtime, grant, BEFORE.format("red"), ADA), "spam")
    assert len(noted(runtime.store)) == 1
    signals.drop_before(runtime.store, SITE, 0, 0, 1)
    assert len(noted(runtime.store)) == 1
    signals.drop_before(runtime.store, SITE, 1 << 42, 0, 1)
    assert noted(runtime.store) == []


WORDS = ["old", "new", "kind", "tall", "good", "late", "busy", "glad"]


@pytest.mark.parametrize("asks", [{}, {"trust_after": 50}], ids=["one trip", "rules that ask"])
@pytest.mark.parametrize("words", [["old"], WORDS], ids=["same text", "slightly other"])
def test_a_campaign_counts_comments_however_often_each_is_sent(runtime, grant, asks, words):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99, **asks))
    for n in range(4):
        for time in range(6):
            text = CHAIN.format(words[time % len(words)])
            found = check(runtime, grant, text, author(n), f"c-{n}")
            assert found.verdict.signals.get("campaign", 0) <= 4, (n, time)
            assert found.status == "approved", found.verdict
    fifth = check(runtime, grant, CHAIN.format("shy"), author(9), "c-9")
    assert (fifth.status, fifth.verdict.signals["campaign"]) == ("held", 5.0)
    again = check(runtime, grant, CHAIN.format("proud"), author(9), "c-9")
    assert again.verdict.signals["campaign"] == 5.0
    looked = check(runtime, grant, CHAIN.format("calm"), author(9), "c-9", record=False)
    assert looked.verdict.signals["campaign"] == 5.0


def test_a_pace_counts_comments_however_often_each_is_sent(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99, pace_author=2))
    found = [
        check(runtime, grant, f"Word {time} on {n} kilns.", author(1), f"c-{n}").status
        for n in range(3)
        for time in range(3)
    ]
    assert Counter(found) == {"approved": 6, "held": 3}


def test_ham_that_is_withdrawn_ends_no_campaign(runtime, grant):
    put_settings(runtime.store, SITE, STRICT)
    found = [
        check(runtime, grant, CHAIN.format(word), author(n), f"c-{n}")
        for n, word in enumerate(WORDS)
    ]
    assert found[-1].status == "held"
    for one in found[-2:]:
        decide(runtime, one, "ham")
    deciding.undo(runtime, SITE, found[-1].id, WORD, None)
    assert check(runtime, grant, CHAIN.format("shy"), author(20)).status == "approved"
    check(runtime, grant, "Something else that is said of bricks.", author(6), "c-6")
    assert check(runtime, grant, CHAIN.format("proud"), author(21)).status == "held"


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
    deciding.undo(runtime, SITE, first.id, WORD, None)
    assert set(reputations(runtime.store).values()) == {(0, 2)}
    deciding.forget(runtime, SITE, first.id)
    deciding.forget(runtime, SITE, again.id)
    assert set(reputations(runtime.store).values()) == {(0, 1)}
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


@pytest.mark.parametrize("asks", [{}, {"trust_after": 50}], ids=["one trip", "rules that ask"])
def test_a_comment_whose_namesake_has_expired_counts_in_its_campaign(runtime, grant, asks):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99, **asks))
    for n in range(4):
        first = check(runtime, grant, CHAIN.format("old"), author(n), f"c-{n}")
    runtime.store.redis.delete(keys.of_site(SITE).comment.encode() + raw_id(first.id))
    fifth = check(runtime, grant, CHAIN.format("shy"), author(9), "c-3")
    assert (fifth.status, fifth.verdict.signals["campaign"]) == ("held", 5.0)


def test_a_comment_whose_namesake_has_expired_counts_in_the_pace(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99, pace_author=2))
    for n in range(3):
        found = check(runtime, grant, f"Word {n} on kilns.", author(1), "c-1")
        runtime.store.redis.delete(keys.of_site(SITE).comment.encode() + raw_id(found.id))
    assert found.status == "held"
