"""The model as a scikit-learn pipeline, for those who want to look at it with its tools."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.utils import Tags

from classifier.features.extract import extract_features
from classifier.features.groups import BASE_BUCKETS
from classifier.row import Row
from classifier.training.matrix import base_matrix, read_matrix


class CommentVectorizer(TransformerMixin, BaseEstimator):
    """Turn comments (`Row` or str) into sparse rows with 2^21 hashed columns.

    Each block of a row (runs of characters, words, author, links, shape, topics) has its length.
    With the `table` of a base (float64[2^21]) a long row is given as that base reads it: a part of
    it where that is more like spam, with one more column for what the base takes off for that.

    Stateless, as scikit-learn's HashingVectorizer: nothing is learned from the data, so the checks
    that fit on numbers do not apply (comments are no matrix), as its tags say.

    >>> CommentVectorizer().transform(["Thanks, that fixed it."]).shape
    (1, 2097152)
    """

    def __init__(self, table: npt.NDArray[np.float64] | None = None) -> None:
        self.table = table

    def fit(self, X: Iterable[Row | str], y: object = None) -> Self:
        """Do nothing and return the transformer."""
        _rows(X)
        return self

    def transform(self, X: Iterable[Row | str]) -> csr_matrix:
        """Return the features of comments: float64, comments × 2^21, or one more with a table."""
        batch = extract_features(_rows(X))
        return base_matrix(batch) if self.table is None else read_matrix(batch, self.table)

    def fit_transform(
        self, X: Iterable[Row | str], y: object = None, **fit_params: Any
    ) -> csr_matrix:
        """Return the features of comments; there is nothing to fit."""
        return self.transform(X)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.requires_fit = False
        return tags


def _rows(comments: Iterable[Row | str]) -> Sequence[Row]:
    if isinstance(comments, str | Row):
        raise ValueError("an iterable of comments is expected, not a single one")
    return [item if isinstance(item, Row) else Row(text=item) for item in comments]


def fitted_pipeline(table: npt.NDArray[np.float64], slope: float, intercept: float) -> Pipeline:
    """Return the pipeline whose `predict_proba` gives a model's probabilities, labels in words.

    `table` (float64[2^21]) is the base's, `slope` leads from its scores to logits, in which the
    `intercept` is.
    """
    linear = LogisticRegression()
    linear.classes_ = np.array(["ham", "spam"])
    linear.coef_ = slope * np.append(table, -1.0)[None, :]
    linear.intercept_ = np.array([intercept])
    linear.n_features_in_ = BASE_BUCKETS + 1
    linear.n_iter_ = np.array([0])
    return Pipeline([("features", CommentVectorizer(table)), ("model", linear)])
