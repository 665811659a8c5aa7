"""Letters set apart are read as the words they spell."""

from __future__ import annotations

import pytest

from classifier import Model, Row
from classifier.features.shape import MEASURES, shape_tables
from classifier.reasons import INDEX

MODEL = Model.load()
SPACED = [measure.name for measure in MEASURES].index("spaced")


def codes(text: str, group: int) -> set[int]:
    return {c for c in MODEL.features([Row(text=text)]).codes.tolist() if c >> 28 == group}


def words(text: str) -> set[int]:
    return codes(text, 1)


def is_spaced(text: str) -> bool:
    tables = shape_tables()
    return int(tables.codes[tables.starts[SPACED]]) in MODEL.features([Row(text=text)]).codes


@pytest.mark.parametrize("sign", [*".-*_|/·•~+", " - ", " . ", "\u200b ", "...", "♥", "\u00a0"])
@pytest.mark.parametrize("word", ["viagra", "казино", "καζίνο", "קזינו", "كازينو", "kumarhane"])
def test_a_word_set_apart_by_any_sign_is_that_word(sign: str, word: str) -> None:
    text = f"best {sign.join(word)} here"
    assert words(f"best {word} here") <= words(text)
    assert is_spaced(text)


@pytest.mark.parametrize("gap", ["  ", "   ", "\u3000\u3000"])
def test_wider_places_part_words(gap: str) -> None:
    text = gap.join(" ".join(word) for word in ("best", "casino", "bonus"))
    assert words("best casino bonus") <= words(text)


def test_another_sign_parts_words() -> None:
    assert words("buy cheap viagra now") <= words("b.u.y c.h.e.a.p v.i.a.g.r.a n.o.w")
    assert words("buy cheap viagra") <= words("b-u-y / c-h-e-a-p / v-i-a-g-r-a")
    assert words("buy viagra, order now") <= words("b.u.y v.i.a.g.r.a, o.r.d.e.r n.o.w")


@pytest.mark.parametrize("sign", [" ", ".", "*", "，", "♥"])
def test_characters_of_scripts_without_words_are_joined(sign: str) -> None:
    assert codes("加微信", 7) <= codes(sign.join("加微信"), 7)
    assert codes("博彩网站", 6) <= codes(f"最好的 {sign.join('博彩网站')}", 6)


def test_words_that_ran_together_are_known_by_their_topics() -> None:
    found = {code >> 20 & 0xFF for code in codes(" ".join("buycheapviagraonlinenow"), 6)}
    assert INDEX["topic_pharmacy"] in found


@pytest.mark.parametrize(
    "text", ["v.і.a.g.r.a", "v i а g r a", "𝓿 𝓲 𝓪 𝓰 𝓻 𝓪", "v\u0336 i\u0336 a\u0336 g r a"]
)
def test_letters_apart_may_be_disguised_as_well(text: str) -> None:
    assert words("viagra") <= words(text)


def test_a_name_is_joined_too() -> None:
    def names(author: str) -> set[int]:
        found = MODEL.features([Row(text="x", author=author)]).codes.tolist()
        return {code for code in found if code >> 28 == 4}

    assert names("Viagra") <= names("V.I.A.G.R.A")


@pytest.mark.parametrize(
    "text",
    [
        "the U.S.A. and the U.K. agreed",
        "e.g. this, i.e. that",
        "I am a fan",
        "vitamin A, B and C",
        "J. R. R. Tolkien",
        "दो तो ही ये भी",
        "1 2 3 4 5 6",
        "我们 今天 去 学校",
    ],
)
def test_abbreviations_and_short_words_are_no_sign(text: str) -> None:
    assert not is_spaced(text)


def test_what_was_sent_is_kept_for_the_site_alone() -> None:
    """The letters by themselves say nothing to the base, but a site may learn them."""
    apart, plain = codes("best v i a g r a here", 8), codes("best viagra here", 8)
    assert len(apart - plain) >= 5


@pytest.mark.parametrize("sign", [" - ", " * ", " | "])
def test_blanks_part_words_whose_letters_signs_of_that_width_set_apart(sign: str) -> None:
    text = "   ".join(sign.join(word) for word in ("best", "casino", "bonus"))
    assert words("best casino bonus") <= words(text)
