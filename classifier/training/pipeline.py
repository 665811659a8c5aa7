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
from classifier.training.matrix import base_matrix


class CommentVectorizer(TransformerMixin, BaseEstimator):
    """Turn comments (`Row` or str) into sparse rows with 2^21 hashed columns.

    Each block of a row (runs of characters, words, author, links, shape, topics) has its length.

    Stateless, as scikit-learn's HashingVectorizer: nothing is learned from the data, so the checks
    that fit on numbers do not apply (comments are no matrix), as its tags say.

    >>> CommentVectorizer().transform(["Thanks, that fixed it."]).shape
    (1, 2097152)
    """

    def fit(self, X: Iterable[Row | str], y: object = None) -> Self:
        """Do nothing and return the transformer."""
        _rows(X)
        return self

    def transform(self, X: Iterable[Row | str]) -> csr_matrix:
        """Return the features of comments: float64, comments × 2^21."""
        return base_matrix(extract_features(_rows(X)))

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


def fitted_pipeline(coefficients: npt.NDArray[np.float64], intercept: float) -> Pipeline:
    """Return the pipeline whose `predict_proba` gives a model's probabilities, labels in words.

    `coefficients` (float64[2^21]) and `intercept` are in logits.
    """
    linear = LogisticRegression()
    linear.classes_ = np.array(["ham", "spam"])
    linear.coef_ = coefficients[None, :]
    linear.intercept_ = np.array([intercept])
    linear.n_features_in_ = BASE_BUCKETS
    linear.n_iter_ = np.array([0])
    return Pipeline([("features", CommentVectorizer()), ("model", linear)])
