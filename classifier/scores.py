"""Scores of a batch, with their reasons on demand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy.typing as npt

from classifier.reasons import CODES

if TYPE_CHECKING:
    import numpy as np

MOST_REASONS = 5
Reasons = tuple[list[list[int]], list[list[float]]]
"""Each row's heaviest reasons: places in `CODES` (-1: none) and weights in logits."""


class Scores:
    """Calibrated probabilities (float64, rounded to 1e-6) and logits (float64) of a batch.

    `shifts` (float64) is what repeats of decided comments had added to their logits.
    """

    __slots__ = ("_find", "_find_marks", "_reasons", "logit", "probability", "shifts")

    def __init__(
        self,
        logit: npt.NDArray[np.float64],
        probability: npt.NDArray[np.float64],
        shifts: npt.NDArray[np.float64],
        find_reasons: Callable[[int], Reasons],
        find_marks: Callable[[], list[bytes]] | None,
    ) -> None:
        self._find = find_reasons
        self._find_marks = find_marks
        self._reasons: Reasons | None = None
        self.logit = logit
        self.probability = probability
        self.shifts = shifts

    def __len__(self) -> int:
        return len(self.logit)

    def marks(self) -> list[bytes]:
        """Return the mark of the text of each row, as `marks_of` does, without reading it again.

        Raises:
            ValueError: features were scored, which do not say what is of the text.
        """
        if self._find_marks is None:
            raise ValueError("features have no marks")
        return self._find_marks()

    def reasons(self, index: int) -> list[tuple[str, float]]:
        """Return at most five (code, weight in logits), largest |weight| first, rounded to 0.01.

        Computed for all rows at the first call, from the learners as they are then.
        """
        if self._reasons is None:
            self._reasons = self._find(MOST_REASONS)
        places, weights = self._reasons
        found = [
            (CODES[place], weight)
            for place, weight in zip(places[index], weights[index], strict=True)
            if place >= 0
        ]
        shift = round(float(self.shifts[index]), 2)
        if shift != 0:
            found.append(("repeat", shift))
            found.sort(key=lambda reason: -abs(reason[1]))
        return found[:MOST_REASONS]
