"""Labels of one site or one person that are flipped reach no other site by a promoted model."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest

from moderation.domain.errors import GateRefused
from moderation.flow.labels.deciding import Word
from moderation.flow.labels.teaching import Lesson, teach_many
from moderation.flow.models import evaluating, promoting, reporting, training
from moderation.flow.models.gathering import gather
from moderation.flow.models.promoting import Why
from tests.moderation.flow.models.taught import comment, grant_of, teach_site

WHY = Why("ann")


def quiet(*_):
    """Note nothing."""


def by_six_people(runtime):
    """Teach six sites 60 labels each, everyone their own, and have the gate promote by itself."""
    for number in range(6):
        teach_site(runtime, f"site{number}.example", 60, start=number * 60, by=f"person{number}")
    runtime.settings = msgspec.structs.replace(runtime.settings, promote="auto", gate_labels=20)


def wrong_labels(count, all_along):
    """Return flipped labels, all along the time of those by six people or after them."""
    first, step = (0, 360 / count) if all_along else (360, 1)
    found = []
    for number in range(count):
        label, given = (("ham", "spam"), ("spam", "ham"))[number % 2]
        at_ms = 1_790_000_000_000 + int((first + number * step) * 1000)
        found.append(Lesson(comment(label, 10_000 + number), given, "", at_ms))
    return found


@pytest.mark.parametrize("all_along", [False, True])
@pytest.mark.parametrize("count", [200, 700])
def test_labels_of_one_site_that_are_flipped_promote_nothing(runtime, count, all_along):
    by_six_people(runtime)
    loud = grant_of(runtime, "loud.example")
    teach_many(runtime, loud, wrong_labels(count, all_along), Word("eve", "api"))
    done = training.train(runtime, "nightly", quiet)
    assert done.labels == 360 + count
    assert done.refused and not done.promoted
    assert promoting.in_use(runtime).name == runtime.shipped.name
    with pytest.raises(GateRefused):
        promoting.promote(runtime, done.name, WHY)


@pytest.mark.parametrize("all_along", [False, True])
def test_labels_of_one_person_on_every_site_that_are_flipped_promote_nothing(runtime, all_along):
    by_six_people(runtime)
    wrong = wrong_labels(360, all_along)
    for number in range(6):
        grant = grant_of(runtime, f"site{number}.example")
        teach_many(runtime, grant, wrong[number::6], Word("eve", "api"))
    done = training.train(runtime, "nightly", quiet)
    assert done.refused and not done.promoted
    assert promoting.in_use(runtime).name == runtime.shipped.name


def test_the_same_labels_without_the_flipped_ones_are_promoted(runtime):
    by_six_people(runtime)
    done = training.train(runtime, "nightly", quiet)
    assert (done.refused, done.promoted) == ([], True)
    assert promoting.in_use(runtime).name == done.name


def test_who_gave_the_newest_labels_by_the_hundred_does_not_judge_alone(runtime):
    by_six_people(runtime)
    loud = grant_of(runtime, "loud.example")
    teach_many(runtime, loud, wrong_labels(700, False), Word("eve", "api"))
    gathered = gather(runtime, quiet)
    held = [gathered.facts[place] for place in evaluating.split(gathered).held]
    people = Counter(fact.person for fact in held)
    assert sum(people.values()) == 212
    assert people["eve"] == 53
    weights = reporting.fair_weights(["loud"] * 900 + list("abcdefghij") * 20, [""] * 1100)
    assert weights[:900].sum() <= 0.26 * weights.sum()
    assert weights[900:].min() == 1


def test_where_one_person_gave_all_labels_all_of_them_judge(runtime):
    teach_site(runtime, "one.example", 400)
    gathered = gather(runtime, quiet)
    held = evaluating.split(gathered).held
    newest = sorted(fact.at_ms for fact in gathered.facts)[-80:]
    assert sorted(gathered.facts[place].at_ms for place in held) == newest
