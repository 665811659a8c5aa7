"""The JSON report of an evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np

from classifier import Model
from classifier.evaluation import metrics
from classifier.evaluation.counts import Counts
from classifier.evaluation.record import STATUSES, Part, Record

CURVE_POINTS = 200

Report = dict[str, Any]


def build_report(model: Model, files: list[str], records: dict[str, Record]) -> Report:
    """Return the report of one or two protocols (`cold`, `replay`) over the same rows."""
    whole = next(iter(records.values())).all.counts()
    return {
        "model": model.name,
        "feature_version": model.feature_version,
        "files": files,
        "rows": whole.n_spam + whole.n_ham,
        "spam": whole.n_spam,
        "ham": whole.n_ham,
        "bands": {
            "hold": model.bands.hold,
            "reject": model.bands.reject,
            "discard": model.bands.discard,
        },
        **{name: _protocol(record) for name, record in records.items()},
    }


def _protocol(record: Record) -> Report:
    counts = record.all.counts()
    found = _part(record.all) | {
        "calibration": [
            {"confidence": one.confidence, "spam_share": one.spam_share, "rows": one.rows}
            for one in metrics.calibration_bins(counts)
        ],
        "precision_recall": _thinned_curve(counts),
        "slices": {
            name: {value: _part(part) for value, part in parts.items()}
            for name, parts in record.slices.items()
        },
    }
    if record.curve:
        found["after_50_labels"] = _part(record.after_50)
        found["learning_curve"] = [
            {"labels": labels} | _part(part) for labels, part in sorted(record.curve.items())
        ]
    return found


def _part(part: Part) -> Report:
    counts = part.counts()
    auc = metrics.roc_auc(counts)
    return {
        "rows": counts.n_spam + counts.n_ham,
        "spam": counts.n_spam,
        "ham": counts.n_ham,
        "auc": auc,
        "one_minus_auc_percent": None if auc is None else 100 * (1 - auc),
        "recall_at_1_percent_fpr": metrics.recall_at_fpr(counts),
        "brier": metrics.brier(counts),
        "ece": metrics.expected_calibration_error(counts),
        "statuses": {
            label: dict(zip(STATUSES, map(int, part.statuses[kind]), strict=True))
            for kind, label in ((1, "spam"), (0, "ham"))
        },
        "at_bands": _at_bands(part),
    }


def _at_bands(part: Part) -> Report:
    """Return precision, recall and false positive rate of all that reaches each band."""
    ham, spam = part.statuses
    found = {}
    for band, first in (("hold", 1), ("reject", 2), ("discard", 3)):
        hit, missed = int(spam[first:].sum()), int(ham[first:].sum())
        found[band] = {
            "precision": _share(hit, hit + missed),
            "recall": _share(hit, int(spam.sum())),
            "false_positive_rate": _share(missed, int(ham.sum())),
        }
    return found


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _thinned_curve(counts: Counts) -> list[Report]:
    thresholds, precision, recall = metrics.precision_recall_curve(counts)
    if not len(thresholds):
        return []
    # Points evenly spaced in recall, each at the first threshold that reaches it, keep the shape.
    wanted = np.unique(np.searchsorted(recall, np.linspace(0, 1, CURVE_POINTS) - 1e-12))
    wanted = wanted[wanted < len(recall)]
    return [
        {
            "threshold": float(thresholds[i]),
            "precision": float(precision[i]),
            "recall": float(recall[i]),
        }
        for i in wanted
    ]
