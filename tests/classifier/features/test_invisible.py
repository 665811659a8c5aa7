"""What shows nothing parts no words: all of Unicode's, none by hand."""

from __future__ import annotations

import sys
import unicodedata

import numpy as np
import pytest
import regex

from classifier import Model, Row
from classifier.features.invisible import is_blank, is_default_ignorable
from tests.classifier.features.shown import shown

MODEL = Model.load()
IGNORABLE = regex.compile(r"\p{Default_Ignorable_Code_Point}")
CHARACTERS = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
NOTHING = [char for char in CHARACTERS if is_default_ignorable(char) or is_blank(char)]


def test_default_ignorables_are_those_of_unicode() -> None:
    """`regex` brings a file of Unicode's data, maybe a newer one than Python's."""
    known = [char for char in CHARACTERS if unicodedata.category(char) != "Cn"]
    wrong = [char for char in known if bool(IGNORABLE.match(char)) != is_default_ignorable(char)]
    assert [f"U+{ord(char):04X}" for char in wrong] == []
    reserved = [char for char in CHARACTERS if unicodedata.category(char) == "Cn"]
    assert all(IGNORABLE.match(char) for char in reserved if is_default_ignorable(char))


@pytest.mark.parametrize(
    "code",
    [0x34F, 0x115F, 0x1160, 0x17B4, 0x180B, 0x180F, 0x2800, 0x3164, 0xFFA0, 0xFFFC, 0x1D159],
)
def test_blanks_that_are_no_white_space_are_known(code: int) -> None:
    assert chr(code) in NOTHING


def test_none_of_them_parts_a_word() -> None:
    assert len(NOTHING) > 4000
    row = Row(text="buy viagra online", author="viagra")
    plain = MODEL.features([row]).codes
    for char in NOTHING:
        assert shown(f"vi{char}ag{char}{char}ra").text == "viagra", f"U+{ord(char):04X}"
    for char in NOTHING[::97]:
        text = f"b{char}uy vi{char}agra on{char}line"
        codes = MODEL.features([Row(text=text, author=f"vi{char}agra")]).codes
        assert np.isin(plain, codes).all(), f"U+{ord(char):04X}"


def test_white_space_of_unicode_parts_words() -> None:
    for char in CHARACTERS:
        if char.isspace() and unicodedata.category(char)[0] == "Z":
            assert shown(f"one{char}two").text == "one two", f"U+{ord(char):04X}"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("v\u200bi\u200bagra", 2),
        ("v\u200c\u200c\u200cia\ufe0fgra", 2),
        ("加\u200b微\u2060信", 2),
        ("va\u034fir c\u2800ar", 2),
        ("word \u200b word\ufeff", 0),
        ("Donau\u00addampf\u00adschiff", 0),
        (
            "👩\u200d💻 ❤\ufe0f 1\ufe0f\u20e3 "
            "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
            0,
        ),
        ("می\u200cخواهم کتاب\u200cها", 0),
        ("ภาษา\u200bไทย", 0),
        ("क्\u200dष र्\u200cव", 0),
        ("葛\U000e0100城", 0),
        ("שלום\u200f, hello\u200e!", 0),
    ],
)
def test_only_what_hides_in_words_is_a_sign(text: str, hidden: int) -> None:
    assert shown(text).invisible == hidden
