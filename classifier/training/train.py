"""From labelled files to a model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from classifier.features.extract import extract_features
from classifier.features.groups import FEATURE_VERSION
from classifier.model import Model
from classifier.training.base import fit_base, row_weights
from classifier.training.calibrate import calibrate, left_out_scores
from classifier.training.data import all_rows, labels_of
from classifier.training.matrix import base_matrix


def train(
    files: Sequence[Path], *, corpus: bool = True, progress: Callable[[str], None] | None = None
) -> Model:
    """Return a model of all rows of the files and of the seed corpus; raise `DataError`."""
    say = progress or (lambda line: None)
    rows = all_rows(files, corpus)
    labels = np.array(labels_of(rows), np.int64)
    if len(set(labels.tolist())) < 2:
        raise ValueError("training needs spam and ham")
    say(f"{len(rows):,} rows: computing features")
    matrix = base_matrix(extract_features(rows))
    sources = [row.source for row in rows]
    weights = row_weights(sources, labels)
    say("scoring every source by a model that has not seen it")
    left_out = left_out_scores(matrix, labels, weights, sources, say)
    calibration = calibrate(left_out, labels, sources)
    say("fitting on all rows")
    coefficients, intercept = fit_base(matrix, labels, weights)
    manifest: dict[str, Any] = {
        "name": datetime.now(UTC).strftime("%Y.%m.%d-1"),
        "feature_version": FEATURE_VERSION,
        "intercept": intercept,
        "slope": calibration.slope,
        "offset": calibration.offset,
        "bands": {"hold": calibration.hold, "reject": calibration.reject, "discard": 0.999},
        "data": _digests(files),
        "rows": len(rows),
    }
    return Model(manifest, coefficients.astype(np.float16))


def _digests(files: Sequence[Path]) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
