"""Reasons say what was counted for them, in every language with its plural forms."""

from __future__ import annotations

import pytest

from moderation.domain.verdicts import Verdict
from moderation.flow.comments.reasons import ENGLISH, Teller
from moderation.wording import LANGUAGES, catalogue

LISTED = {"feed": 4.0, "feed_sites": 3.0, "feed_people": 5.0, "list_entry": 7.0}


def verdict(code: str, **signals: float) -> Verdict:
    return Verdict("spam", "held", 0.5, False, ((code, 0.0),), "m+0", 1, "rule", signals)


def said(language: str, code: str, **signals: float) -> str:
    return Teller(catalogue(language)).figures(verdict(code, **signals), code)


CAMPAIGNS = [
    ("en", 17, 9, 2, "17 near-identical comments from 9 addresses in an hour."),
    ("en", 5, 1, 3, "5 near-identical comments from 3 authors in an hour."),
    ("de", 17, 9, 2, "17 fast gleiche Kommentare von 9 Adressen in einer Stunde."),
    ("de", 6, 1, 1, "6 fast gleiche Kommentare von 1 Adresse in einer Stunde."),
    ("ar", 17, 9, 2, "17 تعليقًا شبه متطابق من 9 عناوين خلال ساعة."),
    ("ar", 5, 2, 1, "5 تعليقات شبه متطابقة من عنوانين خلال ساعة."),
    ("ar", 100, 2, 11, "100 تعليق شبه متطابق من 11 كاتبًا خلال ساعة."),
]


@pytest.mark.parametrize("language, number, addresses, authors, words", CAMPAIGNS)
def test_a_campaign_says_how_many_came_and_of_whom(language, number, addresses, authors, words):
    signals = {
        "campaign": float(number),
        "campaign_addresses": float(addresses),
        "campaign_authors": float(authors),
    }
    assert said(language, "campaign", **signals) == words


RECORDS = [
    ("en", "People decided spam once about this e-mail.", "People decided spam 3 times about"),
    ("de", "Menschen haben einmal auf Spam", "Menschen haben 3-mal auf Spam"),
    ("ar", "قرر الناس مرة واحدة", "قرر الناس 3 مرات"),
]


@pytest.mark.parametrize("language, once, thrice", RECORDS)
def test_a_reputation_says_how_often_people_decided_so(language, once, thrice):
    assert said(language, "bad_reputation", blamed=1.0, blamed_for=2.0).startswith(once)
    assert said(language, "bad_reputation", blamed=3.0, blamed_for=99.0).startswith(thrice)
    assert "12" in said(language, "good_reputation", praised=12.0)


@pytest.mark.parametrize(
    "code, signal",
    [("pace_address", "address_hour"), ("pace_author", "author_hour"), ("trusted_author", "earned"),
     ("listed_words", "list_entry"), ("subscribed_list", "subscribed_list")],
)  # fmt: skip
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_rule_counted_is_said_in_every_language(language, code, signal):
    found = {said(language, code, **{signal: float(number)}) for number in (1, 2, 5, 40)}
    assert len(found) == 4 and "" not in found
    assert "40" in said(language, code, **{signal: 40.0})
    if language != "en":
        assert not found & {said("en", code, **{signal: float(n)}) for n in (1, 2, 5, 40)}


@pytest.mark.parametrize("code", ["campaign", "bad_reputation", "pace_author", "listed_words"])
def test_a_reason_without_figures_says_its_text_and_one_that_is_not_known_its_code(code):
    bare = verdict(code)
    assert ENGLISH.figures(bare, code) == ""
    assert ENGLISH.full(bare, code) == ENGLISH.text(code) != code
    assert ENGLISH.full(bare, "of_the_future") == "of_the_future"


def test_a_feed_says_who_stands_behind_what_it_knows():
    assert said("en", "campaign_elsewhere", **LISTED).endswith("(feed 4; sites: 3, people: 5)")
