"""Who filled in a field that people do not see: a bot, or the author's own browser."""

from __future__ import annotations

import pytest

from moderation.domain.honeypots import is_filled_by_a_bot
from tests.factories import submission

ADA = {
    "name": "Ada M. Lovelace",
    "email": "ada@mail.example",
    "url": "https://www.ada.example/engine/",
}


def filled(honeypot: str, **author: str) -> bool:
    return is_filled_by_a_bot(submission(honeypot=honeypot, author=ADA | author))


@pytest.mark.parametrize(
    "honeypot",
    [
        "", "   ", "Ada M. Lovelace", "  ada m.  LOVELACE\t", "Ada", "lovelace", "Ada Lovelace",
        "Lovelace, Ada", "ada@mail.example", " Ada@Mail.Example ", "https://www.ada.example/engine/",
        "http://ada.example/engine", "ada.example/engine/", "//ADA.example/engine",
        "www.ada.example/engine",
    ],
)  # fmt: skip
def test_what_a_browser_fills_in_is_the_author_s_own(honeypot: str) -> None:
    assert not filled(honeypot)


@pytest.mark.parametrize(
    "honeypot",
    [
        "on", "1", "M", ".", "http://", "https://ada.example/", "https://ada.example/engine/2",
        "ada@mail.example.org", "ada@mail", "mail.example", "Ada Byron", "Adam", "Ada Lovelace SEO",
        "https://pills.example", "Ada ada@mail.example", "x",
    ],
)  # fmt: skip
def test_any_other_value_is_a_bot_s(honeypot: str) -> None:
    assert filled(honeypot)


def test_nothing_is_own_where_the_site_says_nothing_of_the_author() -> None:
    nobody = {"name": "", "email": "", "url": ""}
    for honeypot in ("http://", "/", ".", "a", "Ada"):
        assert filled(honeypot, **nobody), honeypot
    assert not filled(" ", **nobody)


@pytest.mark.parametrize(
    ("name", "honeypot"),
    [
        ("Zoë Müller", "ZOE\N{COMBINING DIAERESIS} MÜLLER"),
        ("Groß", "gross"),
        ("王 伟", "王"),
        ("Ａｄａ", "ada"),
        ("Ann-Marie Smith", "Marie"),
        ("Shaun O’Neil", "O'Neil"),
        ("李小龙", "李"),
        ("&#65;nn Lee", "Ann"),
        ("M&#252;ller", "Müller"),
        ("Ada", "\u200bAda"),
        ("Ada", "\u200b"),
    ],
)
def test_letters_are_compared_in_any_of_their_forms(name: str, honeypot: str) -> None:
    assert not filled(honeypot, name=name)
