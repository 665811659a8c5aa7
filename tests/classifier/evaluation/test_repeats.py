"""The measurement of repeats tells a learner that remembers decisions from one that does not."""

from __future__ import annotations

import pytest

from classifier import Learner, Model
from classifier.evaluation.generated import generated_rows
from classifier.evaluation.repeats import repeats

MODEL = Model.load()


def test_every_exact_repeat_follows_its_decision() -> None:
    found = repeats(MODEL, generated_rows(230))
    assert list(found) == ["0", "50"], "500 labels need more rows"
    for part in found.values():
        assert part["decisions"] > 20
        assert part["before"] < 0.5
        assert part["exact"] == part["near"] == 1


def test_without_fingerprints_some_repeats_would_not_follow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Learner, "follow", lambda *arrays: None)
    rows = generated_rows(720)
    assert repeats(MODEL, rows)["500"]["exact"] < 1
