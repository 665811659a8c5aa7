"""Scores are the same bits in any batch, process, thread and machine, and in scikit-learn."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import skops.io

from classifier import REASONS, Learner, Model, ModelError, Row
from classifier.features.groups import FEATURE_VERSION
from tests.classifier.factories import PILLS, THANKS, some_rows

ROOT = Path(__file__).parents[2]
MODEL = Model.load()
VERSION = b'"feature_version":%d' % FEATURE_VERSION
ROWS = [row for row, _ in some_rows(256)]


def test_spam_and_ham_are_told_apart_with_reasons_in_plain_words() -> None:
    scores = MODEL.score([PILLS, THANKS])
    assert scores.probability[0] >= MODEL.bands.hold
    assert scores.probability[1] < 0.5
    codes = [code for code, _ in scores.reasons(0)]
    assert 1 <= len(codes) <= 5
    assert set(codes) <= set(REASONS)
    weights = [abs(weight) for _, weight in scores.reasons(0)]
    assert weights == sorted(weights, reverse=True)


def test_a_batch_gives_each_row_the_bits_it_has_alone() -> None:
    learner = Learner(MODEL)
    for row, label in some_rows(60, seed=2):
        learner.learn(row, label)
    for given in (None, learner):
        together = MODEL.score(ROWS, given)
        alone = [MODEL.score([row], given) for row in ROWS]
        assert together.logit.tolist() == [scores.logit[0] for scores in alone]
        assert together.probability.tolist() == [scores.probability[0] for scores in alone]


def test_each_row_is_scored_by_its_own_learner() -> None:
    taught = Learner(MODEL)
    for _ in range(3):
        taught.learn(PILLS, "ham")
    mixed = MODEL.score([PILLS, PILLS, PILLS], [None, taught, None]).probability
    assert mixed[0] == mixed[2] == MODEL.score([PILLS]).probability[0]
    assert mixed[1] == MODEL.score([PILLS], taught).probability[0] < mixed[0]


_SCRIPT = """
import hashlib
from classifier import Learner, Model
from tests.classifier.factories import some_rows
model = Model.load()
learner = Learner(model)
for row, label in some_rows(120, seed=3):
    learner.learn(row, label)
rows = [row for row, _ in some_rows(256)]
scores = model.score(rows, learner)
print(hashlib.sha256(scores.logit.tobytes() + learner.to_bytes()).hexdigest())
"""


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"OPENBLAS_CORETYPE": "Prescott", "OMP_NUM_THREADS": "1"},
        {"OPENBLAS_CORETYPE": "Haswell", "OMP_NUM_THREADS": "2", "NUMBA_NUM_THREADS": "1"},
        {"PYTHONHASHSEED": "7", "NPY_DISABLE_CPU_FEATURES": "AVX2 FMA3"},
    ],
)
def test_another_process_gives_the_same_bits(settings: dict[str, str]) -> None:
    assert _bits(settings) == _bits({"OPENBLAS_CORETYPE": "Nehalem"})


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(platform.machine() != "x86_64", reason="names a processor of another kind")
def test_the_plainest_processor_gives_the_same_bits(tmp_path: Path) -> None:
    """Virtual machines often name one that knows neither float16 nor fused operations."""
    plainest = {"NUMBA_CPU_NAME": "x86-64", "NUMBA_CPU_FEATURES": "+sse2"}
    assert _bits(plainest | {"NUMBA_CACHE_DIR": str(tmp_path)}) == _bits({})


def _bits(settings: dict[str, str]) -> str:
    """Return what another process makes of the same model, labels and comments."""
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | settings,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_threads_give_the_same_bits() -> None:
    wanted = MODEL.score(ROWS).logit.tobytes()
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: MODEL.score(ROWS).logit.tobytes(), range(16)))
    assert set(found) == {wanted}


def test_a_model_read_back_is_the_same_model() -> None:
    again = Model.load(MODEL.to_bytes())
    assert again.to_bytes() == MODEL.to_bytes()
    assert again.score(ROWS).logit.tobytes() == MODEL.score(ROWS).logit.tobytes()
    assert (again.name, again.bands) == (MODEL.name, MODEL.bands)


def test_the_shipped_model_is_small_enough_to_ship() -> None:
    assert len(MODEL.to_bytes()) <= 6 << 20


def _changed(place: int) -> bytes:
    blob = bytearray(MODEL.to_bytes())
    blob[place] ^= 1
    return bytes(blob)


@pytest.mark.parametrize(
    ("blob", "line"),
    [
        (b"", "not a Winnow model"),
        (b"PK\x03\x04 something else entirely", "not a Winnow model"),
        (MODEL.to_bytes()[:5000], "damaged"),
        (MODEL.to_bytes()[:-1], "cut short"),
        (MODEL.to_bytes() + b"x", "damaged"),
        (_changed(40), "damaged"),
        (_changed(1_000_000), "digest"),
        (MODEL.to_bytes().replace(b'"format":1', b'"format":9', 1), "newer"),
        (MODEL.to_bytes().replace(VERSION, b'"feature_version":1', 1), "version 1"),
    ],
)
def test_a_file_that_is_no_model_of_ours_is_refused_in_one_clear_line(
    blob: bytes, line: str
) -> None:
    with pytest.raises(ModelError, match=line) as caught:
        Model.load(blob)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused_in_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        Model.load(tmp_path / "none.model")


def test_scoring_does_not_import_scikit_learn() -> None:
    code = (
        "import sys; from classifier import Learner, Model, Row, explain; m = Model.load();"
        "l = Learner(m); l.learn(Row(text='x'), 'spam');"
        "m.score([Row(text='x')], l).reasons(0);"
        "explain(m, Row(text='x'), l);"
        "print([n for n in ('sklearn', 'skops', 'pandas') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_scikit_learn_pipeline_and_its_export_give_equal_scores(tmp_path: Path) -> None:
    pipeline = MODEL.to_sklearn()
    wanted = MODEL.score(ROWS).probability
    assert pipeline.classes_.tolist() == ["ham", "spam"]
    assert np.abs(pipeline.predict_proba(ROWS)[:, 1] - wanted).max() <= 1e-6
    skops.io.dump(pipeline, tmp_path / "model.skops")
    unknown = skops.io.get_untrusted_types(file=tmp_path / "model.skops")
    assert unknown == ["classifier.training.pipeline.CommentVectorizer"]
    loaded = skops.io.load(tmp_path / "model.skops", trusted=unknown)
    assert np.abs(loaded.predict_proba(ROWS)[:, 1] - wanted).max() <= 1e-6


def test_one_comment_alone_is_scored_quickly() -> None:
    learner = Learner(MODEL)
    learner.learn(PILLS, "spam")
    best = 1.0
    for row in ROWS * 2:
        begin = time.perf_counter()
        MODEL.score([row], learner)
        best = min(best, time.perf_counter() - begin)
    assert best <= 60e-6


def test_a_learner_for_each_row_or_one_for_all() -> None:
    with pytest.raises(ValueError, match="one learner"):
        MODEL.score([PILLS, THANKS], [None])
    assert len(MODEL.score([])) == 0
    assert MODEL.score([Row()]).probability[0] < MODEL.bands.reject
