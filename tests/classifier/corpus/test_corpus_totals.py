"""The corpus is as large and as varied as docs/corpus.md says."""

from __future__ import annotations

from typing import Any

import pytest

LARGER = ["ar", "de", "es", "fr", "hi", "id", "it", "ja", "pl", "pt", "ru", "tr", "vi", "zh"]
FEWEST_LANGUAGES = 5

Row = dict[str, Any]
Corpus = dict[str, list[Row]]


def test_there_are_7000_rows_in_30_languages(corpus: Corpus) -> None:
    assert len(corpus) >= 30
    assert sum(len(rows) for rows in corpus.values()) >= 7000


@pytest.mark.parametrize("label", ["spam", "ham"])
def test_a_language_has_at_least_40_rows_of_each_label(rows: list[Row], label: str) -> None:
    assert sum(row["label"] == label for row in rows) >= 40


def test_english_has_at_least_800_rows(corpus: Corpus) -> None:
    assert len(corpus.get("en", [])) >= 800


def test_the_larger_languages_have_more_rows_than_the_rest(corpus: Corpus) -> None:
    sizes = {language: len(rows) for language, rows in corpus.items()}
    largest_of_the_rest = max(
        (size for language, size in sizes.items() if language not in {"en", *LARGER}), default=0
    )
    larger = {language: sizes.get(language, 0) for language in LARGER}
    assert {k: v for k, v in larger.items() if v <= largest_of_the_rest} == {}, largest_of_the_rest


@pytest.mark.parametrize("label", ["spam", "ham"])
def test_each_archetype_occurs_in_five_languages(
    corpus: Corpus, archetypes: dict[str, list[str]], label: str
) -> None:
    found = {archetype: set[str]() for archetype in archetypes[label]}
    for language, rows in corpus.items():
        for row in rows:
            if row["archetype"] in found:
                found[row["archetype"]].add(language)
    rare = {archetype: langs for archetype, langs in found.items() if len(langs) < FEWEST_LANGUAGES}
    assert rare == {}
