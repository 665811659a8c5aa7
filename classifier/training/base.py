"""The base model: a linear support vector machine over many sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

COST = 0.5


def row_weights(sources: Sequence[str], labels: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Weigh rows by n(source, class) to the power −½, both classes alike, 1 on average."""
    pairs = list(zip(sources, labels.tolist(), strict=True))
    counts = Counter(pairs)
    weights = np.array([counts[pair] ** -0.5 for pair in pairs])
    for label in (-1, 1):
        own = labels == label
        weights[own] /= weights[own].sum() or 1.0
    scaled: npt.NDArray[np.float64] = weights * len(weights) / 2
    return scaled


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
