"""Figures of a model by source, for its manifest and its card."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from classifier.training.data import CORPUS


def figures_by_source(
    chances: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int64],
    sources: Sequence[str],
    hold: float,
    reject: float,
) -> dict[str, dict[str, float]]:
    """Return each source's AUC and shares held or rejected, rounded; the corpus is one source."""
    names = np.array([CORPUS if s.startswith(f"{CORPUS}-") else s for s in sources])
    found: dict[str, dict[str, float]] = {}
    for name in sorted(set(names.tolist())):
        own = (names == name) & np.isfinite(chances)
        ham, spam = chances[own & (labels < 0)], chances[own & (labels > 0)]
        figures: dict[str, float] = {}
        if len(ham):
            held = (ham >= hold) & (ham < reject)
            figures |= {"ham_held": held.mean(), "ham_rejected": (ham >= reject).mean()}
        if len(spam):
            figures |= {"spam_caught": (spam >= hold).mean()}
        if len(ham) and len(spam):
            figures["auc"] = roc_auc_score(labels[own], chances[own])
        found[name] = {key: round(float(value), 4) for key, value in figures.items()}
    return found
