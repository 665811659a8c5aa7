"""Rows are weighed so that neither a source nor a language is evidence by its size."""

from __future__ import annotations

import numpy as np

from classifier.training.base import CORPUS_WEIGHT, row_weights


def shares(languages: list[str]) -> dict[str, float]:
    """Return the share of spam's weight in each language: `de` is mostly spam, `en` mostly ham."""
    sources = ["a"] * 90 + ["b"] * 10 + ["c"] * 40
    labels = np.array([-1] * 80 + [1] * 10 + [-1] * 10 + [1] * 40)
    of_row = np.array(["en"] * 90 + ["de"] * 50)
    weights = row_weights(sources, labels, languages)
    assert np.isclose(weights.mean(), 1)
    return {
        language: weights[(of_row == language) & (labels > 0)].sum()
        / weights[of_row == language].sum()
        for language in ("en", "de")
    }


def test_classes_weigh_alike_in_each_language() -> None:
    plain = shares([])
    assert plain["de"] > 0.6 > 0.5 > plain["en"]
    balanced = shares(["en"] * 90 + ["de"] * 50)
    assert np.allclose(list(balanced.values()), 0.5)


def test_a_language_of_one_class_is_left_as_it_is() -> None:
    labels = np.array([-1, -1, 1, 1])
    weights = row_weights(["a"] * 4, labels, ["en", "fr", "en", "en"])
    assert weights[1] > 0
    assert np.isclose(weights[0], weights[2] + weights[3])


def test_the_seed_corpus_weighs_more() -> None:
    labels = np.array([-1, 1, -1, 1])
    sources = ["corpus-en", "corpus-en", "blog", "blog"]
    weights = row_weights(sources, labels, ["en"] * 4)
    assert np.isclose(weights[0], CORPUS_WEIGHT * weights[2])
