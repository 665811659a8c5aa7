"""Rows are weighed so that no source is evidence by its size, and counts lean as they should."""

from __future__ import annotations

import numpy as np
import pytest

from classifier import LabelledRow
from classifier.features.extract import extract_features
from classifier.features.groups import (
    AUTHOR,
    BASE_BUCKETS,
    BASE_WEIGHTS,
    BLOCK_OF,
    BLOCK_PRIOR,
    CHARS,
    GROUPS,
    WORDS,
)
from classifier.features.parts import SCRATCH, base_scores
from classifier.training.base import (
    ADDRESS_HAM_WEIGHT,
    COUNTS_WEIGHT,
    fit_base,
    leanings,
    row_weights,
    source_weights,
)
from classifier.training.matrix import BaseFeatures, base_matrix


def rows_of(*kinds: tuple[str, str, str, int]) -> tuple[list[LabelledRow], np.ndarray]:
    """Return rows of (text, author, label, count) and their labels."""
    rows = [
        LabelledRow(text=f"{text} {i}", author=author, label=label, source=f"s{i % 4}")
        for text, author, label, count in kinds
        for i in range(count)
    ]
    return rows, np.array([1 if row.label == "spam" else -1 for row in rows])


def test_classes_weigh_alike_and_sources_by_the_root_of_their_size() -> None:
    labels = np.array([-1] * 90 + [1] * 10 + [-1] * 10)
    weights = source_weights(["a"] * 90 + ["b"] * 20, labels)
    assert weights.mean() == pytest.approx(1)
    assert weights[labels > 0].sum() == pytest.approx(weights[labels < 0].sum())
    assert weights[:90].sum() / weights[100:].sum() == pytest.approx(3)


def test_ham_with_an_address_weighs_more_and_spam_with_one_does_not() -> None:
    rows = [
        LabelledRow(text=str(i), label=label, source="s", url=url)
        for i, (label, url) in enumerate(
            [("ham", ""), ("ham", "https://a.example/"), ("spam", ""), ("spam", "b.example")]
        )
    ]
    plain, addressed, spam, linked = row_weights(rows, np.array([-1, -1, 1, 1]), list("abcd"))
    assert addressed == pytest.approx(ADDRESS_HAM_WEIGHT * plain)
    assert spam == linked == plain


def test_classes_weigh_alike_in_each_language_that_has_both() -> None:
    rows = [LabelledRow(text="x", source=f"s{i}") for i in range(7)]
    labels, named = np.array([1, 1, 1, -1, -1, 1, -1]), ["de"] * 4 + ["en", "en", "fr"]
    weights = row_weights(rows, labels, named)
    spam = labels > 0
    for language in ("de", "en"):
        own = np.array(named) == language
        assert weights[own & spam].sum() == pytest.approx(weights[own & ~spam].sum())
    assert weights[6] > 0


def test_words_lean_to_the_class_that_has_them_and_little_leans_not_at_all() -> None:
    rows, labels = rows_of(("pills for you", "", "spam", 30), ("notes for you", "", "ham", 30))
    features = BaseFeatures.of(extract_features(rows))
    lean = leanings(features.words, labels, np.ones(len(rows)))
    bare = BaseFeatures.of(
        extract_features([LabelledRow(text=t) for t in ("pills", "notes", "for")])
    )
    spam, ham, both = bare.words @ lean
    assert spam > 2
    assert ham < -2
    assert both == 0


def test_counts_are_folded_into_the_table_by_the_root_of_their_number() -> None:
    rows, labels = rows_of(
        ("look at this", "Best Pills", "spam", 40), ("thanks for this", "Ana", "ham", 40)
    )
    features = BaseFeatures.of(extract_features(rows))
    weights = row_weights(rows, labels, [""] * len(rows))
    whole, intercept = fit_base(features, labels, weights)
    before = dict(COUNTS_WEIGHT)
    try:
        COUNTS_WEIGHT.update({WORDS: 0.0, AUTHOR: 0.0})
        bare, _ = fit_base(features, labels, weights)
    finally:
        COUNTS_WEIGHT.update(before)
    added = features.matrix @ (whole - bare)
    expected = np.zeros(len(rows))
    for seen, group in ((features.words, WORDS), (features.author, AUTHOR)):
        lean = leanings(seen, labels, weights)
        expected += (
            COUNTS_WEIGHT[group]
            * (seen @ lean)
            / np.sqrt(np.diff(seen.indptr) + BLOCK_PRIOR[BLOCK_OF[group]])
        )
    assert added == pytest.approx(expected)
    assert np.sign(features.matrix @ whole + intercept).tolist() == labels.tolist()


def test_one_word_alone_says_less_than_among_others() -> None:
    """A block counts some features as there besides its own, in the matrix as in the kernel."""
    batch = extract_features([LabelledRow(text=text) for text in ("price", "price please")])
    lengths = np.sqrt(BaseFeatures.of(batch).matrix.power(2).sum(axis=1))
    assert lengths[0] < lengths[1]
    for group in (CHARS, WORDS):
        own = base_matrix(batch, np.where(np.arange(GROUPS) == group, 1.0, 0.0))
        assert (own.power(2).sum(axis=1) < 0.8).all()
    table = np.random.default_rng(0).normal(size=BASE_BUCKETS).astype(np.float16)
    scores, scratch = np.empty(len(batch)), np.empty(SCRATCH)
    bits = table.view(np.uint16)
    base_scores(batch.codes, batch.starts, bits, BASE_WEIGHTS, scratch, scores)
    assert scores == pytest.approx(BaseFeatures.of(batch).matrix @ table.astype(float))
