"""Base models trained without some rows, kept between runs of a study."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

import classifier
from classifier import LabelledRow, Model
from classifier.features.batch import FeatureBatch
from classifier.features.extract import extract_features
from classifier.features.groups import FEATURE_VERSION
from classifier.training.base import fit_base, row_weights
from classifier.training.calibrate import (
    Calibration,
    Fold,
    bands_of,
    calibrate_base,
    left_out_folds,
)
from classifier.training.data import corpus_rows, labels_of, languages_of
from classifier.training.duplicates import near_duplicates
from classifier.training.matrix import BaseFeatures, scores_by

Rows = Sequence[LabelledRow]
Floats = npt.NDArray[np.float64]
Stays = Callable[[LabelledRow], bool]

AFTER_THE_BASE = frozenset(
    {
        "evidence.py",
        "explanation.py",
        "kinds.py",
        "learner.py",
        "likeness.py",
        "repeats.py",
        "site_bands.py",
        "svm.py",
        "tally.py",
        "training/card.py",
        "training/layer.py",
    }
)
"""Modules of a site's learner and of what is made of a base: none of them changes a base, so that a
study of another learner does not wait for the same bases to be fitted again."""


class Store:
    """Files under names that change with everything they depend on, so none is ever stale."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def recall(self, name: str, make: Callable[[], bytes]) -> bytes:
        """Return the kept bytes, made on the first call."""
        path = self._folder / name
        if not path.exists():
            made = make()
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
                file.write(made)
            Path(file.name).replace(path)
        return path.read_bytes()


class Bases:
    """Fits bases on chosen rows and our seed corpus as `train` does, and remembers them.

    Without `corpus` the seed corpus is left out, for showing what it adds.

    The left-out scores that place calibration and bands are computed once for all rows; a base
    without some rows is calibrated without the scores of these rows.
    """

    def __init__(
        self, rows: Rows, store: Store, say: Callable[[str], None], *, corpus: bool = True
    ) -> None:
        self.rows = [*rows, *corpus_rows()] if corpus else list(rows)
        self._labels = np.array(labels_of(self.rows), np.int64)
        self._store = store
        self._say = say
        # Once: what this process imported does not change when a file does.
        self._key = f"{digest_of_rows(self.rows)[:16]}-{_digest_of_code()[:16]}"
        self._known: BaseFeatures | None = None
        self._folds: list[Fold] = []
        self._scores: Floats = np.empty(0)
        self._groups: npt.NDArray[np.int64] = np.empty(0, np.int64)
        self._batch = FeatureBatch(np.empty(0, np.uint32), np.zeros(1, np.int64))

    def fitted(
        self, stays: Stays, why: str, like: Model | None = None, variant: str = "whole"
    ) -> Model:
        """Return the base of the rows that stay; calibrated as `like` where that is given.

        `variant` names a change of the feature weights that is in force in this process.
        """
        kept = np.array([stays(row) for row in self.rows])
        name = f"base-{self._key}-{hashlib.sha256(kept.tobytes()).hexdigest()[:16]}-{variant}.model"
        return Model.load(self._store.recall(name, lambda: self._fit(kept, why, like, variant)))

    def without(self, *sources: str) -> Model:
        """Return a base that never saw the rows of these sources, nor what resembles them.

        Where one of the folds that place the bands left out all of them, that fold's base is taken,
        which did not see some other sources either.
        """
        stays = np.array([row.source not in sources for row in self.rows])
        for fold in self.folds():
            if np.isin(np.flatnonzero(~stays), fold.inside).all():
                return self._model(fold.coefficients, fold.intercept, self.calibrated(stays))
        return self.fitted(lambda row: row.source not in sources, f"without {', '.join(sources)}")

    def folds(self) -> list[Fold]:
        """Return the bases that place the bands, each with the rows it was fitted without."""
        if not self._folds:
            kept = self._store.recall(f"folds-{self._key}.npz", self._fit_folds)
            with np.load(io.BytesIO(kept)) as found:
                self._folds = [
                    Fold(*(found[f"{name}{i}"] for name in Fold._fields))
                    for i in range(len(found.files) // len(Fold._fields))
                ]
        return self._folds

    def left_out_scores(self) -> Floats:
        """Return each row's raw score by the base of a fold that left it out; NaN for none."""
        if not len(self._scores):
            self._scores = np.full(len(self.rows), np.nan)
            self._features()
            for fold in self.folds():
                self._scores[fold.inside] = (
                    scores_by(self._batch, fold.coefficients)[fold.inside] + fold.intercept
                )
        return self._scores

    def calibrated(self, stays: npt.NDArray[np.bool_]) -> Calibration:
        """Return calibration and bands by the left-out scores of the rows that stay."""
        sources = [row.source for row, here in zip(self.rows, stays, strict=True) if here]
        return calibrate_base(self.left_out_scores()[stays], self._labels[stays], sources)

    def _fit_folds(self) -> bytes:
        self._say("scoring every source by a base that has not seen it")
        features = self._features()
        found = left_out_folds(features, self._labels, self.rows, self._groups, self._say)
        arrays = {
            f"{name}{i}": _rounded(name, value)
            for i, fold in enumerate(found)
            for name, value in fold._asdict().items()
        }
        file = io.BytesIO()
        np.savez(file, **arrays)
        return file.getvalue()

    def _model(self, coefficients: Floats, intercept: float, chosen: Calibration) -> Model:
        manifest = {
            "name": "study",
            "feature_version": FEATURE_VERSION,
            "slope": chosen.slope,
            "offset": chosen.offset,
            "bands": msgspec.structs.asdict(bands_of(chosen)),
            "intercept": float(intercept),
        }
        return Model(manifest, coefficients.astype(np.float16))

    def _fit(
        self, kept: npt.NDArray[np.bool_], why: str, like: Model | None, variant: str
    ) -> bytes:
        features = self._features() if variant == "whole" else self._computed()
        if like is None:
            # What resembles a row of a source that is left out goes with it.
            kept = kept & ~np.isin(self._groups, self._groups[~kept])
        self._say(f"fitting a base on {kept.sum():,} rows: {why}")
        labels = self._labels[kept]
        rows = [row for row, stays in zip(self.rows, kept, strict=True) if stays]
        coefficients, intercept = fit_base(
            features.take(np.flatnonzero(kept)),
            labels,
            row_weights(rows, labels, languages_of(rows)),
        )
        if like is None:
            chosen = self.calibrated(kept)
        else:
            bands = like.bands
            chosen = Calibration(like.slope, like.offset, bands.hold, bands.reject)
        return self._model(coefficients, intercept, chosen).to_bytes()

    def _features(self) -> BaseFeatures:
        if self._known is None:
            self._known = self._computed()
        return self._known

    def _computed(self) -> BaseFeatures:
        self._batch = extract_features(self.rows)
        self._groups = near_duplicates(self._batch)
        return BaseFeatures.of(self._batch)


def _rounded(name: str, value: Any) -> Any:
    """Return a part of a fold as it is kept: coefficients as a model file has them."""
    return value.astype(np.float16) if name == "coefficients" else value


def digest_of_rows(rows: Rows) -> str:
    """Return SHA-256 over rows in order."""
    return hashlib.sha256(msgspec.json.Encoder().encode_lines(list(rows))).hexdigest()


def _digest_of_code() -> str:
    """Return SHA-256 over all that training depends on: the package's code and lexicons."""
    root = Path(classifier.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        part = path.relative_to(root)
        unrelated = part.parts[0] in ("cli", "evaluation", "shipped") or "__pycache__" in part.parts
        unrelated = unrelated or part.as_posix() in AFTER_THE_BASE
        if path.is_file() and not unrelated and path.suffix in (".py", ".txt"):
            digest.update(str(part).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
