"""A site that is taught as a regime says: a stream played in order, as the service would do it."""

from __future__ import annotations

import msgspec

from classifier import Bands, FeatureBatch, Learner, Model
from classifier.bands import Status
from classifier.evaluation.regimes import Label, People, Regime


class Played(msgspec.Struct, frozen=True):
    """What became of one comment: its score, the bands that it met, and the label it was given."""

    score: float
    bands: Bands
    status: Status
    taught: Label | None


class Site:
    """One site: its learner, and the people who teach it."""

    def __init__(self, model: Model, regime: Regime, seed: int = 0) -> None:
        self._model = model
        self._learner = Learner(model)
        self._people = People(regime, seed)
        self._number = 0

    def play(self, features: FeatureBatch, truth: str) -> Played:
        """Return what becomes of the next comment (features of one row, and what it is)."""
        score = float(self._model.score(features, self._learner).probability[0])
        bands = self._learner.bands
        status = bands.status(score)
        found = self._people.label(self._number, status, truth)
        self._number += 1
        if found is None:
            return Played(score, bands, status, None)
        label, _ = found
        self._learner.learn(features, label)
        return Played(score, bands, status, label)
