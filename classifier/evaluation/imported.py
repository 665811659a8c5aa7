"""What a site's history is worth: its first half imported, its second half judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from classifier import LabelledRow, Model
from classifier.evaluation.regimes import REGIMES
from classifier.evaluation.site import Site
from classifier.evaluation.teaching import shares

Figures = dict[str, Any]
WAYS = {
    "nothing": (False, "none"),
    "console": (False, "console"),
    "imported": (True, "none"),
    "imported and console": (True, "console"),
}
"""Whether the first half was imported, and how people label the second half."""


def imported_figures(model: Model, rows: Sequence[LabelledRow], seed: int = 0) -> Figures:
    """Return the figures of a stream's second half for each of `WAYS`.

    The model must not have seen the rows; they are played in order.
    """
    features, half = model.features(rows), len(rows) // 2
    second = range(half, len(rows))
    is_spam = np.array([rows[i].label == "spam" for i in second])
    found: Figures = {}
    for name, (imports, regime) in WAYS.items():
        site = Site(model, REGIMES[regime], seed)
        if imports:
            for i in range(half):
                site.import_one(features[i : i + 1], rows[i].label)
        played = [site.play(features[i : i + 1], rows[i].label) for i in second]
        found[name] = shares(played, is_spam)
    return found
