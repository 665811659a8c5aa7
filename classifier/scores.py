"""Scores of a batch, with their reasons on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from classifier.reasons import CODES

if TYPE_CHECKING:
    from classifier.features.batch import FeatureBatch
    from classifier.learner import Learner
    from classifier.model import Model

MOST_REASONS = 5


class Scores:
    """Calibrated probabilities (float64, rounded to 1e-6) and logits (float64) of a batch."""

    __slots__ = ("_features", "_learners", "_model", "logit", "probability")

    def __init__(
        self,
        model: Model,
        features: FeatureBatch,
        learners: list[Learner | None],
        logit: npt.NDArray[np.float64],
        probability: npt.NDArray[np.float64],
    ) -> None:
        self._model = model
        self._features = features
        self._learners = learners
        self.logit = logit
        self.probability = probability

    def __len__(self) -> int:
        return len(self.logit)

    def reasons(self, index: int) -> list[tuple[str, float]]:
        """Return at most five (code, weight in logits), largest |weight| first.

        Computed now from the learner as it is: ask before the learner learns more.
        """
        codes = self._features.row(index)
        weights = self._model.reason_weights(codes, self._learners[index])
        order = np.argsort(-np.abs(weights), kind="stable")[: MOST_REASONS + 1]
        found = [(CODES[i], round(float(weights[i]), 4)) for i in order if weights[i] != 0]
        return [item for item in found if item[0] != "calibration"][:MOST_REASONS]
