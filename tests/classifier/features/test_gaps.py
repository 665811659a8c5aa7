"""What shows nothing parts words where a text has few blanks, and none inside of words."""

from __future__ import annotations

import re

import pytest

from classifier.features.invisible import is_blank, is_default_ignorable
from tests.classifier.features.as_shown import shown

GAPS = [
    *"\u2800\u3164\uffa0\u115f\u1160\u200b\u2060\ufeff\u00ad\ufffc\u180e",
    "\u3164\u3164", "&#8203;", "&shy;", "&#x2800;",
    "<img>", '<img src="dot.gif" alt="">', "<!-- -->", "<!--x-->", "<wbr>", "<span></span>",
    "<b></b>", "<a></a>",
]  # fmt: skip
TEXTS = [
    "order cheap replica watches today and pay nothing for the postage",
    "закажи дешёвые часы сегодня и получи подарок",
    "παράγγειλε φθηνά ρολόγια σήμερα και πάρε δώρο",
    "احصل على قرض سريع اليوم بدون ضمانات",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("gap", GAPS)
def test_words_that_no_blank_parts_are_parted(gap: str, text: str) -> None:
    assert words(text.replace(" ", gap)) == text.split(" ")


@pytest.mark.parametrize("text", TEXTS[:3])
@pytest.mark.parametrize("gap", GAPS)
def test_some_blanks_among_them_do_not_matter(gap: str, text: str) -> None:
    pieces = text.split(" ")
    sent = pieces[0]
    for place, word in enumerate(pieces[1:]):
        sent += (" " if place % 4 == 3 else gap) + word
    read = words(sent)
    assert len(read) > len(pieces) * 3 // 4
    assert set(read) & set(pieces) >= set(pieces[4:7])


@pytest.mark.parametrize("text", TEXTS[:3])
@pytest.mark.parametrize("gap", GAPS)
def test_inside_words_it_goes_on_being_dropped(gap: str, text: str) -> None:
    sent = re.sub(r"(\w\w)(?=\w)", lambda found: found[0] + gap, text)
    assert words(sent)[: len(text.split(" "))] == text.split(" ")


@pytest.mark.parametrize(
    "text",
    ["加\u200b微\u200b信" * 20, "ไทย\u200bแลนด์" * 20, "می\u200cخواهم" * 5, "👩\u200d🔧" * 30],
)
def test_scripts_that_part_no_words_and_what_joins_stay_as_they_are(text: str) -> None:
    dropped = [char for char in text if is_default_ignorable(char) or is_blank(char)]
    assert shown(text).text == "".join(char for char in text if char not in dropped)


def test_an_address_is_never_parted() -> None:
    address = "https://long\u200bhost\u200bname\u200bof\u200bpills.example/a"
    assert " " not in shown(address, address=True).text


def test_places_are_those_that_were_sent() -> None:
    text = "order\u2800cheap\u2800replica"
    found = shown(text)
    for word in ("order", "cheap", "replica"):
        assert found.at[found.text.index(word)] == text.index(word)
    assert found.at[-1] == len(text)


def words(text: str) -> list[str]:
    """Return the words of a text as it is read, without what markup hides behind it."""
    return [word for word in shown(text).text.split(" ") if word.isalpha()]
