"""The measures of the field, each from counts of scores; `None` where a class is missing."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.counts import Counts


def roc_auc(counts: Counts) -> float | None:
    """Return probability that a spam row scores above a ham row, ties counting one half."""
    n_spam, n_ham = counts.n_spam, counts.n_ham
    if not n_spam or not n_ham:
        return None
    ham_below = np.cumsum(counts.ham) - counts.ham
    wins = (counts.spam * (ham_below + counts.ham / 2)).sum()
    return float(wins / n_spam / n_ham)


def recall_at_fpr(counts: Counts, fpr: float = 0.01) -> float | None:
    """Return largest share of spam at or above a threshold that at most `fpr` of ham reaches."""
    n_spam, n_ham = counts.n_spam, counts.n_ham
    if not n_spam or not n_ham:
        return None
    spam_reached = np.cumsum(counts.spam[::-1])
    ham_reached = np.cumsum(counts.ham[::-1])
    allowed = ham_reached <= fpr * n_ham + 1e-9
    return float(spam_reached[allowed].max(initial=0) / n_spam)


def accuracy_at(counts: Counts, threshold: float = 0.5) -> float | None:
    """Share of rows on the right side of a threshold; at the threshold counts as spam."""
    total = counts.n_spam + counts.n_ham
    if not total:
        return None
    above = counts.value >= threshold
    return float((counts.spam[above].sum() + counts.ham[~above].sum()) / total)


def f1_at(counts: Counts, threshold: float = 0.5) -> float | None:
    """Return harmonic mean of precision and recall of spam at a threshold."""
    above = counts.value >= threshold
    hit = counts.spam[above].sum()
    reached = hit + counts.ham[above].sum()
    return float(2 * hit / (reached + counts.n_spam)) if reached + counts.n_spam else None


def brier(counts: Counts) -> float | None:
    """Return mean squared distance between probability and outcome (Brier 1950)."""
    total = counts.n_spam + counts.n_ham
    if not total:
        return None
    squares = counts.spam * (1 - counts.value) ** 2 + counts.ham * counts.value**2
    return float(squares.sum() / total)


@dataclass(frozen=True)
class Bin:
    """One bin of a reliability diagram: mean probability, observed share of spam, rows."""

    confidence: float
    spam_share: float
    rows: int


def calibration_bins(counts: Counts, bins: int = 15) -> list[Bin]:
    """Return equal-width bins of probability that hold at least one row, in ascending order."""
    place = np.minimum((counts.value * bins).astype(np.int64), bins - 1)
    rows = np.bincount(place, weights=counts.spam + counts.ham, minlength=bins)
    spam = np.bincount(place, weights=counts.spam, minlength=bins)
    mass = np.bincount(place, weights=(counts.spam + counts.ham) * counts.value, minlength=bins)
    return [
        Bin(float(mass[i] / rows[i]), float(spam[i] / rows[i]), int(rows[i]))
        for i in np.flatnonzero(rows)
    ]


def expected_calibration_error(counts: Counts, bins: int = 15) -> float | None:
    """Return mean distance of probability and share of spam over bins (Guo et al., ICML 2017)."""
    found = calibration_bins(counts, bins)
    total = sum(one.rows for one in found)
    if not total:
        return None
    return sum(abs(one.confidence - one.spam_share) * one.rows for one in found) / total


def precision_recall_curve(
    counts: Counts,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return thresholds (descending), precision and recall of spam at or above each; empty if no
    spam.
    """
    if not counts.n_spam:
        nothing = np.empty(0)
        return nothing, nothing, nothing
    spam = np.cumsum(counts.spam[::-1])
    reached = spam + np.cumsum(counts.ham[::-1])
    return counts.value[::-1], spam / reached, spam / counts.n_spam


def mean_interval(values: list[float]) -> tuple[float, float]:
    """Return mean and half-width of its 95 % interval (Student's t; 0 for a single value)."""
    from scipy.stats import t

    mean = math.fsum(values) / len(values)
    if len(values) < 2:
        return mean, 0.0
    variance = math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1)
    half = float(t.ppf(0.975, len(values) - 1)) * math.sqrt(variance / len(values))
    return mean, half


def bootstrap_interval(
    scores: NDArray[np.float64],
    is_spam: NDArray[np.bool_],
    rounds: int = 200,
    seed: int = 0,
) -> tuple[float, float] | None:
    """95 % percentile interval of the AUC over rows drawn with replacement, class by class."""
    spam, ham = scores[is_spam], scores[~is_spam]
    if not len(spam) or not len(ham):
        return None
    draw = np.random.default_rng(seed)
    truth = np.r_[np.ones(len(spam), bool), np.zeros(len(ham), bool)]
    found = []
    for _ in range(rounds):
        picked = np.r_[draw.choice(spam, len(spam)), draw.choice(ham, len(ham))]
        found.append(roc_auc(Counts.of(picked, truth)))
    low, high = np.percentile(np.array(found, dtype=np.float64), [2.5, 97.5])
    return float(low), float(high)
