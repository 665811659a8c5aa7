"""The base model: a linear support vector machine over many sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from classifier.training.data import CORPUS

COST = 0.5
CORPUS_WEIGHT = 3.0


def row_weights(
    sources: Sequence[str], labels: npt.NDArray[np.int64], languages: Sequence[str] = ()
) -> npt.NDArray[np.float64]:
    """Weigh rows by n(source, class) to the power −½, both classes alike, 1 on average.

    With `languages`, one a row, both classes weigh alike within each language that has both, else
    one in which spam abounds would look like spam by itself; and the seed corpus, in which a link
    or a length says least, weighs more.
    """
    pairs = list(zip(sources, labels.tolist(), strict=True))
    counts = Counter(pairs)
    weights = np.array([counts[pair] ** -0.5 for pair in pairs])
    for label in (-1, 1):
        own = labels == label
        weights[own] /= weights[own].sum() or 1.0
    for language in sorted(set(languages)):
        _balance(weights, np.array(languages) == language, labels)
    if languages:
        weights[[source.startswith(f"{CORPUS}-") for source in sources]] *= CORPUS_WEIGHT
    weights /= weights.sum() or 1.0
    scaled: npt.NDArray[np.float64] = weights * len(weights)
    return scaled


def _balance(
    weights: npt.NDArray[np.float64], chosen: npt.NDArray[np.bool_], labels: npt.NDArray[np.int64]
) -> None:
    """Give both classes of the chosen rows half of their weight each; one class alone stays."""
    parts = [chosen & (labels == label) for label in (-1, 1)]
    sums = [weights[part].sum() for part in parts]
    if min(sums) > 0:
        for part, total in zip(parts, sums, strict=True):
            weights[part] *= sum(sums) / 2 / total


def fit_base(
    matrix: csr_matrix,
    labels: npt.NDArray[np.int64],
    weights: npt.NDArray[np.float64],
    cost: float = COST,
) -> tuple[npt.NDArray[np.float64], float]:
    """Return coefficients and intercept of the base."""
    machine = LinearSVC(C=cost, dual=True, random_state=0, tol=1e-3, max_iter=3000)
    machine.fit(matrix, labels, sample_weight=weights)
    return machine.coef_[0], float(machine.intercept_[0])
