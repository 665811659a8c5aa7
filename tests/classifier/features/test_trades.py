"""A name that is a trade, a shop or a search is known as one, and a person's name is not."""

from __future__ import annotations

from collections import Counter

import pytest

from classifier import Model, Row
from classifier.features.groups import URL
from classifier.features.lexicon import entries, fold, trades
from classifier.features.shape import MEASURES, POSITION, shape_tables

MODEL = Model.load()
LISTED = list(trades())


def counted(name: str, text: str = "A good read.") -> int:
    """Return how many steps of the measure of trades a row reaches."""
    tables, measure = shape_tables(), POSITION["author_trades"]
    steps = tables.codes[tables.starts[measure] : tables.starts[measure + 1]].tolist()
    found = MODEL.features([Row(text=text, author=name)]).codes.tolist()
    assert len(steps) == len(MEASURES[measure].steps)
    return sum(step in found for step in steps)


def test_every_entry_is_found_by_itself() -> None:
    missed = [
        (language, entry) for language, entry in LISTED if not counted(entry.removesuffix("*"))
    ]
    assert missed == []


def test_an_open_entry_is_found_in_longer_words_and_no_other_is() -> None:
    assert counted("Locksmiths") == 1
    closed = next(e for _, e in LISTED if e.isascii() and e.isalpha() and f"{e}*" not in listed())
    assert counted(closed) == 1
    assert counted(f"{closed}xq") == 0


def listed() -> set[str]:
    return {entry for _, entry in LISTED}


def test_no_entry_stands_twice_or_is_a_topic_of_its_language() -> None:
    keys = Counter((language, tuple(fold(entry.removesuffix("*")))) for language, entry in LISTED)
    assert [key for key, number in keys.items() if number > 1] == []
    topics = {(language, entry.removesuffix("*")) for _, language, entry in entries()}
    assert [one for one in LISTED if (one[0], one[1].removesuffix("*")) in topics] == []


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("Emergency Locksmith Bristol", 1),
        ("Roof Repair and Carpet Cleaning", 2),
        ("Dachdecker Köln", 1),
        ("déménagement Lille", 1),
        ("ремонт квартир", 1),
        ("搬家公司", 1),
        ("Mara Lindqvist", 0),
        ("Old Hand", 0),
        ("Иван Петров", 0),
        ("山田太郎", 0),
        ("李照明", 0),
        ("エステバン", 0),
        ("전문수", 0),
        ("Marius Lăcătuș", 0),
        ("Ayşe Çilingiroğlu", 0),
        ("Katie from Tours", 0),
        ("", 0),
    ],
)
def test_trades_are_counted_in_names(name: str, steps: int) -> None:
    assert counted(name) == steps


def test_trades_are_counted_in_no_text() -> None:
    text = "The locksmith and the roof repair cost more than the carpet cleaning."
    assert counted("Mara", text) == 0


def test_a_trade_behind_praise_weighs_more_than_a_person() -> None:
    praise, pages = "Very clear, thank you. I will try it at home.", ("", "https://way.example/a")
    for page in pages:
        person, trade = (
            MODEL.score([Row(text=praise, author=name, url=page)]).logit[0]
            for name in ("Mara Hill", "Locksmith Hill")
        )
        assert trade > person + 0.5


def test_an_ending_that_no_list_knows_is_no_word_of_the_host() -> None:
    def parts(url: str) -> set[int]:
        return {c for c in MODEL.features([Row(text="", url=url)]).codes.tolist() if c >> 28 == URL}

    assert parts("https://pills.example").isdisjoint(parts("https://seeds.example"))
    assert parts("https://pills.com") & parts("https://seeds.com")
    assert parts("http://printer/") & parts("https://printer.com/")
