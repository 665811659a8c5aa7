"""The transformer keeps scikit-learn's contract."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import parametrize_with_checks

from classifier import Row
from classifier.features.extract import extract_features
from classifier.features.groups import BASE_WEIGHTS, BLOCK_OF, BLOCK_PRIOR, GROUP_SHIFT
from classifier.training.pipeline import CommentVectorizer

# scikit-learn says by a warning that checks which fit on numbers do not apply to text.
with warnings.catch_warnings():
    warnings.simplefilter("ignore", SkipTestWarning)
    applicable = parametrize_with_checks([CommentVectorizer()])


@applicable
def test_the_transformer_passes_the_checks(estimator: Any, check: Any) -> None:
    check(estimator)


def squared_length(row: Row) -> float:
    """Return what a row's blocks come to: each its own length, shortened by what it counts as
    having besides.
    """
    groups = extract_features([row]).codes >> GROUP_SHIFT
    groups = groups[BASE_WEIGHTS[groups] > 0]
    total = 0.0
    for block in set(BLOCK_OF[groups].tolist()):
        inside = groups[BLOCK_OF[groups] == block]
        share = len(inside) / (len(inside) + BLOCK_PRIOR[block])
        total += float(BASE_WEIGHTS[inside[0]]) ** 2 * share
    return total


def test_every_block_has_its_length_and_text_is_a_row_with_only_text() -> None:
    text, named = Row(text="cheap pills"), Row(text="cheap pills", author="Kim")
    matrix = CommentVectorizer().transform(["cheap pills", named])
    lengths = np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()
    assert lengths.tolist() == pytest.approx([squared_length(text), squared_length(named)])
    assert lengths[1] > lengths[0]
    assert (matrix[0] != CommentVectorizer().transform([text])[0]).nnz == 0
    assert (matrix[0] != matrix[1]).nnz > 0


def test_it_works_in_a_pipeline() -> None:
    texts = ["buy cheap pills now", "cheap casino bonus", "thanks for the fix", "nice garden soup"]
    pipeline = make_pipeline(CommentVectorizer(), LogisticRegression(C=10))
    pipeline.fit(texts, ["spam", "spam", "ham", "ham"])
    assert pipeline.predict(["cheap pills bonus", "the garden fix"]).tolist() == ["spam", "ham"]


def test_a_single_comment_is_refused() -> None:
    with pytest.raises(ValueError, match="iterable"):
        CommentVectorizer().transform("one comment")
