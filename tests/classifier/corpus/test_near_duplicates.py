"""No two rows are variations of one sentence."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from typing import Any

import pytest

SHARE = 0.40
UNSPACED = {"zh", "ja", "th"}
# Below this many n-grams one common phrase is most of the row, so only equal texts count.
FEWEST = {True: 12, False: 5}

Row = dict[str, Any]


def normalised(text: str) -> str:
    """Return text without tags, link targets, case and spacing, so that these cannot hide a copy,
    nor make one of two posts that the same server marked up.
    """
    text = re.sub(r"</?[A-Za-z][^<>]*>", " ", unicodedata.normalize("NFKC", text).casefold())
    text = re.sub(r"https?://[^\s\"'<>\])]+", " ", text)
    return " ".join(text.split())


def ngrams(row: Row) -> frozenset[str]:
    """Return word trigrams of a row, or character 5-grams where words are not spaced."""
    words = re.findall(r"\w+", normalised(row["text"]))
    if row["lang"] in UNSPACED:
        run = "".join(words)
        return frozenset(run[i : i + 5] for i in range(len(run) - 4))
    return frozenset(" ".join(words[i : i + 3]) for i in range(len(words) - 2))


@pytest.fixture(scope="module")
def near_duplicates(all_rows: list[Row]) -> list[tuple[str, str, float]]:
    """Return pairs of rows of which the smaller shares too much, found by an inverted index."""
    found = []
    sizes: list[int] = []
    holders: defaultdict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(all_rows):
        grams = ngrams(row)
        few = FEWEST[row["lang"] in UNSPACED]
        shared = Counter(other for gram in grams for other in holders[gram])
        for other, count in shared.items():
            smaller = min(len(grams), sizes[other])
            if smaller >= few and count > SHARE * smaller:
                found.append((all_rows[other]["line"], row["line"], count / smaller))
        for gram in grams:
            holders[gram].append(number)
        sizes.append(len(grams))
    return found


def test_no_two_rows_share_many_ngrams(
    near_duplicates: list[tuple[str, str, float]], language: str
) -> None:
    here = f"{language}:"
    pairs = [pair for pair in near_duplicates if any(str(row).startswith(here) for row in pair)]
    assert pairs == []


def test_no_two_rows_are_equal(rows: list[Row]) -> None:
    lines = defaultdict(list)
    for row in rows:
        lines[normalised(row["text"]) or row["text"]].append(row["line"])
    assert [equal for equal in lines.values() if len(equal) > 1] == []
