"""Kinds of comments that filters get wrong, in eighteen languages: cold, and taught a little.

`kinds/` has rows that were written apart from the seed corpus: people in earnest about what spam
sells, complaints, notices of work, things given away, replies of the fediverse, short words and
warm thanks; and offers, the same disguised, waves of mentions, praise by trades. How the rows of
`first.jsonl` were judged told which rows the corpus was given; those of `second.jsonl` were looked
at after that. `names.jsonl` has praise by uncommon trades, and by persons with a page.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from classifier import Learner, Model, Row
from classifier.training.data import corpus_rows

FOLDER = Path(__file__).parent / "kinds"
MODEL = Model.load()
SETS = ("first", "second", "names")


def read(name: str) -> list[dict[str, Any]]:
    text = (FOLDER / f"{name}.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def as_row(row: dict[str, Any]) -> Row:
    return Row(**{key: row.get(key, "") for key in ("text", "author", "url", "email")})


@pytest.fixture(scope="module")
def taught() -> Learner:
    """Return a site on which fifty comments were decided, half of them spam."""
    learner = Learner(MODEL)
    for row in read("labels"):
        learner.learn(as_row(row), row["label"])
    return learner


def shares(name: str, learner: Learner | None = None) -> tuple[float, float, float]:
    """Return the shares of a set's ham that is held and rejected, and of its spam let through."""
    rows, bands = read(name), learner.bands if learner else MODEL.bands
    chances = MODEL.score([as_row(row) for row in rows], learner).probability
    ham = [p for row, p in zip(rows, chances.tolist(), strict=True) if row["label"] == "ham"]
    spam = [p for row, p in zip(rows, chances.tolist(), strict=True) if row["label"] == "spam"]
    rejected = sum(p >= bands.reject for p in ham)
    return (
        sum(p >= bands.hold for p in ham) / len(ham) - rejected / len(ham),
        rejected / len(ham),
        sum(p < bands.hold for p in spam) / len(spam),
    )


@pytest.mark.parametrize(("name", "let_through"), [("first", 0.1), ("second", 0.1), ("names", 0.3)])
def test_on_a_site_that_nobody_has_taught(name: str, let_through: float) -> None:
    held, rejected, missed = shares(name)
    assert held <= 0.03
    assert rejected == 0
    assert missed <= let_through


@pytest.mark.parametrize(
    ("name", "let_through"), [("first", 0.12), ("second", 0.15), ("names", 0.35)]
)
def test_where_fifty_other_comments_were_decided(
    name: str, let_through: float, taught: Learner
) -> None:
    held, rejected, missed = shares(name, taught)
    assert held <= 0.06
    assert rejected == 0
    assert missed <= let_through


def test_none_of_them_stands_in_the_corpus() -> None:
    known = {row.text for row in corpus_rows()}
    rows = [row for name in (*SETS, "labels") for row in read(name)]
    assert len(rows) == 240 + 240 + 120 + 50
    both = known.intersection(row["text"] for row in rows)
    assert [text for text in both if len(text.split()) > 3] == []
