"""Base models trained without some rows, kept between runs of a study."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

import classifier
from classifier import LabelledRow, Model
from classifier.features.extract import extract_features
from classifier.training.base import fit_base, row_weights
from classifier.training.calibrate import DISCARD, calibrate_base, left_out_scores
from classifier.training.data import corpus_rows, labels_of, languages_of
from classifier.training.duplicates import near_duplicates
from classifier.training.matrix import base_matrix

Rows = Sequence[LabelledRow]
Stays = Callable[[LabelledRow], bool]


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
        self._rows = [*rows, *corpus_rows()] if corpus else list(rows)
        self._labels = np.array(labels_of(self._rows), np.int64)
        self._sources = [row.source for row in self._rows]
        self._languages = languages_of(self._rows)
        self._store = store
        self._say = say
        # Once: what this process imported does not change when a file does.
        self._key = f"{digest_of_rows(self._rows)[:16]}-{_digest_of_code()[:16]}"
        self._matrix: csr_matrix | None = None
        self._groups: npt.NDArray[np.int64] = np.empty(0, np.int64)

    def fitted(
        self, stays: Stays, why: str, like: Model | None = None, variant: str = "whole"
    ) -> Model:
        """Return the base of the rows that stay; calibrated as `like` where that is given.

        `variant` names a change of the feature weights that is in force in this process.
        """
        kept = np.array([stays(row) for row in self._rows])
        name = f"base-{self._key}-{hashlib.sha256(kept.tobytes()).hexdigest()[:16]}-{variant}.model"
        return Model.load(self._store.recall(name, lambda: self._fit(kept, why, like, variant)))

    def without(self, *sources: str) -> Model:
        """Return the base of the rows of all sources but these."""
        return self.fitted(lambda row: row.source not in sources, f"without {', '.join(sources)}")

    def _fit(
        self, kept: npt.NDArray[np.bool_], why: str, like: Model | None, variant: str
    ) -> bytes:
        matrix = self._features() if variant == "whole" else self._computed()
        if like is None:
            # What resembles a row of a source that is left out goes with it.
            kept = kept & ~np.isin(self._groups, self._groups[~kept])
        self._say(f"fitting a base on {kept.sum():,} rows: {why}")
        labels = self._labels[kept]
        sources = [source for source, stays in zip(self._sources, kept, strict=True) if stays]
        languages = [name for name, stays in zip(self._languages, kept, strict=True) if stays]
        coefficients, intercept = fit_base(
            matrix[np.flatnonzero(kept)], labels, row_weights(sources, labels, languages)
        )
        if like is None:
            found = calibrate_base(self._left_out()[kept], labels, sources)
            bands = {"hold": found.hold, "reject": found.reject, "discard": DISCARD}
            chosen = {"slope": found.slope, "offset": found.offset, "bands": bands}
        else:
            chosen = {key: like.manifest[key] for key in ("slope", "offset", "bands")}
        manifest = Model.load().manifest | chosen | {"intercept": intercept}
        return Model(manifest, coefficients.astype(np.float16)).to_bytes()

    def _features(self) -> csr_matrix:
        if self._matrix is None:
            self._matrix = self._computed()
        return self._matrix

    def _computed(self) -> csr_matrix:
        batch = extract_features(self._rows)
        self._groups = near_duplicates(batch)
        return base_matrix(batch)

    def _left_out(self) -> npt.NDArray[np.float64]:
        def make() -> bytes:
            self._say("scoring every source by a base that has not seen it")
            scores = left_out_scores(
                self._features(), self._labels, self._rows, self._groups, self._say
            )
            return scores.astype("<f8").tobytes()

        return np.frombuffer(self._store.recall(f"left-out-{self._key}.f8", make), "<f8")


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
        if path.is_file() and not unrelated and path.suffix in (".py", ".txt"):
            digest.update(str(part).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
