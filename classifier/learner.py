"""A site's learner: what its own labels add to the base, one label at a time.

A relaxed on-line support vector machine with the base's score as a fixed prior, and beside it the
counts of a Bayesian filter. Source: Sculley and Wachman, Relaxed Online SVMs for Spam Filtering,
SIGIR 2007.

Each step puts the decided comment on its side of the margin, but against the evidence of many
labels that is not always past the site's band; so fingerprints and sketches of decided comments
are kept too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from classifier import calibration, repeats, svm, tally
from classifier.bands import Bands
from classifier.calibration import CURVE, HOLD, INTERCEPT, KEPT, REJECT, SiteCalibration
from classifier.features.batch import FeatureBatch
from classifier.features.groups import FEATURE_VERSION, SITE_BITS, SITE_WEIGHTS
from classifier.model import Model
from classifier.model_file import ModelError, read_arrays, write_arrays
from classifier.row import Row

MAGIC = b"WINNOWL\n"
LAYOUT = 3
"""Raised when what a checkpoint holds changes, or what a label teaches (weights, margins,
sketches): one that mixes both would be the replay of nothing, so it is made anew from the labels.
"""
LABELS = ("ham", "spam")


class Learner:
    """What one site has taught; a pure function of the snapshot and the site's ordered labels."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.table: npt.NDArray[np.float32] = np.zeros(1 << SITE_BITS, np.float32)
        self.tally: npt.NDArray[np.uint16] = np.zeros(tally.TALLY, np.uint16)
        self._decided: npt.NDArray[np.uint32] = np.zeros(repeats.SLOTS, np.uint32)
        self._sketches: npt.NDArray[np.uint8] = np.zeros(repeats.SKETCHES, np.uint8)
        self._codes: npt.NDArray[np.uint32] = np.zeros(svm.RING_CODES, np.uint32)
        self._rows: npt.NDArray[np.float64] = np.zeros(svm.WINDOW * svm.FIELDS)
        self._state: npt.NDArray[np.int64] = np.zeros(svm.STATE, np.int64)
        self._outcomes: npt.NDArray[np.float64] = np.zeros(2 * KEPT)
        self._curve: npt.NDArray[np.float64] = np.zeros(CURVE)
        self._curve[[INTERCEPT, HOLD, REJECT]] = [model.offset, *model.band_logits]

    @property
    def position(self) -> int:
        """Number of labels learned."""
        return int(self._state[svm.SPAM] + self._state[svm.HAM])

    @property
    def intercept(self) -> float:
        """What is added to the evidence of a comment to give the site's logit."""
        return float(self._curve[INTERCEPT])

    @property
    def bands(self) -> Bands:
        """The site's bands as calibrated so far: the model's as long as there is no label."""
        if self.position == 0:
            return self._model.bands
        hold, reject = (round(calibration.logistic(self._curve[i]), 6) for i in (HOLD, REJECT))
        return Bands(hold, reject, max(reject, self._model.bands.discard))

    @property
    def calibration(self) -> SiteCalibration:
        """How the site's bands treat its newest labels, with the uncertainty of each share."""
        seen = self._outcomes.reshape(2, KEPT)[:, : min(self.position, KEPT)]
        return calibration.describe(seen, self.intercept, self.bands)

    def learn(self, row: Row | FeatureBatch, label: str) -> None:
        """Learn one label, `spam` or `ham` (else ValueError), in at most a millisecond."""
        if label not in LABELS:
            raise ValueError("a label is spam or ham")
        batch = self._model.features([row]) if isinstance(row, Row) else row
        codes, base = batch.row(0), self._model.raw_scores(batch)[0]
        evidence = tally.evidence(codes, 0, len(codes), self.tally, tally.GROUP_WEIGHTS)[0]
        sign = 1.0 if label == "spam" else -1.0
        number = self.position
        slot = number % KEPT
        learned = svm.learn(
            self.table,
            self._codes,
            self._rows.reshape(svm.WINDOW, svm.FIELDS),
            self._state,
            codes,
            svm.PRIOR_WEIGHT * base + svm.EVIDENCE_WEIGHT * evidence,
            sign,
            SITE_WEIGHTS,
        )
        tally.count(codes, self.tally, tally.GROUP_WEIGHTS, sign > 0)
        repeats.remember(codes, number, self._decided, self._sketches, repeats.room()[0], sign > 0)
        outcomes, model = self._outcomes.reshape(2, KEPT), self._model
        outcomes[0, slot] = model.slope * base + model.scale * learned + tally.WEIGHT * evidence
        outcomes[1, slot] = sign
        kept = min(self.position, KEPT)
        calibration.calibrate(outcomes, kept, self._curve, model.offset, *model.band_logits)

    def follow(
        self,
        codes: npt.NDArray[np.uint32],
        starts: npt.NDArray[np.int64],
        logits: npt.NDArray[np.float64],
        chances: npt.NDArray[np.float64],
        shifts: npt.NDArray[np.float64],
    ) -> None:
        """Move the scores of repeats of decided comments to their side; `shifts` says how far."""
        line = self._curve[[HOLD, REJECT]]
        kept = (self.position, self._decided, self._sketches, *repeats.room())
        repeats.follow(codes, starts, *kept, line, logits, chances, shifts)

    def copy(self) -> Learner:
        """Return an independent learner with the same state."""
        twin = Learner.__new__(Learner)
        twin._model = self._model
        twin.table, twin.tally = self.table.copy(), self.tally.copy()
        twin._decided, twin._sketches = self._decided.copy(), self._sketches.copy()
        twin._codes = self._codes.copy()
        twin._rows, twin._state = self._rows.copy(), self._state.copy()
        twin._outcomes, twin._curve = self._outcomes.copy(), self._curve.copy()
        return twin

    @property
    def nbytes(self) -> int:
        """Size of the state in memory in bytes."""
        return sum(int(array.nbytes) for array in self._arrays().values())

    def _arrays(self) -> dict[str, npt.NDArray[Any]]:
        return {
            "table": self.table,
            "tally": self.tally,
            "decided": self._decided,
            "sketches": self._sketches,
            "codes": self._codes,
            "rows": self._rows,
            "state": self._state,
            "outcomes": self._outcomes,
            "curve": self._curve,
        }

    def to_bytes(self) -> bytes:
        """Return a checkpoint from which `from_bytes` continues bit for bit."""
        manifest = {
            "feature_version": FEATURE_VERSION,
            "layout": LAYOUT,
            "model": self._model.name,
        }
        return write_arrays(manifest, self._arrays(), MAGIC)

    @classmethod
    def from_bytes(cls, blob: bytes, model: Model) -> Learner:
        """Return the learner of a checkpoint; ModelError if damaged or of other features."""
        manifest, arrays = read_arrays(blob, MAGIC, "learner checkpoint")
        if manifest.get("feature_version") != FEATURE_VERSION:
            raise ModelError("the learner checkpoint belongs to another feature version")
        if manifest.get("layout") != LAYOUT:
            raise ModelError("the learner checkpoint was laid out by another version of Winnow")
        learner = cls(model)
        for name, array in learner._arrays().items():
            stored = arrays.get(name)
            if stored is None or stored.dtype != array.dtype or len(stored) != len(array):
                raise ModelError("the learner checkpoint is damaged: an array is missing")
            array[:] = stored
        if not svm.is_consistent(learner._state, learner._rows.reshape(svm.WINDOW, svm.FIELDS)):
            raise ModelError("the learner checkpoint is damaged: its state is impossible")
        return learner
