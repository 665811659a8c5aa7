"""What a stream is like for visitors and moderators, by how its people label."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier import LabelledRow, Model
from classifier.evaluation.regimes import REGIMES
from classifier.evaluation.site import Played, Site

Figures = dict[str, Any]
SPANS = {"1-50": slice(0, 50), "51-200": slice(50, 200), "201-": slice(200, None)}
"""The beginning of a stream, its next part and the rest."""
FEWEST = 40
"""Spam and ham of the last span with which a stream counts in the mean."""


def taught_figures(model: Model, rows: Sequence[LabelledRow], seed: int = 0) -> Figures:
    """Return, for each regime, the figures of each span of a stream played in order."""
    features = model.features(rows)
    is_spam = np.array([row.label == "spam" for row in rows])
    found = {}
    for name, regime in REGIMES.items():
        site = Site(model, regime, seed)
        played = [site.play(features[i : i + 1], row.label) for i, row in enumerate(rows)]
        found[name] = {span: shares(played[part], is_spam[part]) for span, part in SPANS.items()}
    return found


def counts(figures: Figures) -> bool:
    """Say whether a stream (its figures of one regime) has enough of both classes for the mean."""
    last = figures[list(SPANS)[-1]]
    return bool(min(last["spam"], last["ham"]) >= FEWEST)


def means(streams: Sequence[Figures]) -> Figures:
    """Return the means over streams of each regime's spans, and the worst share of ham rejected."""
    found: Figures = {}
    for name in REGIMES if streams else ():
        found[name] = {}
        for span in SPANS:
            parts = [stream[name][span] for stream in streams]
            mean = {key: _mean([part[key] for part in parts]) for key in parts[0]}
            worst = [part["ham_rejected"] for part in parts if part["ham_rejected"] is not None]
            found[name][span] = mean | {"worst_ham_rejected": max(worst, default=None)}
    return found


def shares(played: Sequence[Played], is_spam: NDArray[np.bool_]) -> Figures:
    """Return shares of a span's spam and ham by what became of them; None where there is none."""
    status = np.array([one.status for one in played], dtype="U8")
    taught = np.array([one.taught is not None for one in played], dtype=bool)
    spam, ham = status[is_spam], status[~is_spam]
    return {
        "spam": len(spam),
        "ham": len(ham),
        "spam_let_through": _share(spam == "approved"),
        "spam_held": _share(spam == "held"),
        "spam_rejected": _share(spam == "spam"),
        "ham_rejected": _share(ham == "spam"),
        "ham_held": _share(ham == "held"),
        "labels_per_1000": None if not len(taught) else 1000 * float(taught.mean()),
    }


def _share(chosen: NDArray[np.bool_]) -> float | None:
    return float(chosen.mean()) if len(chosen) else None


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
