"""What people decided of an author counts for the next comment, and a campaign of many is seen."""

from __future__ import annotations

import pytest

from moderation.domain.sites import SiteSettings
from moderation.flow.comments import checking, draining, submitting
from moderation.flow.comments.reasons import ENGLISH
from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.flow.lookup import find
from moderation.flow.people import records
from moderation.flow.rows import personal_hash
from moderation.flow.runtime import now_ms
from moderation.store import authors, keys, knowing, signals
from tests.factories import SITE, all_keys, put_settings, submission

HAM = "Thanks, the second example fixed my build of the {} kiln at once."
SPAM = "Buy cheap viagra online, best casino bonus at http://pills.example/buy now!!!"
CHAIN = "Our garden wall fell down last night and my {} neighbour helped me all day to build it."
WORD = Word("ann", "api")


def author(n: int, **fields: str) -> dict[str, str]:
    return {"name": f"Writer {n}", "email": f"w{n}@mail.example", "ip": f"198.51.{n}.7"} | fields


ADA = {"name": "Ada", "email": "ada@mail.example", "ip": "192.0.2.7", "url": "http://ada.example/"}


def check(runtime, grant, content, who, **fields):
    return checking.check(runtime, grant, submission(content, author=who, **fields)).comment


def decided(runtime, grant, label, who, n=2, content=HAM):
    return [
        deciding.decide(
            runtime, SITE, check(runtime, grant, content.format(i), who).id, label, WORD, None
        )
        for i in range(n)
    ]


def reasons(comment) -> list[str]:
    return [code for code, _ in comment.verdict.reasons]


@pytest.mark.parametrize("same", ["email", "ip", "id", "url"])
def test_two_decisions_for_spam_hold_the_next_of_the_same_author(runtime, grant, same):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99))
    who = {**ADA, "id": "u1"}
    decided(runtime, grant, "spam", who)
    other = author(9, id="u9", url="http://nine.example/") | {same: who[same]}
    held = check(runtime, grant, "A question about the glaze, please.", other)
    assert (held.status, reasons(held)[0]) == ("held", "bad_reputation")
    assert held.verdict.decided_by == "rule" and not held.verdict.discard
    assert held.verdict.signals["blamed"] == 2.0
    assert check(runtime, grant, "Another question.", author(8)).status == "approved"


def test_one_decision_for_spam_or_as_many_for_ham_hold_nobody(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99))
    decided(runtime, grant, "spam", ADA, 1)
    assert check(runtime, grant, "A question about glazes.", ADA).status == "approved"
    decided(runtime, grant, "spam", ADA, 1, "Once more {} spam.")
    assert check(runtime, grant, "A question about clay.", ADA).status == "held"
    decided(runtime, grant, "ham", ADA, 2, "A word {} on bricks.")
    assert check(runtime, grant, "A question about ash.", ADA).status == "approved"


def test_who_takes_a_decision_back_takes_its_weight_back(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99))
    one, _ = decided(runtime, grant, "spam", ADA)
    deciding.undo(runtime, SITE, one.id, WORD, None)
    assert check(runtime, grant, "A question about glazes.", ADA).status == "approved"
    deciding.decide(runtime, SITE, one.id, "spam", WORD, None)
    assert check(runtime, grant, "A question about clay.", ADA).status == "held"
    deciding.decide(runtime, SITE, one.id, "ham", WORD, None)
    assert check(runtime, grant, "A question about ash.", ADA).status == "approved"


def test_ten_approved_and_none_rejected_are_trusted_by_reputation(runtime, grant):
    decided(runtime, grant, "ham", ADA, 10)
    put_settings(runtime.store, SITE, SiteSettings(hold=0.0001, reject=0.9999))
    doubted = check(runtime, grant, "A plain word.", ADA)
    assert (doubted.status, reasons(doubted)[0]) == ("approved", "good_reputation")
    put_settings(runtime.store, SITE, SiteSettings(hold=0.0001, reject=0.0002))
    assert check(runtime, grant, "Another plain word.", ADA).status == "held"
    put_settings(runtime.store, SITE, SiteSettings(hold=0.0001, reject=0.9999))
    decided(runtime, grant, "spam", ADA, 1)
    assert check(runtime, grant, "A last word.", ADA).status == "held"


@pytest.mark.parametrize(
    "other",
    [{"ip": "203.0.113.9"}, {"ip": ""}, {"email": "eve@mail.example"}, {"email": ""}],
    ids=["elsewhere", "nowhere", "neighbour", "nameless"],
)
def test_a_spoofed_e_mail_earns_nothing_and_lends_nothing(runtime, grant, other):
    decided(runtime, grant, "ham", ADA, 10)
    put_settings(runtime.store, SITE, SiteSettings(hold=0.0001, reject=0.9999))
    assert check(runtime, grant, "A plain word.", {**ADA, **other}).status == "held"


def test_spam_under_somebody_s_e_mail_does_not_hold_them_once_they_are_known(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99))
    decided(runtime, grant, "ham", ADA, 10)
    decided(
        runtime, grant, "spam", {"email": ADA["email"], "ip": "203.0.113.9"}, 12, "Spam {} here."
    )
    assert check(runtime, grant, "A plain word.", ADA).status == "approved"


def test_a_network_is_held_for_four_and_not_for_ever(runtime, grant, monkeypatch):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99))
    for n in range(4):
        decided(runtime, grant, "spam", author(n, ip=f"192.0.2.{n}"), 1, f"A word {{}} of {n}.")
    neighbour = author(9, ip="192.0.2.200")
    assert check(runtime, grant, "A plain word.", neighbour).status == "held"
    decided(runtime, grant, "ham", author(7, ip="192.0.2.77"), 1, "Good {} word.")
    assert check(runtime, grant, "Another plain word.", neighbour).status == "approved"


def test_what_was_decided_weighs_half_after_its_half_life(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99))
    decided(runtime, grant, "spam", ADA)
    prefix = keys.of_site(SITE).authors + "r"
    for bucket in range(512):  # Everything was decided ninety days ago.
        for who, data in runtime.store.redis.hgetall(f"{prefix}{bucket}").items():
            hour = int.from_bytes(data[:4], "big") - 90 * 24
            runtime.store.redis.hset(f"{prefix}{bucket}", who, hour.to_bytes(4, "big") + data[4:])
    assert check(runtime, grant, "A plain word.", ADA).status == "approved"


def chain(runtime, grant, n, **fields):
    words = ["old", "new", "kind", "tall", "good", "late", "busy", "glad"]
    return [
        check(runtime, grant, CHAIN.format(words[i % len(words)]), author(i) | fields)
        for i in range(n)
    ]


def test_a_campaign_is_held_from_the_fifth_on_and_says_how_many(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99))
    found = chain(runtime, grant, 7)
    assert [one.status for one in found] == ["approved"] * 4 + ["held"] * 3
    assert reasons(found[-1])[0] == "campaign"
    said = ENGLISH.full(found[-1].verdict, "campaign")
    assert said == "7 near-identical comments from 7 addresses in an hour."
    assert check(runtime, grant, "The kiln of our village stands there since long ago, they say.",
                 author(30)).status == "approved"  # fmt: skip


def test_one_who_repeats_himself_is_no_campaign(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99))
    found = chain(runtime, grant, 7, email="w@mail.example", ip="192.0.2.7", name="W")
    assert {one.status for one in found} == {"approved"}


def test_a_campaign_ends_when_a_person_says_ham(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99))
    held = chain(runtime, grant, 6)[-1]
    assert held.status == "held"
    deciding.decide(runtime, SITE, held.id, "ham", WORD, None)
    assert {one.status for one in chain(runtime, grant, 5)} == {"approved"}


def test_what_is_sent_in_a_batch_is_a_campaign_too(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99))
    words = ["old", "new", "kind", "tall", "good", "late"]
    sent = [submission(CHAIN.format(word), author=author(i)) for i, word in enumerate(words)]
    done = submitting.submit(runtime, grant, sent)
    draining.drain_lane(runtime, keys.shard_of(SITE) % keys.LANES)
    found = [find(runtime, SITE, one.id).status for one in done]
    assert sorted(found) == ["approved"] * 4 + ["held"] * 2


def test_what_is_known_never_discards_and_spam_stays_spam(runtime, grant):
    decided(runtime, grant, "spam", ADA, 3)
    again = check(runtime, grant, SPAM, ADA)
    assert (again.status, again.verdict.decided_by) == ("spam", "model")


def test_a_site_that_wants_none_of_it_counts_none(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(reputation=False, hold=0.98, reject=0.99))
    decided(runtime, grant, "spam", ADA, 3)
    assert check(runtime, grant, "A plain word.", ADA).status == "approved"
    assert {one.status for one in chain(runtime, grant, 7)} == {"approved"}
    assert not [k for k in all_keys(runtime.store) if b":alike:c" in k or b":alike:r" in k]


def test_everything_under_a_hash_is_forgotten_at_one_place(runtime, grant):
    put_settings(runtime.store, SITE, SiteSettings(pace_author=9, hold=0.98, reject=0.99))
    decided(runtime, grant, "spam", {"email": ADA["email"]}, 3)
    who = authors.who(personal_hash(runtime.secret, "email", ADA["email"]))
    assert knowing.forget(runtime.store, SITE, [who], now_ms()) >= 3
    assert check(runtime, grant, "A plain word.", {"email": ADA["email"]}).status == "approved"
    assert knowing.forget(runtime.store, SITE, [authors.who("00" * 12)], now_ms()) == 0


def reputed(store) -> tuple[set[int], set[int]]:
    """Return which bits say that there may be a reputation, and which there are."""
    prefix = keys.of_site(SITE).authors
    known = {
        64 * bucket + field[0] % 64
        for bucket in range(signals.BUCKETS)
        for field in store.redis.hkeys(f"{prefix}r{bucket}")
    }
    found = store.redis.get(f"{prefix}reputed") or b""
    return {i for i in range(8 * len(found)) if found[i // 8] >> (7 - i % 8) & 1}, known


def test_the_store_says_who_may_have_a_reputation_and_forgets_who_has_none_any_more(runtime, grant):
    for n in range(12):
        decided(runtime, grant, "spam", author(n, url=f"http://w{n}.example/"), 1)
    said, known = reputed(runtime.store)
    assert said == known and len(known) > 40
    prefix, bucket = keys.of_site(SITE).authors, 77
    for field in (b"\x01abc", b"\x41abc", b"\x02abc"):  # The first two share a bit.
        runtime.store.redis.hset(f"{prefix}r{bucket}", field, bytes(16))
        runtime.store.redis.setbit(f"{prefix}reputed", 64 * bucket + field[0] % 64, 1)
    place = bucket.to_bytes(2, "big")
    assert signals.drop(runtime.store, SITE, [place + b"\x01abc", place + b"\x09abc"]) == 1
    said, known = reputed(runtime.store)
    assert said == known, "somebody else is known under the same bit"
    assert 64 * bucket + 1 in said
    assert signals.drop(runtime.store, SITE, [place + b"\x41abc"]) == 1
    said, known = reputed(runtime.store)
    assert said == known and 64 * bucket + 1 not in said
    gone = sum(
        signals.drop_before(runtime.store, SITE, now_ms() + 7_200_000, part, 4) for part in range(4)
    )
    assert gone >= len(known)
    assert reputed(runtime.store) == (set(), set())


def test_what_a_version_without_these_bits_wrote_is_found_again(runtime, grant):
    """One by one with the next decision, all of them as the sweep comes round."""
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99))
    for who in (ADA, author(7)):
        decided(runtime, grant, "spam", who, 3)
    runtime.store.redis.delete(f"{keys.of_site(SITE).authors}reputed")
    assert check(runtime, grant, "A question about glazes.", ADA).status == "approved"
    decided(runtime, grant, "spam", ADA, 1, "Once more {} spam.")
    assert check(runtime, grant, "A question about clay.", ADA).status == "held"
    assert check(runtime, grant, "A question about ash.", author(7)).status == "approved"
    for part in range(8):
        signals.drop_before(runtime.store, SITE, 0, part, 8)
    said, known = reputed(runtime.store)
    assert said == known != set()
    assert check(runtime, grant, "A question about kilns.", author(7)).status == "held"


@pytest.mark.parametrize(
    "begun",
    [
        SiteSettings(hold=0.98, reject=0.99, hold_first_time=True),
        SiteSettings(hold=0.98, reject=0.99, pace_author=1, reputation=False),
    ],
    ids=["first time", "pace"],
)
def test_what_a_site_has_just_begun_to_ask_is_asked_for_the_very_next_comment(
    runtime, grant, begun
):
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99))
    for n in range(3):
        assert check(runtime, grant, f"A question {n} on glazes.", ADA).status == "approved"
    decided(runtime, grant, "ham", ADA, 4, "A word {} on bricks.")
    put_settings(runtime.store, SITE, begun)
    if begun.hold_first_time:
        assert check(runtime, grant, "A question about clay.", ADA).status == "approved"
        assert reasons(check(runtime, grant, "A first one.", author(5)))[0] == "first_time_author"
    else:
        assert check(runtime, grant, "A question about clay.", ADA).status == "approved"
        assert check(runtime, grant, "A question about ash.", ADA).status == "held"


def test_reputations_that_a_site_has_just_asked_for_hold_the_very_next_comment(runtime, grant):
    strict = SiteSettings(hold=0.98, reject=0.99)
    put_settings(runtime.store, SITE, strict)
    decided(runtime, grant, "spam", ADA, 3)
    put_settings(runtime.store, SITE, SiteSettings(hold=0.98, reject=0.99, reputation=False))
    assert check(runtime, grant, "A question about glazes.", ADA).status == "approved"
    put_settings(runtime.store, SITE, strict)
    assert check(runtime, grant, "A question about clay.", ADA).status == "held"


@pytest.mark.parametrize(
    "wrote, asked",
    [
        (ADA["email"], ADA["email"]),
        (f"Ada <{ADA['email'].upper()}>", f"mailto:{ADA['email']}."),
        ("ada@xn--mller-kva.example", "Ada@m\u00fcller.example"),
    ],
)
def test_a_person_who_is_forgotten_leaves_no_name_of_e_mail_and_network(
    runtime, grant, wrote, asked
):
    decided(runtime, grant, "ham", {"email": wrote, "ip": ADA["ip"]}, 10)
    records.forget(runtime, SITE, email=asked, ip=ADA["ip"])
    _, known = reputed(runtime.store)
    assert len(known) == 1, "the network alone, which others share"
