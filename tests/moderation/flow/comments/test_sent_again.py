"""A comment that is sent again is one: what was decided of its text before counts no more."""

from __future__ import annotations

from collections import Counter

import pytest

from moderation.domain.sites import SiteSettings
from moderation.flow.comments import checking, draining, submitting
from moderation.flow.labels import deciding, teaching
from moderation.flow.lookup import find, raw_id
from moderation.store import keys, signals
from tests.factories import SITE, all_keys, put_settings, submission
from tests.moderation.flow.comments.counted import (
    ADA,
    AFTER,
    BEFORE,
    CHAIN,
    EVE,
    STRICT,
    WORD,
    author,
    check,
    decide,
    noted,
    reputations,
)


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
