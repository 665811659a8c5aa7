"""Beyond a length, more of the same says less."""

from __future__ import annotations

import numpy as np
import pytest

from classifier import Model, Row, explain
from classifier.evaluation.generated import generated_rows
from classifier.features.blocks import base_buckets
from classifier.features.extract import extract_features
from classifier.features.groups import AUTHOR
from classifier.training.matrix import base_matrix, read_matrix

MODEL = Model.load()
WORDS = "the list of boats that came in by night and were gone before anybody had counted them "


def test_the_base_scores_long_and_short_rows_as_it_was_trained() -> None:
    rows = [
        Row(text="Thanks, that helped."),
        Row(text=" ".join(f"{WORDS}{n}" for n in range(60))),
        Row(text="see http://a.example/x", author="Best Pills", url="https://pills.example/y"),
    ]
    batch = extract_features(rows)
    table, found = MODEL.table.astype(np.float64), MODEL.raw_scores(batch) - MODEL.intercept
    whole = base_matrix(batch) @ table
    assert found[[0, 2]] == pytest.approx(whole[[0, 2]], abs=1e-9)
    assert found[1] >= whole[1] - 1e-9
    assert found == pytest.approx(read_matrix(batch, table) @ np.append(table, -1.0), abs=1e-9)


def test_a_long_text_does_not_drown_its_author() -> None:
    short, long = (Row(text=text, author="Zorblax Cushions") for text in (WORDS, f"{WORDS} " * 40))
    matrices = [base_matrix(extract_features([row])) for row in (short, long)]
    table = np.zeros(matrices[0].shape[1])
    batch = extract_features([short])
    table[base_buckets(batch.codes[batch.codes >> np.uint32(28) == AUTHOR])] = 1.0
    assert (matrices[0] @ table)[0] == pytest.approx((matrices[1] @ table)[0], rel=0.02)


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
