"""The two ways a filter is judged: taught row by row, or trained first and then left alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier import LabelledRow, Learner, Model, Row
from classifier.evaluation import metrics
from classifier.evaluation.counts import Counts
from classifier.evaluation.peers import BatchFilter, Filter

FIRST_LABELS = 50
"""Labels after which a site's filter is expected to work."""


class Winnow:
    """A model with one site's learner, as a filter."""

    name = "winnow"

    def __init__(self, model: Model) -> None:
        self._model = model
        self._learner = Learner(model)

    def score(self, row: Row) -> float:
        """Return probability of spam."""
        return float(self._model.score([row], self._learner).probability[0])

    def learn(self, row: LabelledRow) -> None:
        """Learn one label."""
        self._learner.learn(row, row.label)

    def score_all(self, rows: Sequence[Row]) -> list[float]:
        """Return probabilities of spam."""
        found: list[float] = []
        for i in range(0, len(rows), 256):
            found.extend(self._model.score(rows[i : i + 256], self._learner).probability.tolist())
        return found

    def learn_all(self, rows: Iterable[LabelledRow]) -> None:
        """Learn rows in order."""
        for row in rows:
            self.learn(row)


@dataclass(frozen=True)
class Scored:
    """Scores of a stream in its order, and which rows are spam."""

    score: NDArray[np.float64]
    is_spam: NDArray[np.bool_]

    @classmethod
    def of(cls, scores: Sequence[float], rows: Sequence[LabelledRow]) -> Scored:
        """Score with the labels of their rows."""
        return cls(np.array(scores), np.array([row.label == "spam" for row in rows]))

    def counts(self, first: int = 0) -> Counts:
        """Count of the rows from position `first` on."""
        return Counts.of(self.score[first:], self.is_spam[first:])

    def joined(self, other: Scored) -> Scored:
        """Return both, one after the other."""
        return Scored(np.r_[self.score, other.score], np.r_[self.is_spam, other.is_spam])


def replay(filter_: Filter, rows: Sequence[LabelledRow]) -> Scored:
    """Predict each row, then learn its label before the next."""
    scores = []
    for row in rows:
        scores.append(filter_.score(row))
        filter_.learn(row)
    return Scored.of(scores, rows)


def hold_out(
    filter_: BatchFilter, known: Sequence[LabelledRow], unseen: Sequence[LabelledRow]
) -> Scored:
    """Learn the known rows in order, then score the unseen ones, nothing learned between them."""
    filter_.learn_all(known)
    return Scored.of(filter_.score_all(unseen), unseen)


def replay_figures(runs: Sequence[Scored]) -> dict[str, Any]:
    """Return AUC and recall of one order with a bootstrap interval, or the mean of several."""
    auc = _known(metrics.roc_auc(run.counts()) for run in runs)
    recall = _known(metrics.recall_at_fpr(run.counts()) for run in runs)
    late = _known(metrics.recall_at_fpr(run.counts(FIRST_LABELS)) for run in runs)
    mean, half = metrics.mean_interval(auc)
    low, high = mean - half, min(1.0, mean + half)
    if len(runs) == 1:
        interval = metrics.bootstrap_interval(runs[0].score, runs[0].is_spam)
        low, high = interval or (mean, mean)
    return {
        "orders": len(runs),
        "auc": mean,
        "auc_low": low,
        "auc_high": high,
        "recall_at_1_percent_fpr": metrics.mean_interval(recall)[0],
        "recall_after_50_labels": metrics.mean_interval(late)[0],
        "recall_after_50_half_width": metrics.mean_interval(late)[1],
    }


def hold_out_figures(scored: Scored, cutoff: float = 0.5) -> dict[str, Any]:
    """Return accuracy and F1 at a filter's own cutoff for spam, and AUC."""
    counts = scored.counts()
    return {
        "rows": len(scored.score),
        "accuracy": metrics.accuracy_at(counts, cutoff),
        "f1": metrics.f1_at(counts, cutoff),
        "auc": metrics.roc_auc(counts),
    }


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]
