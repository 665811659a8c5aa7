"""Letters in circles, squares and dashed frames are read as letters, two of these as a flag."""

from __future__ import annotations

import pytest

from classifier import Model, Row
from classifier.features.suffixes import country_codes
from tests.classifier.features.as_shown import shown

MODEL = Model.load()
FIRST = {
    "regional": 0x1F1E6, "white on black circle": 0x1F150, "white on black square": 0x1F170,
    "square": 0x1F130, "circle": 0x24D0,
}  # fmt: skip


def framed(text: str, first: int) -> str:
    return "".join(chr(first + ord(c) - ord("a")) if "a" <= c <= "z" else c for c in text)


@pytest.mark.parametrize("first", FIRST.values(), ids=FIRST.keys())
@pytest.mark.parametrize("between", ["", "\u200b", "\u2060"])
def test_framed_letters_are_letters(first: int, between: str) -> None:
    sent = between.join(framed("cheap viagra", first))
    assert shown(sent).text == "cheap viagra"
    words = [c for c in MODEL.features([Row(text="cheap viagra")]).codes if c >> 28 == 1]
    assert set(words) <= set(MODEL.features([Row(text=sent)]).codes)


def test_letters_of_frames_set_apart_are_a_word() -> None:
    words = {c for c in MODEL.features([Row(text="viagra")]).codes if c >> 28 == 1}
    assert words <= set(MODEL.features([Row(text=" ".join(framed("viagra", 0x1F1E6)))]).codes)


@pytest.mark.parametrize("text", ["de", "gb", "ua", "frit", "usca", "eujp"])
def test_flags_stay_flags(text: str) -> None:
    flags = framed(text, 0x1F1E6)
    assert shown(f"greetings {flags}!").text == f"greetings {flags}!"
    codes = MODEL.features([Row(text=f"greetings {flags}!")]).codes
    plain = MODEL.features([Row(text="greetings !")]).codes
    assert {c for c in plain if c >> 28 == 1} == {c for c in codes if c >> 28 == 1}


def test_countries_are_two_letters_each() -> None:
    assert {"de", "gb", "uk", "cn", "br", "eu"} <= country_codes()
    assert all(len(code) == 2 and code.isalpha() for code in country_codes())
    assert 230 < len(country_codes()) < 300
