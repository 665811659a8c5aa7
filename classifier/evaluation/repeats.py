"""Whether a repeat of a comment follows a single decision against the filter's opinion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from classifier import LabelledRow, Learner, Model, Row

LABELS = (0, 50, 500)
"""Labels that a site has taught before the decision."""
SAMPLE = 200
LATER = 100
"""Labels that come between the decision and a late repeat."""


def repeats(model: Model, rows: Sequence[LabelledRow]) -> dict[str, Any]:
    """Shares of repeats that follow, by labels taught before.

    Each of up to SAMPLE comments that the site has not taught is decided against the side on which
    its score is, by a learner that is thrown away afterwards. A repeat follows if it is then held
    or rejected as spam, or not even held as ham. `near` is in capitals with signs added, `reworded`
    has its first word replaced, `later` is the exact repeat LATER further labels on.
    """
    found: dict[str, Any] = {}
    learner = model.new_learner()
    for first in LABELS:
        if first + LATER + 20 > len(rows):
            break
        for row in rows[learner.position : first]:
            learner.learn(row, row.label)
        after, rest = rows[first : first + LATER], rows[first + LATER :]
        chosen = rest[:: max(1, len(rest) // SAMPLE)][:SAMPLE]
        followed = np.array([_followed(model, learner, row, after) for row in chosen])
        found[str(first)] = {
            "decisions": len(chosen),
            "before": float(followed[:, 0].mean()),
            "exact": float(followed[:, 1].mean()),
            "near": float(followed[:, 2].mean()),
            "reworded": float(followed[:, 3].mean()),
            "later": float(followed[:, 4].mean()),
        }
    return found


def _followed(
    model: Model, learner: Learner, row: LabelledRow, after: Sequence[LabelledRow]
) -> NDArray[np.bool_]:
    """Whether a row before, and then the row and its repeats of each kind, are as decided."""
    bare = row.for_training()
    likely = model.score([bare], learner).probability[0] >= 0.5
    decided = "ham" if likely else "spam"
    before = _is_as(decided, model, learner, bare)
    taught = learner.copy()
    taught.learn(bare, decided)
    near = msgspec.structs.replace(bare, text=f"{bare.text.upper()} !!")
    reworded = msgspec.structs.replace(bare, text=" ".join(["So", *bare.text.split(" ")[1:]]))
    found = [_is_as(decided, model, taught, one) for one in (bare, near, reworded)]
    for other in after:
        taught.learn(other, other.label)
    return np.array([before, *found, _is_as(decided, model, taught, bare)])


def _is_as(decided: str, model: Model, learner: Learner, row: Row) -> bool:
    held = bool(model.score([row], learner).probability[0] >= learner.bands.hold)
    return held == (decided == "spam")
