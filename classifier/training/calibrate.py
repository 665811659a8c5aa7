"""Calibration and default bands from scores of sources that the scoring model had not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from classifier.training.base import fit_base, row_weights

FOLDS = 8
MOST_REJECTED, MOST_HELD = 0.005, 0.05


class Calibration(NamedTuple):
    """The logit is slope × raw + offset; bands are probabilities."""

    slope: float
    offset: float
    hold: float
    reject: float


def folds_of(sources: Sequence[str], folds: int = FOLDS) -> npt.NDArray[np.int64]:
    """Return a fold for each row so that whole sources stay together and folds are of a size."""
    sizes = Counter(sources)
    loads = [0] * folds
    fold_of = {}
    for source, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        fold_of[source] = loads.index(min(loads))
        loads[fold_of[source]] += size
    return np.array([fold_of[source] for source in sources])


def left_out_scores(
    matrix: csr_matrix,
    labels: npt.NDArray[np.int64],
    weights: npt.NDArray[np.float64],
    sources: Sequence[str],
    progress: Callable[[str], None],
) -> npt.NDArray[np.float64]:
    """Return each row's raw score by a base fitted without its source."""
    scores = np.zeros(len(labels))
    folds = folds_of(sources)
    for fold in sorted(set(folds.tolist())):
        inside = folds == fold
        kept = np.flatnonzero(~inside)
        if len(set(labels[kept].tolist())) < 2:
            continue
        own = row_weights([sources[i] for i in kept], labels[kept])
        coefficients, intercept = fit_base(matrix[kept], labels[kept], own)
        scores[inside] = matrix[np.flatnonzero(inside)] @ coefficients + intercept
        progress(f"left out {inside.sum():,} rows")
    return scores


def calibrate(
    scores: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], sources: Sequence[str]
) -> Calibration:
    """Fit a logistic curve on left-out scores and place the bands by the worst sources' ham."""
    weights = row_weights(sources, labels)
    curve = LogisticRegression(C=1e6).fit(scores[:, None], labels, sample_weight=weights)
    slope, offset = float(curve.coef_[0, 0]), float(curve.intercept_[0])
    logits = slope * scores + offset
    names = np.array(sources)
    hold, reject = 0.0, 0.0
    for source in sorted(set(sources)):
        ham = logits[(names == source) & (labels < 0)]
        if len(ham) >= 200:
            hold = max(hold, float(np.quantile(ham, 1 - MOST_HELD)))
            reject = max(reject, float(np.quantile(ham, 1 - MOST_REJECTED)))
    hold_p = 1 / (1 + np.exp(-hold)) if hold else 0.5
    reject_p = 1 / (1 + np.exp(-reject)) if reject else 0.95
    hold_p = min(float(hold_p), 0.99)
    return Calibration(slope, offset, hold_p, min(max(float(reject_p), hold_p), 0.995))
