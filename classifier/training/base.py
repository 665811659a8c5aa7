"""The base model: a linear support vector machine over many sources, and word counts folded in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from classifier.features.groups import AUTHOR, BASE_WEIGHTS, WORDS
from classifier.row import LabelledRow
from classifier.training.matrix import BaseFeatures

Floats = npt.NDArray[np.float64]

COST = 1.0
ADDRESS_HAM_WEIGHT = 4.0
"""How much more a ham row counts whose author gave an address: most sources with addresses are
spammers', and without it a base takes the address itself for the sign."""
COUNTS_WEIGHT = {WORDS: 0.1, AUTHOR: 0.04}
"""How much the leanings of words and of authors' names add to a row's score, over the root of their
number. Runs of characters lean too, and made every left-out source worse."""
PRIOR_ROWS = 0.45
"""Rows of each class alike that every word is taken to have been seen in. Source: Robinson, A
Statistical Approach to the Spam Problem, Linux Journal 2003."""
LEAST_LEANING, MOST_LEANING = 0.1, 0.499
"""How far from one half a word's share of spam is at least, or it says nothing; and at most."""


def source_weights(sources: Sequence[str], labels: npt.NDArray[np.int64]) -> Floats:
    """Weigh rows by n(source, class) to the power −½, both classes alike, 1 on average."""
    pairs = list(zip(sources, labels.tolist(), strict=True))
    counts = Counter(pairs)
    weights = np.array([counts[pair] ** -0.5 for pair in pairs])
    for label in (-1, 1):
        own = labels == label
        weights[own] /= weights[own].sum() or 1.0
    return _averaging_one(weights)


def row_weights(
    rows: Sequence[LabelledRow], labels: npt.NDArray[np.int64], languages: Sequence[str]
) -> Floats:
    """Return `source_weights`, with more for ham whose author gave an address.

    Each language of the seed corpus is a source. Within each of `languages`, one a row, that has
    both classes they weigh alike, else one in which spam abounds would look like spam by itself.
    """
    weights = source_weights([row.source for row in rows], labels)
    weights[(labels < 0) & np.array([bool(row.url) for row in rows])] *= ADDRESS_HAM_WEIGHT
    named = np.array(languages)
    for language in sorted(set(languages)):
        _balance(weights, named == language, labels)
    return _averaging_one(weights)


def _balance(weights: Floats, chosen: npt.NDArray[np.bool_], labels: npt.NDArray[np.int64]) -> None:
    """Give both classes of the chosen rows half of their weight each; one class alone stays."""
    parts = [chosen & (labels == label) for label in (-1, 1)]
    sums = [weights[part].sum() for part in parts]
    if min(sums) > 0:
        for part, total in zip(parts, sums, strict=True):
            weights[part] *= sum(sums) / 2 / total


def _averaging_one(weights: Floats) -> Floats:
    scaled: Floats = weights * len(weights) / (weights.sum() or 1.0)
    return scaled


def fit_base(
    features: BaseFeatures, labels: npt.NDArray[np.int64], weights: Floats, cost: float = COST
) -> tuple[Floats, float]:
    """Return coefficients (float64 by bucket) and intercept of the base."""
    machine = LinearSVC(C=cost, dual=True, random_state=0, tol=1e-2, max_iter=3000)
    machine.fit(features.matrix, labels, sample_weight=weights)
    coefficients = machine.coef_[0].copy()
    for group, seen in ((WORDS, features.words), (AUTHOR, features.author)):
        share = COUNTS_WEIGHT[group] / BASE_WEIGHTS[group] if BASE_WEIGHTS[group] else 0.0
        coefficients += share * leanings(seen, labels, weights)
    return coefficients, float(machine.intercept_[0])


def leanings(seen: csr_matrix, labels: npt.NDArray[np.int64], weights: Floats) -> Floats:
    """Return the log odds of spam of each bucket (float64) by its weighted shares of the rows of
    both classes; 0 where it leans little. `seen` has a 1 where a row has a feature.
    """
    spam, ham = (
        seen.T @ (weights * (labels == label)) / max(weights[labels == label].sum(), 1e-12)
        for label in (1, -1)
    )
    rows = np.bincount(seen.indices, minlength=seen.shape[1])
    share = spam / np.maximum(spam + ham, 1e-300)
    share = (PRIOR_ROWS / 2 + rows * share) / (PRIOR_ROWS + rows)
    share = np.clip(share, 0.5 - MOST_LEANING, 0.5 + MOST_LEANING)
    lean: Floats = np.log(share / (1 - share))
    lean[np.abs(share - 0.5) <= LEAST_LEANING] = 0.0
    return lean
