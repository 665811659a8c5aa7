"""From labelled files to a model."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from classifier.features.extract import extract_features
from classifier.features.groups import FEATURE_VERSION
from classifier.model import Model
from classifier.row import LabelledRow
from classifier.training.base import fit_base, row_weights
from classifier.training.calibrate import Calibration, bands_of, calibrate_base, left_out_scores
from classifier.training.data import CORPUS, DataError, all_rows, labels_of, languages_of
from classifier.training.duplicates import near_duplicates
from classifier.training.figures import figures_by_source
from classifier.training.matrix import BaseFeatures

LIBRARIES = ("numpy", "numba", "scipy", "scikit-learn", "tldextract")


def train_model(
    files: Sequence[Path],
    *,
    corpus: bool = True,
    progress: Callable[[str], None] | None = None,
    name: str | None = None,
) -> Model:
    """Return a model of all rows of the files and of the seed corpus; raise `DataError`.

    Calibration, bands and the figures in the manifest come from scores of left-out sources.
    """
    say = progress or (lambda line: None)
    rows = all_rows(files, corpus)
    labels = np.array(labels_of(rows), np.int64)
    if len(set(labels.tolist())) < 2:
        raise DataError("training needs spam and ham")
    say(f"{len(rows):,} rows: computing features")
    batch = extract_features(rows)
    features, groups = BaseFeatures.of(batch), near_duplicates(batch)
    sources = [row.source for row in rows]
    say("scoring every source by a model that has not seen it")
    left_out = left_out_scores(batch, features, labels, rows, groups, say)
    calibration = calibrate_base(left_out, labels, sources)
    say("fitting on all rows")
    coefficients, intercept = fit_base(
        features, labels, row_weights(rows, labels, languages_of(rows))
    )
    manifest = {
        "name": name or datetime.now(UTC).strftime("%Y.%m.%d-1"),
        "feature_version": FEATURE_VERSION,
        "intercept": intercept,
        "slope": calibration.slope,
        "offset": calibration.offset,
        "bands": msgspec.structs.asdict(bands_of(calibration)),
        "rows": _counts(rows),
        "data": _digests(files),
        "libraries": {name: version(name) for name in LIBRARIES},
        "python": platform.python_version(),
        "left_out": _figures(left_out, labels, sources, calibration),
    }
    return Model(manifest, coefficients.astype(np.float16))


def _figures(
    scores: npt.NDArray[np.float64],
    labels: npt.NDArray[np.int64],
    sources: Sequence[str],
    calibration: Calibration,
) -> dict[str, dict[str, float]]:
    chances = 1 / (1 + np.exp(-(calibration.slope * scores + calibration.offset)))
    return figures_by_source(chances, labels, sources, calibration.hold, calibration.reject)


def _counts(rows: Sequence[LabelledRow]) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        source = CORPUS if row.source.startswith(f"{CORPUS}-") else row.source
        counts.setdefault(source, {"spam": 0, "ham": 0})[row.label] += 1
    return dict(sorted(counts.items()))


def _digests(files: Sequence[Path]) -> dict[str, Any]:
    """Return the SHA-256 of each file of training data, the corpus's among them."""
    package = Path(__file__).parents[1] / "corpus"
    paths = [*files, *sorted(package.glob("*.jsonl"))]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
