"""The measurement of repeats tells a learner that remembers decisions from one that does not."""

from __future__ import annotations

import random

import msgspec
import pytest

from classifier import Learner, Model
from classifier.evaluation.generated import generated_rows
from classifier.evaluation.repeats import ALTERED, altered, repeat_figures, swept

MODEL = Model.load()


def test_every_repeat_follows_its_decision() -> None:
    found = repeat_figures(MODEL, generated_rows(230))
    assert list(found) == ["0", "50"], "500 labels need more rows"
    for part in found.values():
        assert part["decisions"] > 20
        assert part["before"] < 0.5
        assert part["exact"] == part["near"] == 1
        assert min(part[kind] for kind in ALTERED) > 0.9


def test_without_sketches_some_repeats_would_not_follow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Learner, "follow", lambda *arrays: None)
    rows = generated_rows(720)
    found = repeat_figures(MODEL, rows)["500"]
    assert found["exact"] < 1
    assert found["replaced"] < 1
    assert swept(MODEL, rows[:50]) == {"comments": 50, "follow": 0, "wrongly": 0}


def test_what_is_altered_differs_in_one_thing() -> None:
    text = "see https://a.example/x for 12 of my best songs"
    found = altered(text, ["whale"], random.Random(3))
    words = text.split()
    assert list(found) == list(ALTERED)
    assert sum(a != b for a, b in zip(found["replaced"].split(), words, strict=True)) == 1
    assert sorted(found["added"].split()) == sorted([*words, "whale"])
    assert len(found["dropped"].split()) == len(words) - 1
    assert found["exchanged"].split()[:1] + found["exchanged"].split()[2:] == words[:1] + words[2:]
    assert "a.example" not in found["exchanged"]
    assert altered("only 12 of these", ["whale"], random.Random(3)) == {}
    numbered = altered("I have 12 of these songs", ["whale"], random.Random(3))["exchanged"].split()
    assert numbered[:2] + numbered[3:] == ["I", "have", "of", "these", "songs"]
    assert numbered[2] != "12"


def test_who_is_swept_along_by_a_decision_the_other_way_is_counted() -> None:
    first = generated_rows(1)[0]
    other = "spam" if first.label == "ham" else "ham"
    again = msgspec.structs.replace(first, text=f"{first.text} again", label=other)
    assert swept(MODEL, [first, first]) == {"comments": 2, "follow": 1, "wrongly": 0}
    assert swept(MODEL, [first, again]) == {"comments": 2, "follow": 1, "wrongly": 1}
