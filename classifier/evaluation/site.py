"""A site that is taught as a regime says: a stream played in order, as the service would do it."""

from __future__ import annotations

from collections import deque

import msgspec

from classifier import Bands, FeatureBatch, Learner, Model
from classifier.bands import Status
from classifier.evaluation.regimes import Label, People, Regime
from classifier.evidence import NEWEST, Published, draw


class Played(msgspec.Struct, frozen=True):
    """What became of one comment: its score, the bands that it met, and the label it was given."""

    score: float
    bands: Bands
    status: Status
    taught: Label | None


class Site:
    """One site: its learner, the people who teach it, and what was published since they did.

    The service draws evidence from what is older than the labelled comment, and here a comment is
    labelled, if at all, before the next one comes.
    """

    def __init__(self, model: Model, regime: Regime, seed: int = 0) -> None:
        self._model = model
        self._learner = Learner(model)
        self._people = People(regime, seed)
        self._number = 0
        self._published: deque[tuple[Published, FeatureBatch]] = deque(maxlen=NEWEST)

    def play(self, features: FeatureBatch, truth: str, name: str = "") -> Played:
        """Return what becomes of the next comment (features of one row, and what it is).

        By its name evidence is drawn: in the service by the comment's id, here by its number where
        none is given.
        """
        score = float(self._model.score(features, self._learner).probability[0])
        bands = self._learner.bands
        status = bands.status(score)
        found = self._people.label(self._number, status, truth)
        if found is not None:
            self._keep_evidence()
            self._learner.learn(features, *found)
        elif self._people.publishes(status):
            self._published.append((Published(name or str(self._number), score), features))
        self._number += 1
        return Played(score, bands, status, found and found[0])

    def import_one(self, features: FeatureBatch, label: str) -> None:
        """Learn a comment that was decided before the site came to us."""
        if label in ("spam", "ham"):
            self._learner.learn(features, "spam" if label == "spam" else "ham", "all")

    def _keep_evidence(self) -> None:
        """Keep some of what was published since the label before."""
        for place, weight in draw([one for one, _ in self._published], self._learner.position):
            self._learner.keep(self._published[place][1], weight)
        self._published.clear()
