"""The order of the rules: trusted roles, the list, the hidden field, an attack, then the score."""

from __future__ import annotations

import pytest

from classifier import Bands
from moderation.domain import policy
from moderation.domain.listed import Draft, Listed, rewritten
from moderation.domain.matching import Compiled
from moderation.domain.policy import Rules
from moderation.domain.sites import Attack, Contradiction, SiteSettings, check
from moderation.domain.verdicts import CONTENT_CUT
from tests.factories import submission

BANDS = Bands(hold=0.4, reject=0.8, discard=0.95)
NOW = 1_790_000_000_000
PEACE = Attack()
ATTACK = Attack(NOW + 1000, "ann", NOW - 1000)


def listed(*drafts: Draft) -> Compiled:
    return Compiled(rewritten(Listed(), drafts, "ann", 1))


def judged(score=0.1, sent=None, entries=(), attack=PEACE, labels=0, now=NOW, **chosen):
    return policy.judge(
        sent or submission(),
        score,
        [("links", 1.2)],
        bands=BANDS,
        settings=SiteSettings(**chosen),
        model="m",
        policy=3,
        rules=Rules(listed(*entries), attack),
        labels=labels,
        now_ms=now,
    )


ENTRY = Draft("words", "second example", "spam")
TRUSTED = submission(author={"role": "editor"})
TRAPPED = submission(honeypot="buy now")


@pytest.mark.parametrize("score", [0.0, 0.5, 0.99])
@pytest.mark.parametrize(
    "action, status", [("approve", "approved"), ("hold", "held"), ("spam", "spam")]
)
def test_an_entry_of_the_list_decides_whatever_the_score(score, action, status):
    word = judged(score, entries=[Draft("words", "second example", action)])
    assert (word.status, word.decided_by, word.discard) == (status, "rule", False)
    assert (word.reasons, word.signals) == ((("listed_words", 0.0),), {"list_entry": 1.0})
    assert (word.score, word.label) == (score, "spam" if score >= 0.5 else "ham")


@pytest.mark.parametrize(
    "kind, value, reason",
    [
        ("words", "example", "listed_words"),
        ("domain", "shop.example", "listed_domain"),
        ("address", "192.0.2.0/24", "listed_address"),
        ("email", "*@mail.example", "listed_email"),
    ],
)
def test_a_verdict_names_the_kind_of_its_entry_and_its_number(kind, value, reason):
    sent = submission(
        "An example at shop.example", author={"email": "a@mail.example", "ip": "192.0.2.1"}
    )
    entries = [Draft("words", "nothing of it", "approve"), Draft(kind, value, "hold")]
    word = judged(0.1, sent, entries)
    assert (word.reasons, word.signals) == (((reason, 0.0),), {"list_entry": 2.0})


def test_a_trusted_role_goes_before_the_list_and_that_before_the_hidden_field():
    assert judged(sent=TRUSTED, entries=[ENTRY]).reasons[0][0] == "trusted_role"
    allow = Draft("words", "second example", "approve")
    assert judged(sent=TRAPPED, entries=[allow]).status == "approved"
    assert judged(sent=TRAPPED).status == "spam"


@pytest.mark.parametrize("score", [0.0, 0.5, 0.99])
def test_under_attack_everything_is_held_that_no_other_rule_decides(score):
    word = judged(score, attack=ATTACK)
    assert (word.status, word.decided_by, word.discard) == ("held", "rule", False)
    assert word.reasons == (("under_attack", 0.0),)
    assert judged(score, TRUSTED, attack=ATTACK).status == "approved"
    allow = Draft("words", "second example", "approve")
    assert judged(score, entries=[allow], attack=ATTACK).status == "approved"
    assert judged(score, entries=[ENTRY], attack=ATTACK).status == "spam"


def test_an_attack_ends_by_itself():
    assert judged(attack=ATTACK, now=ATTACK.until_ms - 1).status == "held"
    assert judged(attack=ATTACK, now=ATTACK.until_ms).status == "approved"


@pytest.mark.parametrize(
    "fail_mode, status", [("approve", "held"), ("hold", "held"), ("spam", "spam")]
)
def test_while_the_store_is_away_nothing_under_attack_is_approved(fail_mode, status):
    settings, rules = SiteSettings(fail_mode=fail_mode), Rules(attack=ATTACK)
    word = policy.by_fail_mode(settings, "store_unreachable", rules, NOW)
    assert (word.status, word.decided_by) == (status, "fail_mode")
    assert policy.by_fail_mode(SiteSettings(fail_mode="approve"), "x").status == "approved"


def test_what_was_not_read_is_not_approved_for_words_in_the_rest():
    def cut(*entries, sent=None):
        return policy.of_partly_read(judged(sent=sent, entries=entries), CONTENT_CUT)

    held = cut(Draft("words", "second example", "approve"))
    assert (held.status, held.reasons[0][0]) == ("held", CONTENT_CUT)
    assert cut(Draft("email", "ada@mail.example", "approve")).status == "approved"
    assert cut(sent=TRUSTED).status == "approved"
    assert cut(ENTRY).status == "spam"


def test_a_site_that_warms_up_rejects_nothing_by_its_score():
    assert judged(0.9, warm_up=10, labels=9).status == "held"
    assert judged(0.9, warm_up=10, labels=9).reasons[0][0] == "warming_up"
    assert judged(0.9, warm_up=10, labels=10).status == "spam"
    assert judged(0.1, warm_up=10).status == "approved"
    assert judged(0.9, sent=TRAPPED, warm_up=10).status == "spam"


@pytest.mark.parametrize(
    "chosen",
    [{"hold": 0.9, "reject": 0.5}, {"trusted_roles": ("a,b",)}, {"trusted_roles": ("",)}],
)
def test_settings_that_contradict_themselves_are_refused(chosen):
    with pytest.raises(Contradiction):
        check(SiteSettings(**chosen))


def test_settings_that_agree_are_taken_as_they_are():
    for chosen in ({}, {"hold": 0.5, "reject": 0.5}, {"hold": 0.9}, {"reject": 0.1}):
        assert check(SiteSettings(**chosen)) == SiteSettings(**chosen)
