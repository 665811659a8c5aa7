"""What is kept of a row for training gives the same features, and no more than allowed."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from classifier import Model, Row, for_training
from tests.classifier.factories import rows

MODEL = Model.load()


@given(rows)
@settings(max_examples=200, deadline=None)
def test_what_is_kept_for_training_has_the_features_of_the_row(row: Row) -> None:
    kept = for_training(row)
    assert np.array_equal(MODEL.features([row]).codes, MODEL.features([kept]).codes)


def test_nothing_personal_is_kept_for_training() -> None:
    row = Row(
        text="A word.", email="mara@post.example", ip="192.0.2.7", context=["A word on the page."]
    )
    kept = for_training(row)
    assert kept.email == "post.example"
    assert kept.ip == ""
    assert kept.context == []
    assert 0 < kept.signals["context_overlap"] <= 1
