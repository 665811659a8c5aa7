"""Rows that are nearly the same are found wherever they come from."""

from __future__ import annotations

from classifier.features.batch import FeatureBatch
from classifier.features.extract import extract_features
from classifier.row import Row
from classifier.training.duplicates import near_duplicates
from tests.classifier.factories import some_rows

TEXT = (
    "We stayed two nights near the harbour and the breakfast alone was worth the long drive from "
    "the city, so thank you for the careful description of the small road along the cliffs."
)


def test_a_near_repeat_shares_a_group_and_other_rows_do_not() -> None:
    others = [row for row, _ in some_rows(200, seed=8)]
    groups = near_duplicates(
        extract_features([Row(text=TEXT), *others, Row(text=TEXT.replace("cliffs", "coast"))])
    )
    assert groups[0] == groups[-1]
    assert (groups[1:-1] != groups[0]).all()
    assert len(set(groups.tolist())) > 150


def test_rows_without_features_and_no_rows_at_all_are_alone() -> None:
    batch = extract_features([Row(text=TEXT), Row(text=TEXT)])
    empty = FeatureBatch(batch.codes, batch.starts[[0, 0, 1, 1, 2]])
    first, copy, other, copied = near_duplicates(empty).tolist()
    assert copy == copied
    assert len({first, copy, other}) == 3
    assert len(near_duplicates(extract_features([]))) == 0
