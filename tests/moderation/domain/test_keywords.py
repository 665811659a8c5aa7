"""WordPress's keys are matched as WordPress matches them, and as fast whatever their number."""

from __future__ import annotations

import random
import statistics
import string
import time

import pytest

from moderation.domain.errors import InvalidInput
from moderation.domain.keywords import KEYS, Keys, checked, keys_of, searched
from moderation.domain.listed import Draft, Listed, rewritten
from moderation.domain.matching import Compiled
from tests.factories import submission


def disallows(keys: str, content: str = "A kiln.", **author: str) -> bool:
    return searched(Keys(disallowed=keys)).disallows(submission(content, author=author))


def test_a_pasted_list_is_read_line_by_line_as_php_trims_it():
    pasted = "kiln\r\n  two words \n\n\t\n0\n\x0btrap\x00\n00"
    assert keys_of(pasted) == ["kiln", "two words", "trap", "00"]


@pytest.mark.parametrize(
    "key, content",
    [
        ("press", "I love WordPress"),
        ("KILN", "the kilns"),
        ("#1 (best) [x]*", "the #1 (BEST) [x]* offer"),
        ("ärger", "ÄRGER überall"),
        ("ΟΔΟΣ", "οδος"),
        ("viagra", "via<b></b>gra and via<!-- x -->gra"),
        ("casino", "<p>ca<em>si</em>no</p>"),
        ("<a href", 'see <a href="x">'),
    ],
)
def test_a_key_is_found_within_words_in_any_case_and_through_markup(key, content):
    assert disallows(key, content)


@pytest.mark.parametrize(
    "field, value",
    [
        ("name", "Cheap Kilns"), ("email", "x@KILNS.example"), ("url", "http://kilns.example"),
        ("ip", "192.0.2.77"), ("user_agent", "KilnsBot/1.0"),
    ],
)  # fmt: skip
def test_a_key_is_looked_for_in_each_field_of_the_author(field, value):
    assert disallows("kilns\n192.0.2.7", "Nothing here.", **{field: value})


@pytest.mark.parametrize(
    "key, content", [("ki.n", "kiln"), ("two words", "two  words"), ("0", "0")]
)
def test_a_key_is_no_pattern_and_zero_is_none(key, content):
    assert not disallows(key, content)


def test_no_key_is_found_across_fields():
    assert not disallows("onetwo\ntwothree", "three", name="one", email="two")


def test_moderation_keys_see_the_text_as_it_was_sent():
    keys = searched(Keys(moderation="viagra"))
    assert keys.holds(submission("Viagra!"))
    assert not keys.holds(submission("via<b></b>gra"))


def test_keys_have_bounds():
    assert checked(Keys("a\n" * KEYS))
    with pytest.raises(InvalidInput):
        checked(Keys("a\n" * (KEYS + 1)))
    with pytest.raises(InvalidInput):
        checked(Keys("ä" * (2 << 20), "x"))


@pytest.mark.parametrize(
    "hostile", ["<" * 65_000, "<script>" * 8_000, "<!--" * 16_000, "&#" * 30_000]
)
def test_hostile_markup_takes_no_longer_than_long_text(hostile):
    keys = searched(Keys("kiln"))
    plain = _seconds(lambda: keys.disallows(submission("word " * 13_000)))
    assert _seconds(lambda: keys.disallows(submission(hostile))) < 60 * plain + 0.05


def test_sixty_five_thousand_entries_cost_a_comment_about_what_a_hundred_do():
    rng = random.Random(7)
    words = [_word(rng) for _ in range(65_000)]
    texts = [" ".join(_word(rng) for _ in range(25)) + f" {_word(rng)}.example" for _ in range(50)]
    asked = [submission(text, author={"ip": "192.0.2.7"}) for text in texts]
    domains = [Draft("domain", f"{w}{n}.invalid", "hold") for n, w in enumerate(words[:9_000])]

    def each(n: int) -> float:
        keys = searched(Keys("\n".join(f"{word}qq" for word in words[:n])))
        listed = Compiled(rewritten(Listed(), domains[:n], "ann", 1))
        return _seconds(lambda: [(keys.disallows(s), listed.first(s)) for s in asked])

    assert each(65_000) < 8 * each(100)


def _word(rng: random.Random) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=rng.randint(4, 12)))


def _seconds(run) -> float:
    """Return the processor time that a call takes, the median of five."""
    taken = []
    for _ in range(5):
        began = time.thread_time()
        run()
        taken.append(time.thread_time() - began)
    return statistics.median(taken)
