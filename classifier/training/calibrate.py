"""Calibration and default bands from scores of sources that the scoring model had not seen."""

from __future__ import annotations

import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from joblib import Parallel, delayed
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from classifier.bands import Bands
from classifier.calibration import logistic
from classifier.features.batch import FeatureBatch
from classifier.row import LabelledRow
from classifier.training.base import fit_base, row_weights, source_weights
from classifier.training.data import CORPUS, OTHER_GENRES, languages_of
from classifier.training.matrix import BaseFeatures, scores_by

FOLDS = 8
LARGE = 500
"""Rows from which a source stands for its language."""
FEWEST_HAM = 90
MOST_COLD_HELD, MOST_COLD_REJECTED = 0.024, 0.0005
"""Shares of ham that the default bands may hold or reject, and reject, on a site that nobody has
taught: of the mean source of comments and of all comments together. Stricter than what is promised,
as the next source is unlike these."""
SAME_SITE = {"mademistakes_pr": "ham_mademistakes_blog"}
"""Sources that are one site's: its ham and its spam were gathered apart."""
LOWEST_HOLD, LOWEST_REJECT, HIGHEST = 0.3, 0.97, 0.9999
"""Rejecting needs near certainty whatever the left-out sources say: the next is unlike them."""
DISCARD = 1.5
"""Logits above the upper band from which spam is blatant."""


class Calibration(NamedTuple):
    """The logit is slope × raw + offset; the bands are probabilities."""

    slope: float
    offset: float
    hold: float
    reject: float


def parts_of(rows: Sequence[LabelledRow]) -> list[str]:
    """Return what is left out together with each row: its source.

    The only large source of a language's ham is left out in two halves: without any of it one would
    measure an unknown language, not an unknown site.
    """
    sizes = Counter(row.source for row in rows if row.label == "ham")
    languages = defaultdict(set)
    for row in rows:
        if row.lang and row.label == "ham" and sizes[row.source] >= LARGE:
            languages[row.lang].add(row.source)
    alone = {next(iter(found)) for found in languages.values() if len(found) == 1}
    return [
        f"{row.source}/{zlib.crc32(row.text.encode('utf-8', 'replace')) & 1}"
        if row.source in alone and not row.source.startswith(CORPUS)
        else SAME_SITE.get(row.source, row.source)
        for row in rows
    ]


def folds_of(parts: Sequence[str], folds: int = FOLDS) -> npt.NDArray[np.int64]:
    """Return a fold for each row so that whole parts stay together and folds are of a size.

    Parts of the seed corpus come last: with a row more or less of it, or without it, every other
    source is left out together with the same ones, so that figures can be compared.
    """
    sizes = Counter(parts)
    loads = [0] * folds
    fold_of: dict[str, int] = {}
    order = sorted(sizes, key=lambda part: (part.startswith(CORPUS), -sizes[part], part))
    for part in order:
        # The halves of a source must not meet in one fold.
        other = fold_of.get(part[:-1] + ("1" if part.endswith("0") else "0"))
        allowed = [fold for fold in range(folds) if fold != other]
        fold_of[part] = min(allowed, key=lambda fold: (loads[fold], fold))
        loads[fold_of[part]] += sizes[part]
    return np.array([fold_of[part] for part in parts])


class Fold(NamedTuple):
    """Rows that a base was fitted without, by place, those it was fitted on, and the base."""

    inside: npt.NDArray[np.int64]
    kept: npt.NDArray[np.int64]
    coefficients: npt.NDArray[np.float64]
    intercept: float


def left_out_folds(
    features: BaseFeatures,
    labels: npt.NDArray[np.int64],
    rows: Sequence[LabelledRow],
    groups: npt.NDArray[np.int64],
    progress: Callable[[str], None],
) -> Iterator[Fold]:
    """Yield a base for each part of the rows, fitted without their sources; none where the rest
    has one class alone.

    What resembles a row that is left out (same of `groups`) is left out with it. They are fitted
    where `joblib.parallel_config` says: one after the other, in processes, on a cluster.
    """
    folds, languages = folds_of(parts_of(rows)), languages_of(rows)
    insides = [np.flatnonzero(folds == fold) for fold in sorted(set(folds.tolist()))]
    apart = [np.flatnonzero(~np.isin(groups, groups[inside])) for inside in insides]
    parts = [
        (inside, kept)
        for inside, kept in zip(insides, apart, strict=True)
        if len(set(labels[kept].tolist())) == 2
    ]
    tasks = (
        delayed(_fitted)(
            kept,
            labels[kept],
            row_weights(
                [rows[i] for i in kept.tolist()],
                labels[kept],
                [languages[i] for i in kept.tolist()],
            ),
            *features,
        )
        for _, kept in parts
    )
    bases = Parallel(return_as="generator")(tasks)
    for done, ((inside, kept), base) in enumerate(zip(parts, bases, strict=True), 1):
        yield Fold(inside, kept, *base)
        progress(f"fold {done} of {len(parts)}: {len(inside):,} rows left out")


def _fitted(
    kept: npt.NDArray[np.int64],
    labels: npt.NDArray[np.int64],
    weights: npt.NDArray[np.float64],
    *features: csr_matrix,
) -> tuple[npt.NDArray[np.float64], float]:
    """Return a base of the rows that are kept. The parts of the features come one by one, so that
    each is sent to where it is needed once.
    """
    return fit_base(BaseFeatures(*features).take(kept), labels, weights)


def left_out_scores(
    batch: FeatureBatch,
    features: BaseFeatures,
    labels: npt.NDArray[np.int64],
    rows: Sequence[LabelledRow],
    groups: npt.NDArray[np.int64],
    progress: Callable[[str], None],
) -> npt.NDArray[np.float64]:
    """Return each row's raw score by a base fitted without its source; NaN where there is none."""
    scores = np.full(len(labels), np.nan)
    for fold in left_out_folds(features, labels, rows, groups, progress):
        scores[fold.inside] = scores_by(batch, fold.coefficients)[fold.inside] + fold.intercept
    return scores


def calibrate_base(
    scores: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], sources: Sequence[str]
) -> Calibration:
    """Fit a logistic curve on left-out scores and place the bands by the ham of comments."""
    known = np.isfinite(scores)
    if len(set(labels[known].tolist())) < 2:
        return Calibration(3.0, 0.0, 0.8, 0.97)
    scores, labels = scores[known], labels[known]
    sources = [source for source, here in zip(sources, known, strict=True) if here]
    weights = source_weights(sources, labels)
    curve = LogisticRegression(C=1e6)
    curve.fit(scores[:, None], labels, sample_weight=weights)
    slope, offset = max(float(curve.coef_[0, 0]), 0.5), float(curve.intercept_[0])
    ham = _ham_by_source(scores, labels, sources)
    hold, reject = (
        float(logistic(slope * _least_threshold(ham, share) + offset))
        for share in (MOST_COLD_HELD, MOST_COLD_REJECTED)
    )
    reject = round(min(max(reject, LOWEST_REJECT), HIGHEST), 6)
    return Calibration(slope, offset, round(min(max(hold, LOWEST_HOLD), reject), 6), reject)


def bands_of(found: Calibration) -> Bands:
    """Return the default bands of a calibration."""
    logit = math.log(found.reject / (1 - found.reject)) + DISCARD
    return Bands(found.hold, found.reject, round(float(logistic(logit)), 6))


def _least_threshold(ham: Sequence[npt.NDArray[np.float64]], share: float) -> float:
    """Return the least raw score, in steps of .01, that at most a share of the ham reaches: of the
    mean source, and of all taken together; minus infinity without ham.
    """
    if not ham:
        return -math.inf
    steps = np.arange(math.floor(min(map(np.min, ham))), max(map(np.max, ham)) + 0.02, 0.01)
    above = np.array([1 - np.searchsorted(np.sort(own), steps) / len(own) for own in ham])
    together = np.average(above, axis=0, weights=[len(own) for own in ham])
    return float(steps[np.argmax(np.maximum(above.mean(axis=0), together) <= share)])


def _ham_by_source(
    scores: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], sources: Sequence[str]
) -> list[npt.NDArray[np.float64]]:
    """Return the scores of ham of each large source of comments; the corpus is one."""
    names = np.array([CORPUS if s.startswith(f"{CORPUS}-") else s for s in sources])
    found = [
        scores[(names == name) & (labels < 0)]
        for name in sorted(set(names.tolist()))
        if name not in OTHER_GENRES
    ]
    return [ham for ham in found if len(ham) >= FEWEST_HAM]
