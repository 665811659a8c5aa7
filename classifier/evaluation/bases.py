"""Base models trained without some rows, kept between runs of a study."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np

import classifier
from classifier import LabelledRow, Model
from classifier.features.extract import extract_features
from classifier.training.base import fit_base, row_weights
from classifier.training.data import corpus_rows, labels_of
from classifier.training.matrix import base_matrix
from classifier.training.train import train

Rows = Sequence[LabelledRow]


class Store:
    """Files under names that change with everything they depend on, so none is ever stale."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder

    def recall(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The kept bytes, made on the first call."""
        path = self._folder / name
        if not path.exists():
            made = make()
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
                file.write(made)
            Path(file.name).replace(path)
        return path.read_bytes()


class Bases:
    """Trains bases on chosen rows with our seed corpus, and remembers them."""

    def __init__(self, store: Store, stage: Callable[[str], None]) -> None:
        self._store = store
        self._stage = stage
        # Once: what this process imported does not change when a file does.
        self._code = _digest_of_code()[:16]

    def trained(self, rows: Rows, why: str) -> Model:
        """The model trained on these rows by the code as it stands."""
        name = f"base-{digest_of_rows(rows)[:16]}-{self._code}.model"
        return Model.load(self._store.recall(name, lambda: self._train(rows, why)))

    def refitted(self, rows: Rows, like: Model, why: str, variant: str = "whole") -> Model:
        """A base fitted on these rows with the calibration and bands of another model.

        Calibrating takes nine tenths of a training, and no figure that does not look at bands
        needs it again.
        """
        name = f"refit-{digest_of_rows(rows)[:16]}-{self._code}-{variant}.model"
        return Model.load(self._store.recall(name, lambda: self._refit(rows, like, why)))

    def _refit(self, rows: Rows, like: Model, why: str) -> bytes:
        self._stage(f"fitting a base on {len(rows):,} rows: {why}")
        all_rows = [*rows, *corpus_rows()]
        labels = np.array(labels_of(all_rows), np.int64)
        weights = row_weights([row.source for row in all_rows], labels)
        matrix = base_matrix(extract_features(all_rows))
        coefficients, intercept = fit_base(matrix, labels, weights)
        manifest = like.manifest | {"intercept": intercept}
        return Model(manifest, coefficients.astype(np.float16)).to_bytes()

    def _train(self, rows: Rows, why: str) -> bytes:
        self._stage(f"training a base on {len(rows):,} rows: {why}")
        with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
            file.write(msgspec.json.Encoder().encode_lines(list(rows)))
            file.flush()
            return train([Path(file.name)], corpus=True).to_bytes()


def digest_of_rows(rows: Rows) -> str:
    """SHA-256 over rows in order."""
    return hashlib.sha256(msgspec.json.Encoder().encode_lines(list(rows))).hexdigest()


def _digest_of_code() -> str:
    """SHA-256 over all that training depends on: the package's code, lexicons and corpus."""
    root = Path(classifier.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        part = path.relative_to(root)
        unrelated = part.parts[0] in ("cli", "evaluation", "shipped") or "__pycache__" in part.parts
        if path.is_file() and not unrelated and path.suffix in (".py", ".json", ".jsonl", ".txt"):
            digest.update(str(part).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
