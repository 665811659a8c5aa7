"""Calibration and default bands from scores of sources that the scoring model had not seen."""

from __future__ import annotations

import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from classifier.calibration import MOST_HELD, MOST_REJECTED
from classifier.row import LabelledRow
from classifier.training.base import fit_base, row_weights
from classifier.training.data import CORPUS, languages_of

FOLDS = 8
LARGE = 500
"""Rows from which a source stands for its language."""
FEWEST_HAM = 200
LOWEST_HOLD, LOWEST_REJECT, HIGHEST_REJECT, DISCARD = 0.3, 0.985, 0.995, 0.999
"""Rejecting needs near certainty whatever the left-out sources say: the next is unlike them."""


class Calibration(NamedTuple):
    """The logit is slope × raw + offset; the bands are probabilities."""

    slope: float
    offset: float
    hold: float
    reject: float


def parts_of(rows: Sequence[LabelledRow]) -> list[str]:
    """Return what is left out together with each row: its source.

    The only large source of a language is left out in two halves: without any of its ham one would
    measure an unknown language, not an unknown site.
    """
    sizes = Counter(row.source for row in rows)
    languages = defaultdict(set)
    for row in rows:
        if row.lang and sizes[row.source] >= LARGE:
            languages[row.lang].add(row.source)
    alone = {next(iter(found)) for found in languages.values() if len(found) == 1}
    return [
        f"{row.source}/{zlib.crc32(row.text.encode('utf-8', 'replace')) & 1}"
        if row.source in alone and not row.source.startswith(CORPUS)
        else row.source
        for row in rows
    ]


def folds_of(parts: Sequence[str], folds: int = FOLDS) -> npt.NDArray[np.int64]:
    """Return a fold for each row so that whole parts stay together and folds are of a size."""
    sizes = Counter(parts)
    loads = [0] * folds
    fold_of: dict[str, int] = {}
    for part, size in sorted(sizes.items(), key=lambda item: (-item[1], item[0])):
        # The halves of a source must not meet in one fold.
        other = fold_of.get(part[:-1] + ("1" if part.endswith("0") else "0"))
        allowed = [fold for fold in range(folds) if fold != other]
        fold_of[part] = min(allowed, key=lambda fold: (loads[fold], fold))
        loads[fold_of[part]] += size
    return np.array([fold_of[part] for part in parts])


def left_out_scores(
    matrix: csr_matrix,
    labels: npt.NDArray[np.int64],
    rows: Sequence[LabelledRow],
    groups: npt.NDArray[np.int64],
    progress: Callable[[str], None],
) -> npt.NDArray[np.float64]:
    """Return each row's raw score by a base fitted without its source; NaN where there is none.

    What resembles a row that is left out (same of `groups`) is left out with it.
    """
    scores = np.full(len(labels), np.nan)
    folds, languages = folds_of(parts_of(rows)), languages_of(rows)
    numbers = sorted(set(folds.tolist()))
    for done, fold in enumerate(numbers, 1):
        inside = np.flatnonzero(folds == fold)
        kept = np.flatnonzero((folds != fold) & ~np.isin(groups, groups[inside]))
        if len(set(labels[kept].tolist())) == 2:
            weights = row_weights(
                [rows[i].source for i in kept.tolist()],
                labels[kept],
                [languages[i] for i in kept.tolist()],
            )
            coefficients, intercept = fit_base(matrix[kept], labels[kept], weights)
            scores[inside] = matrix[inside] @ coefficients + intercept
        progress(f"fold {done} of {len(numbers)}: {len(inside):,} rows left out")
    return scores


def calibrate_base(
    scores: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], sources: Sequence[str]
) -> Calibration:
    """Fit a logistic curve on left-out scores and place the bands by the worst source's ham."""
    known = np.isfinite(scores)
    if len(set(labels[known].tolist())) < 2:
        return Calibration(3.0, 0.0, 0.8, 0.97)
    weights = row_weights([sources[i] for i in np.flatnonzero(known).tolist()], labels[known])
    curve = LogisticRegression(C=1e6)
    curve.fit(scores[known, None], labels[known], sample_weight=weights)
    slope, offset = max(float(curve.coef_[0, 0]), 0.5), float(curve.intercept_[0])
    chances = 1 / (1 + np.exp(-(slope * scores + offset)))
    hold, reject = LOWEST_HOLD, LOWEST_HOLD
    for ham in _ham_by_source(chances, labels, sources, known):
        hold = max(hold, _just_above(ham, MOST_HELD))
        reject = max(reject, _just_above(ham, MOST_REJECTED))
    reject = min(max(reject, LOWEST_REJECT), HIGHEST_REJECT)
    return Calibration(slope, offset, min(hold, reject), reject)


def _just_above(ham: npt.NDArray[np.float64], share: float) -> float:
    """Return a threshold, in steps of 1e-4, that at most a share of the ham reaches."""
    quantile = float(np.quantile(ham, 1 - share, method="higher"))
    return (math.floor(quantile * 1e4) + 1) / 1e4


def _ham_by_source(
    chances: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int64],
    sources: Sequence[str],
    known: npt.NDArray[np.bool_],
) -> list[npt.NDArray[np.float64]]:
    """Return the ham probabilities of each source that is large enough; the corpus is one."""
    names = np.array([CORPUS if s.startswith(f"{CORPUS}-") else s for s in sources])
    found = []
    for name in sorted(set(names.tolist())):
        ham = chances[(names == name) & (labels < 0) & known]
        if len(ham) >= FEWEST_HAM:
            found.append(ham)
    return found
