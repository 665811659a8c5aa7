"""Beyond a length, more of the same says less."""

from __future__ import annotations

import numpy as np
import pytest

from classifier import Model, Row, explain
from classifier.evaluation.generated import generated_rows
from classifier.features.extract import extract_features
from classifier.features.groups import BASE_WEIGHTS
from classifier.scoring import LONG, base_size
from classifier.training.matrix import base_matrix

MODEL = Model.load()
WORDS = "the list of boats that came in by night and were gone before anybody had counted them "


def test_a_row_counts_in_full_up_to_a_length_and_less_beyond() -> None:
    assert base_size(LONG) == 1.0
    assert base_size(LONG * 4) == pytest.approx(1 / 16)


def test_the_base_scores_long_and_short_rows_as_it_was_trained() -> None:
    rows = [Row(text="Thanks, that helped."), Row(text=" ".join(f"{WORDS}{n}" for n in range(60)))]
    batch = extract_features(rows)
    matrix = base_matrix(batch)
    lengths = np.sqrt(matrix.multiply(matrix).sum(axis=1)).A1
    weights = np.sqrt((BASE_WEIGHTS[batch.row(1) >> np.uint32(28)] ** 2).sum())
    assert lengths == pytest.approx([1.0, (LONG / weights) ** 2])
    assert lengths[1] < 0.8
    expected = matrix @ MODEL.table.astype(np.float64) + MODEL.intercept
    assert MODEL.raw_scores(batch) == pytest.approx(expected, abs=1e-9)


def test_rows_score_as_their_features_do_bit_for_bit() -> None:
    rows: list[Row] = [
        *generated_rows(100),
        Row(),
        Row(text=" ".join(f"{WORDS}{n}" for n in range(60)), email="a@mailinator.com"),
        *(Row(text=WORDS, signals={f"s{n}": n for n in range(count)}) for count in range(9)),
    ]
    for part in (rows[:100], rows, rows[-1:]):
        read, given = MODEL.score(part), MODEL.score(MODEL.features(part))
        assert read.logit.tobytes() == given.logit.tobytes()
        assert np.isfinite(read.logit).all()


def test_an_explanation_of_a_long_row_sums_to_its_logit() -> None:
    row = Row(text=" ".join(f"{WORDS}{n}" for n in range(60)) + " best casino bonus http://x.com")
    found = explain(MODEL, row)
    total = sum(s.weight for s in found.spans) + sum(w for _, w in found.signals) + found.bias
    assert total == pytest.approx(found.logit)
    assert found.bias == pytest.approx(MODEL.slope * MODEL.intercept + MODEL.offset)
