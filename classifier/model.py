"""A snapshot: the base model, its calibration and bands; immutable, shared by threads."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Meta, Struct

from classifier import scoring, tally
from classifier.bands import Bands
from classifier.features.batch import FeatureBatch
from classifier.features.blocks import base_buckets
from classifier.features.extract import extract_features, extract_with_products
from classifier.features.groups import (
    BASE_BUCKETS,
    BASE_WEIGHTS,
    FEATURE_VERSION,
    SITE_WEIGHTS,
)
from classifier.features.parts import PENALTY, SCRATCH, base_scores, reading_of
from classifier.likeness import marks_of_read
from classifier.model_file import ModelError, read_arrays, write_arrays
from classifier.reasons import CODES, INDEX
from classifier.row import Row
from classifier.scores import Scores
from classifier.svm import SCORED_PRIOR

if TYPE_CHECKING:
    from sklearn.pipeline import Pipeline

SHIPPED = "model.winnow"
LEAST_BAND = 1e-6
"""Distance of a band from 0 and from 1: probabilities are rounded to it."""

_NO_TABLE, _NO_TALLY = np.zeros(0, np.float32), np.zeros(0, np.uint16)


class Taught(Protocol):
    """What a site's learner adds to the base's scores: all that scoring knows of it."""

    table: npt.NDArray[np.float32]
    tally: npt.NDArray[np.uint16]

    @property
    def intercept(self) -> float:
        """What is added to the evidence of a comment to give the site's logit."""

    @property
    def base_share(self) -> float:
        """The share of the base's score that counts beside what the site taught."""

    def follow(
        self,
        codes: npt.NDArray[np.uint32],
        starts: npt.NDArray[np.int64],
        logits: npt.NDArray[np.float64],
        chances: npt.NDArray[np.float64],
        shifts: npt.NDArray[np.float64],
    ) -> None:
        """Move the scores of repeats of decided comments to their side; `shifts` says how far."""


Run = tuple[int, int, Taught | None]

_Size = Annotated[float, Meta(ge=-1000.0, le=1000.0)]


class _Layer(Struct, frozen=True):
    labels: Annotated[int, Meta(ge=0)] = 0


class _Parameters(Struct):
    """What a manifest must say; a file may come from anywhere."""

    name: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")]
    intercept: _Size
    slope: Annotated[float, Meta(gt=0.0, le=1000.0)]
    offset: _Size
    bands: Bands
    layer: _Layer = _Layer()

    def __post_init__(self) -> None:
        if self.bands.hold < LEAST_BAND or self.bands.reject > 1 - LEAST_BAND:
            raise ValueError("a band is too near 0 or 1 to have a logit")


class Model:
    """Features, scores and reasons of comments by one snapshot."""

    def __init__(self, manifest: dict[str, Any], table: npt.NDArray[np.float16]) -> None:
        self.manifest = manifest
        self.name: str = manifest["name"]
        self.feature_version: int = manifest["feature_version"]
        self.bands = Bands(**manifest["bands"])
        self.intercept: float = manifest["intercept"]
        self.slope: float = manifest["slope"]
        self.offset: float = manifest["offset"]
        self.scale = self.slope / SCORED_PRIOR
        self.band_logits = tuple(
            math.log(p / (1 - p)) for p in (self.bands.hold, self.bands.reject)
        )
        # The kernels are compiled once if all tables are of a kind: none is marked as read-only.
        self._stored: npt.NDArray[np.float16] = np.array(table, np.float16)
        self._bits = self._stored.view(np.uint16)

    @property
    def labels(self) -> int:
        """How many labels of an installation it learned beyond its base."""
        return int(self.manifest.get("layer", {}).get("labels", 0))

    @cached_property
    def table(self) -> npt.NDArray[np.float32]:
        """The base's weight of each bucket (read-only)."""
        table = self._stored.astype(np.float32)
        table.setflags(write=False)
        return table

    @classmethod
    def load(cls, source: Path | bytes | None = None) -> Model:
        """Return the model of a file, of its bytes, or the shipped one; raise `ModelError`."""
        try:
            blob = source if isinstance(source, bytes) else _read(source)
        except OSError as error:
            raise ModelError(f"the model file cannot be read: {error.strerror}") from error
        manifest, arrays = read_arrays(blob)
        version = manifest.get("feature_version")
        if version != FEATURE_VERSION:
            named = f"version {version}"[:30] if type(version) is int else "no known version"
            raise ModelError(
                f"the model file has features of {named}, this Winnow computes "
                f"version {FEATURE_VERSION}: train it again"
            )
        table = arrays.get("base")
        if table is None or table.dtype != np.float16 or len(table) != BASE_BUCKETS:
            raise ModelError("the model file is damaged: its weights have the wrong shape")
        if not np.isfinite(table).all():
            raise ModelError("the model file is damaged: its weights are not finite")
        try:
            msgspec.convert(manifest, _Parameters)
            return cls(manifest, table)
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(
                "the model file is damaged: its manifest is incomplete or says what cannot be"
            ) from error

    def to_bytes(self) -> bytes:
        """Return the model file."""
        reserved = ("arrays", "digest", "format")
        manifest = {k: v for k, v in self.manifest.items() if k not in reserved}
        return write_arrays(manifest, {"base": self._stored})

    def features(self, rows: Sequence[Row]) -> FeatureBatch:
        """Return the feature codes of rows."""
        return extract_features(rows)

    def raw_scores(self, batch: FeatureBatch) -> npt.NDArray[np.float64]:
        """Return the base's uncalibrated scores."""
        return self._products(batch) + self.intercept

    def _products(self, batch: FeatureBatch) -> npt.NDArray[np.float64]:
        products = np.empty(len(batch))
        base_scores(
            batch.codes, batch.starts, self._bits, BASE_WEIGHTS, np.empty(SCRATCH), products
        )
        return products

    def base_reading(self, codes: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.float64], float]:
        """Return what each feature of a row is multiplied by in the base's reading of it, and what
        is taken off for a part (0 where all is read)."""
        found = np.empty(len(codes))
        given = reading_of(codes, self._bits, BASE_WEIGHTS, np.empty(SCRATCH), found)
        product = float(found @ self.table[base_buckets(codes)])
        return found, PENALTY if product - given > PENALTY / 2 else 0.0

    def slope_beside(self, learner: Taught | None) -> float:
        """Return the logits for each unit of the base's score, beside what a site taught."""
        return self.slope if learner is None else self.slope * learner.base_share

    def score(
        self,
        rows: Sequence[Row] | FeatureBatch,
        learners: Taught | Sequence[Taught | None] | None = None,
    ) -> Scores:
        """Return the scores of rows, each by its site's learner; the same alone and in a batch."""
        if isinstance(rows, FeatureBatch):
            batch, products, texts = rows, self._products(rows), None
        else:
            batch, products, texts = extract_with_products(rows, self._bits)
        runs = _runs(learners, len(batch))
        logit, probability = np.empty(len(batch)), np.empty(len(batch))
        shifts = np.zeros(len(batch))
        for first, last, learner in runs:
            offset = self.offset if learner is None else learner.intercept
            scoring.score_rows(
                batch.codes,
                batch.starts[first : last + 1],
                products[first:last],
                *_taught(learner),
                SITE_WEIGHTS,
                tally.GROUP_WEIGHTS,
                np.array([self.intercept, self.slope_beside(learner), self.scale, offset]),
                logit[first:last],
                probability[first:last],
            )
            if learner is not None:
                learner.follow(
                    batch.codes,
                    batch.starts[first : last + 1],
                    logit[first:last],
                    probability[first:last],
                    shifts[first:last],
                )
        return Scores(
            logit,
            probability,
            shifts,
            partial(self._top_reasons, batch, runs),
            None if texts is None else partial(marks_of_read, batch, texts),
        )

    def _top_reasons(
        self, batch: FeatureBatch, runs: list[Run], most: int
    ) -> tuple[list[list[int]], list[list[float]]]:
        """Return each row's heaviest reasons as places in `CODES` (-1: none) and their logits."""
        places = np.empty((len(batch), most), np.int16)
        weights = np.empty((len(batch), most))
        sums, scratch = np.empty(256), np.empty(SCRATCH)
        for first, last, learner in runs:
            scoring.top_reasons(
                batch.codes,
                batch.starts[first : last + 1],
                self._bits,
                *_taught(learner),
                BASE_WEIGHTS,
                SITE_WEIGHTS,
                tally.GROUP_WEIGHTS,
                np.array([self.slope_beside(learner), self.scale]),
                len(CODES),
                INDEX["calibration"],
                sums,
                scratch,
                places[first:last],
                weights[first:last],
            )
        return places.tolist(), weights.tolist()

    def to_sklearn(self) -> Pipeline:
        """Return an equal fitted scikit-learn pipeline of rows to probabilities."""
        # Imported here as scoring must not load scikit-learn; the pipeline knows no model.
        from classifier.training.pipeline import fitted_pipeline

        return fitted_pipeline(
            self.table.astype(np.float64), self.slope, self.slope * self.intercept + self.offset
        )


def _read(path: Path | None) -> bytes:
    if path is None:
        return files("classifier.shipped").joinpath(SHIPPED).read_bytes()
    return Path(path).read_bytes()


def _taught(learner: Taught | None) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint16]]:
    """Return a site's table and counts, empty for none."""
    return (_NO_TABLE, _NO_TALLY) if learner is None else (learner.table, learner.tally)


def _runs(learners: Taught | Sequence[Taught | None] | None, count: int) -> list[Run]:
    """Return the first place, the place behind the last and the learner of each run of the same."""
    if learners is None or not isinstance(learners, Sequence):
        return [(0, count, learners)]
    if len(learners) != count:
        raise ValueError("one learner for each row, or one for all")
    runs: list[Run] = []
    first = 0
    while first < count:
        last = first + 1
        while last < count and learners[last] is learners[first]:
            last += 1
        runs.append((first, last, learners[first]))
        first = last
    return runs
