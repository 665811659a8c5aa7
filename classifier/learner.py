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

from classifier import calibration, kinds, repeats, site_bands, svm, tally
from classifier.bands import Bands
from classifier.calibration import OUTCOMES, SiteCalibration
from classifier.features.batch import FeatureBatch
from classifier.features.groups import (
    FEATURE_VERSION,
    GROUP_SHIFT,
    SHAPE,
    SITE_BITS,
    SITE_ONLY,
    SITE_WEIGHTS,
)
from classifier.model import Model
from classifier.model_file import ModelError, read_arrays, write_arrays
from classifier.row import Row
from classifier.site_bands import CENTRE, CURVE, HOLD, INTERCEPT, LABELLED, PUSH, REJECT

MAGIC = b"WINNOWL\n"
LAYOUT = 9
"""Raised when what a checkpoint holds changes, or what a label teaches (weights, margins,
sketches): one that mixes both would be the replay of nothing, so it is made anew from the labels.
"""
LABELS = ("ham", "spam")
HOWS = ("held", "error", "audit", "import", "all")
"""How a label came: decided while the comment was held, a report that the verdict was wrong, drawn
at random, imported, or because every comment of the site is decided."""
EVIDENCE = 256
"""Newest pieces of evidence that place the bands, and that another must not repeat."""
SUSPICIOUS = 0.7
"""Probability of spam from which a published comment is no evidence, whoever left it unreported."""
STANDS_FOR = 4.0
"""The most comments for which one piece of evidence speaks."""
FADED, FADED_BY = 0.4, 100.0
"""The share of the base's score that a site's own labels take the place of at most, and how many of
each class take the place of half of that. What only one class was decided of fades nothing."""
LOWERED = 0.35
"""Logits by which evidence lowers the intercept at most below the base's and that of labels alone:
what nobody reported takes back what labels raised, and does little more."""


class Learner:
    """What one site has taught; a pure function of the snapshot and the site's log in order."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.table: npt.NDArray[np.float32] = np.zeros(1 << SITE_BITS, np.float32)
        self.tally: npt.NDArray[np.uint16] = np.zeros(tally.TALLY, np.uint16)
        self._decided: npt.NDArray[np.uint32] = np.zeros(repeats.SLOTS, np.uint32)
        self._sketches: npt.NDArray[np.uint8] = np.zeros(repeats.SKETCHES, np.uint8)
        self._codes: npt.NDArray[np.uint32] = np.zeros(svm.RING_CODES, np.uint32)
        self._rows: npt.NDArray[np.float64] = np.zeros(svm.WINDOW * svm.FIELDS)
        self._state: npt.NDArray[np.int64] = np.zeros(svm.STATE, np.int64)
        self._outcomes: npt.NDArray[np.float64] = np.zeros(2 * OUTCOMES)
        self._evidence: npt.NDArray[np.float64] = np.zeros(2 * EVIDENCE)
        self._marks: npt.NDArray[np.uint32] = np.zeros(2 * EVIDENCE, np.uint32)
        self._kept: npt.NDArray[np.uint8] = np.zeros(repeats.LANES * EVIDENCE, np.uint8)
        self._pulls: npt.NDArray[np.uint8] = np.zeros(EVIDENCE, np.uint8)
        self._curve: npt.NDArray[np.float64] = np.zeros(CURVE)
        self._curve[[INTERCEPT, LABELLED]] = model.offset
        self._curve[[HOLD, REJECT]] = model.band_logits

    @property
    def position(self) -> int:
        """Number of labels learned."""
        return int(self._state[svm.SPAM] + self._state[svm.HAM])

    @property
    def base_share(self) -> float:
        """The share of the base's score that still counts."""
        both = float(min(self._state[svm.SPAM], self._state[svm.HAM]))
        return 1.0 - FADED * both / (both + FADED_BY)

    @property
    def intercept(self) -> float:
        """What is added to the evidence of a comment to give the site's logit."""
        return float(self._curve[INTERCEPT] + self._curve[CENTRE])

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
        seen = self._outcomes.reshape(2, OUTCOMES)[:, : min(self.position, OUTCOMES)]
        return calibration.describe(seen, float(self._curve[INTERCEPT]), self.bands)

    def learn(self, row: Row | FeatureBatch, label: str, how: str = "all") -> None:
        """Learn one label, `spam` or `ham`, that came in one of `HOWS` (else ValueError).

        Takes at most a millisecond. What was published and not reported since the label before is
        to be kept first. A comment without text, author and address teaches nothing: all that is
        known of it is that it is short.
        """
        if label not in LABELS:
            raise ValueError("a label is spam or ham")
        if how not in HOWS:
            raise ValueError(f"a label came by one of {', '.join(HOWS)}")
        batch = self._model.features([row]) if isinstance(row, Row) else row
        codes, is_spam, number = batch.row(0), label == "spam", self.position
        if not _says_anything(codes):
            return
        prior, logit = self._margin_and_logit(batch)
        is_held = how == "held" or (
            how == "all" and logit + self._curve[INTERCEPT] >= self._curve[HOLD]
        )
        sign = 1.0 if is_spam else -1.0
        rows = self._rows.reshape(svm.WINDOW, svm.FIELDS)
        self._curve[PUSH] += svm.learn(
            self.table, self._codes, rows, self._state, codes, prior, sign, SITE_WEIGHTS
        )
        self._state[svm.DECIDED] += is_held
        tally.count(codes, self.tally, tally.GROUP_WEIGHTS, is_spam)
        repeats.remember(codes, number, self._decided, self._sketches, repeats.room()[0], is_spam)
        if not is_spam:
            site_bands.see_ham(self._curve, 1.0, is_held)
        self._outcomes.reshape(2, OUTCOMES)[:, number % OUTCOMES] = logit, sign
        self._calibrate()

    def keep(self, row: Row | FeatureBatch, weight: float) -> None:
        """Take a comment that was published and that nobody reported as evidence of ham, standing
        for `weight` comments.

        It is no decision: repeats of it do not follow it, and no word of it is counted. What looks
        like spam, or repeats what was kept before, is left out.
        """
        batch = self._model.features([row]) if isinstance(row, Row) else row
        codes, (least, _) = batch.row(0), repeats.room()
        chance = float(self._model.score(batch, self).probability[0])
        marks, alike = self._marks.reshape(2, EVIDENCE), np.empty(EVIDENCE, np.uint8)
        if chance >= SUSPICIOUS or not _says_anything(codes):
            return
        if kinds.is_noted(codes, marks, self._kept, least, alike):
            return
        slot = int(self._state[svm.EVIDENCE]) % EVIDENCE
        kinds.note(codes, slot, marks, self._kept, least)
        self._pulls[slot] = 0
        # What looks half like spam says little by not being reported.
        trust = (1.0 - chance) / (1.0 + chance)
        prior, logit = self._margin_and_logit(batch)
        rows = self._rows.reshape(svm.WINDOW, svm.FIELDS)
        svm.keep(self.table, self._codes, rows, self._state, codes, prior, trust, SITE_WEIGHTS)
        self._evidence.reshape(2, EVIDENCE)[:, slot] = logit, trust * min(weight, STANDS_FOR)
        site_bands.see_ham(self._curve, weight, False)

    def _margin_and_logit(self, batch: FeatureBatch) -> tuple[float, float]:
        """Return the fixed part of a row's margin, and its logit without the intercept."""
        codes, base = batch.row(0), float(self._model.raw_scores(batch)[0])
        counted = tally.evidence(codes, 0, len(codes), self.tally, tally.GROUP_WEIGHTS)[0]
        learned = svm.product(codes, self.table, SITE_WEIGHTS)
        logit = self._model.slope_beside(self) * base
        logit += self._model.scale * learned + tally.WEIGHT * counted
        return (
            svm.PRIOR_WEIGHT * base + svm.EVIDENCE_WEIGHT * counted,
            logit + float(self._curve[CENTRE]),
        )

    def _calibrate(self) -> None:
        """Centre the scores, and refit intercept and bands."""
        model, curve, state = self._model, self._curve, self._state
        spam, ham, evidence = (int(state[i]) for i in (svm.SPAM, svm.HAM, svm.EVIDENCE))
        known = self._outcomes.reshape(2, OUTCOMES), min(spam + ham, OUTCOMES)
        kept = self._evidence.reshape(2, EVIDENCE), min(evidence, EVIDENCE)
        rows = self._rows.reshape(svm.WINDOW, svm.FIELDS)
        svm.note_pulls(rows, state, self._pulls)
        pushed = svm.pushed_ham(self.table, self._codes, rows, state, SITE_WEIGHTS)
        curve[CENTRE] = calibration.centre(curve[PUSH], spam, ham, *pushed) * model.scale
        curve[LABELLED] = calibration.intercept(*known, kept[0], 0, model.offset, curve[LABELLED])
        curve[INTERCEPT] = calibration.intercept(*known, *kept, model.offset, curve[INTERCEPT])
        lowest = min(curve[LABELLED], model.offset) - LOWERED
        curve[INTERCEPT] = max(curve[INTERCEPT], lowest)
        decided = int(state[svm.DECIDED])
        site_bands.place(*known, *kept, curve, *model.band_logits, spam + ham, evidence, decided)

    def follow(
        self,
        codes: npt.NDArray[np.uint32],
        starts: npt.NDArray[np.int64],
        logits: npt.NDArray[np.float64],
        chances: npt.NDArray[np.float64],
        shifts: npt.NDArray[np.float64],
    ) -> None:
        """Take back what evidence did for its own like, and move the scores of repeats of decided
        comments to their side; `shifts` says how far."""
        least, alike = repeats.room()
        if self._state[svm.EVIDENCE] > 0:
            marks, scale = self._marks.reshape(2, EVIDENCE), self._model.scale
            kept = (marks, self._kept, self._pulls, scale, least, np.empty(EVIDENCE, np.uint8))
            kinds.take_back(codes, starts, *kept, logits, chances)
        line = self._curve[[HOLD, REJECT]]
        decided = (self.position, self._decided, self._sketches, least, alike)
        repeats.follow(codes, starts, *decided, line, logits, chances, shifts)

    def copy(self) -> Learner:
        """Return an independent learner with the same state."""
        twin = Learner.__new__(Learner)
        twin._model = self._model
        twin.table, twin.tally = self.table.copy(), self.tally.copy()
        twin._decided, twin._sketches = self._decided.copy(), self._sketches.copy()
        twin._codes = self._codes.copy()
        twin._rows, twin._state = self._rows.copy(), self._state.copy()
        twin._outcomes, twin._evidence = self._outcomes.copy(), self._evidence.copy()
        twin._marks, twin._kept = self._marks.copy(), self._kept.copy()
        twin._pulls = self._pulls.copy()
        twin._curve = self._curve.copy()
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
            "evidence": self._evidence,
            "marks": self._marks,
            "kept": self._kept,
            "pulls": self._pulls,
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


def _says_anything(codes: npt.NDArray[np.uint32]) -> bool:
    """Say whether a row has more than its shape and where it was posted."""
    return not np.isin(codes >> np.uint32(GROUP_SHIFT), (SHAPE, SITE_ONLY)).all()
