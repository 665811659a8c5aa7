"""Curves of a model over held-back labels, each point with its interval."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.calibration import wilson
from moderation.domain.reports import CalibrationPoint, Curves, Interval, RecallPoint

POINTS = 50
BINS = 15
_DIGITS = 6

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def interval(share: float, size: float, by: float = 1.0, digits: int = _DIGITS) -> Interval:
    """Return a share of `size` labels of equal weight as a figure `by` so many, with its 95 %
    interval (Wilson); 0 to `by` where there is nothing to go by."""
    if not size:
        return Interval(0.0, 0.0, by)
    rate = wilson(share * size, size)
    return Interval(*(round(by * x, digits) for x in (rate.share, rate.low, rate.high)))


def equal_size(weights: Floats) -> float:
    """Return how many labels of equal weight tell as much (Kish, Survey Sampling, 1965)."""
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0


def curves(chance: Floats, is_spam: Mask, weights: Floats) -> Curves:
    """Return precision by recall, and the share of spam by probability, of labels that count by
    their weights."""
    return Curves(
        _precision_recall(chance, is_spam, weights), _calibration(chance, is_spam, weights)
    )


def _precision_recall(chance: Floats, is_spam: Mask, weights: Floats) -> list[RecallPoint]:
    """Return points at thresholds from high to low, evenly spaced among the distinct ones; none
    without spam."""
    spam_weights = weights * is_spam
    whole, spam_size = float(spam_weights.sum()), equal_size(weights[is_spam])
    if not whole:
        return []
    order = np.argsort(-chance, kind="stable")
    sums = [column[order].cumsum() for column in (spam_weights, weights, weights**2)]
    # Labels of one probability are reached together: of each the last one in order.
    ends = np.flatnonzero(np.diff(chance[order], append=-1.0))
    chosen = sorted({round(i) for i in np.linspace(0, len(ends) - 1, POINTS)})
    points = []
    for end in ends[chosen]:
        spam, reached, squares = (float(column[end]) for column in sums)
        size = reached**2 / squares if squares else 0.0
        points.append(
            RecallPoint(
                round(float(chance[order[end]]), _DIGITS),
                interval(spam / reached if reached else 0.0, size),
                interval(spam / whole, spam_size),
            )
        )
    return points


def _calibration(chance: Floats, is_spam: Mask, weights: Floats) -> list[CalibrationPoint]:
    """Return the bins of equal width that hold labels, from low to high."""
    place = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    points = []
    for bin_ in np.unique(place):
        here = place == bin_
        total = float(weights[here].sum())
        if not total:
            continue
        mean = float((weights[here] * chance[here]).sum()) / total
        share = float(weights[here & is_spam].sum()) / total
        points.append(
            CalibrationPoint(
                round(mean, _DIGITS), interval(share, equal_size(weights[here])), int(here.sum())
            )
        )
    return points
