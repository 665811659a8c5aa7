"""The installation layer learns from all sites, and no site or person decides for the others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier import Learner, Model, Row
from classifier.training.layer import (
    SiteLabel,
    capped_weights,
    fit_installation_layer,
    prior_share,
)
from tests.classifier.factories import PILLS, THANKS, some_rows

BASE = Model.load()


def labels(text: str, label: str, count: int, site: str, person: str = "") -> list[SiteLabel]:
    return [
        SiteLabel(text=f"{text} {i}", label=label, site=site, person=person) for i in range(count)
    ]


def weights_of(given: list[SiteLabel]) -> npt.NDArray[np.float64]:
    return capped_weights([one.site for one in given], [one.person for one in given])


def test_without_labels_the_base_is_unchanged() -> None:
    layered = fit_installation_layer(BASE, [])
    assert layered.to_bytes() == BASE.to_bytes()


def test_what_several_sites_teach_reaches_a_site_that_never_saw_it() -> None:
    text = "Our new zorblax cushions are here for you"
    taught = [row for n in range(6) for row in labels(text, "spam", 10, f"site{n}")]
    taught += [
        SiteLabel(text=row.text, label="ham", site=f"site{i % 6}")
        for i, (row, label) in enumerate(some_rows(120, seed=4))
        if label == "ham"
    ]
    layered = fit_installation_layer(BASE, taught, name="2026.11.22-2")
    fresh = Row(text="Look at zorblax cushions, ours are new")
    change = layered.score([fresh]).logit[0] - BASE.score([fresh]).logit[0]
    assert change > 0.5
    assert layered.name == "2026.11.22-2"
    assert layered.bands == BASE.bands


def test_the_base_is_not_forgotten() -> None:
    taught = labels("see you at the parish fair", "ham", 60, "parish")
    taught += labels("win a free cruise", "spam", 60, "parish")
    layered = fit_installation_layer(BASE, taught)
    before, after = (model.score([PILLS, THANKS]).probability for model in (BASE, layered))
    assert np.abs(before - after).max() < 0.1


def test_one_site_and_one_person_have_a_capped_weight() -> None:
    crowd = [row for n in range(10) for row in labels("a", "ham", 20, f"s{n}")]
    loud = labels("b", "spam", 1000, "loud")
    weights = weights_of([*crowd, *loud])
    assert weights[: len(crowd)].min() == 1
    assert np.isclose(weights[len(crowd) :].sum(), 0.25 * 1200)
    same = [row for n in range(10) for row in labels("c", "spam", 100, f"t{n}", person="eve")]
    weights = weights_of([*crowd, *same])
    assert np.isclose(weights[len(crowd) :].sum(), 0.25 * 1200)


def test_learners_of_the_base_are_replayed_not_carried_over() -> None:
    layered = fit_installation_layer(BASE, labels("quiet pond", "ham", 5, "a"), name="next")
    learner = Learner(layered)
    learner.learn(PILLS, "ham")
    assert layered.score([PILLS], learner).probability[0] < 0.5


def test_a_weaker_prior_leaves_more_to_the_labels() -> None:
    taught = labels("the pond is quiet", "spam", 20, "a") + labels("old mill", "ham", 20, "b")
    weak = fit_installation_layer(BASE, taught, corpus=False, prior=0.3)
    scores = weak.score([Row(text="the pond is quiet today"), Row(text="the old mill")]).logit
    assert scores[0] > scores[1]
    assert weak.score([PILLS]).logit[0] < BASE.score([PILLS]).logit[0]


def test_the_more_labels_there_are_the_less_of_the_base_is_left() -> None:
    few = fit_installation_layer(BASE, labels("quiet pond", "ham", 20, "a"))
    crowd = [row for n in range(8) for row in labels("quiet pond", "ham", 200, f"s{n}")]
    many = fit_installation_layer(BASE, crowd)
    whole, most, some = (model.score([PILLS]).logit[0] for model in (BASE, few, many))
    assert whole > most > some > 0
    assert prior_share(0) == 1
    assert prior_share(10**9) > 0.49


def test_what_comments_look_like_is_learned_more_readily_than_what_they_are_about() -> None:
    spam = [f"pick {n} of the {n + 3} now" for n in range(40)]
    ham = [f"PICK {n} OF THE {n + 3} NOW!!!" for n in range(40)]
    taught = [SiteLabel(text=text, label="spam", site=f"s{i % 5}") for i, text in enumerate(spam)]
    taught += [SiteLabel(text=text, label="ham", site=f"s{i % 5}") for i, text in enumerate(ham)]
    layered = fit_installation_layer(BASE, taught)
    shouted = [Row(text="WHAT A LOVELY GARDEN YOU HAVE THERE!!!")]
    spoken = [Row(text="what a lovely garden you have there")]
    before, after = (
        model.score(shouted).logit[0] - model.score(spoken).logit[0] for model in (BASE, layered)
    )
    assert after < before - 5
