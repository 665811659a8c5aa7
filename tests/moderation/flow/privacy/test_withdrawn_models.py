"""A model that had learned from somebody who was erased: withdrawn, replaced, never used again."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from classifier.training.layer import fit_layer
from moderation.domain.errors import Conflict
from moderation.domain.jobs import Job
from moderation.domain.sites import SiteSettings
from moderation.flow import jobs
from moderation.flow.models import promoting, shadow, training, withdrawing, working
from moderation.flow.models.gathering import gather
from moderation.flow.models.promoting import Why
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.store import models, shadows
from tests.factories import SITE, put_settings
from tests.moderation.flow.models.taught import comment, teach_site
from tests.moderation.flow.privacy.lived import EMAIL, OTHER_SITE, PERSON, erase, teach_as

WHY = Why("root")


def quiet(*_: object) -> None:
    """Note nothing."""


@pytest.fixture
def taught(runtime: Runtime) -> list[str]:
    """Teach two sites 100 labels, of which 20 are the person's; return the ids of his comments."""
    first_run.add_site(runtime.store, OTHER_SITE)
    runtime.settings = msgspec.structs.replace(runtime.settings, gate_labels=20)
    teach_site(runtime, OTHER_SITE, 80)
    sent = [msgspec.structs.replace(comment("spam", n), author=PERSON) for n in range(800, 820)]
    return teach_as(runtime, SITE, [(one, "spam") for one in sent])


def trained(runtime: Runtime, *, used: bool) -> str:
    """Train a model and put it to use if wanted; return its name."""
    made = training.train(runtime, "root", quiet).name
    if used:
        promoting.promote(runtime, made, WHY, override=True)
    return made


def replaced(runtime: Runtime, job: Job) -> Job:
    """Do the training that an erasure asked for."""
    assert job.result is not None
    assert job.result["training"], "it was asked for at once"
    done = working.work_on(runtime, job.result["training"])
    assert done is not None and done.state == "succeeded", done
    return done


def test_it_is_replaced_by_what_would_have_been_without_them(
    runtime: Runtime, taught: list[str]
) -> None:
    name = trained(runtime, used=True)
    gathered = gather(runtime, quiet)
    own = [p for p in gathered.places() if gathered.facts[p].comment not in taught]
    assert len(own) == 80
    job = erase(runtime, email=EMAIL)
    assert job.result is not None
    assert job.result["models"] == [name]
    assert promoting.in_use(runtime).name == name, "until the new one is there"
    new = replaced(runtime, job).result
    assert new is not None and new["promoted"]
    assert promoting.in_use(runtime).name == new["name"] != name
    expected = fit_layer(
        runtime.shipped, gathered.examples(np.array(own, np.int64)), name=new["name"]
    )
    assert models.blob(runtime.store, new["name"]) == expected.to_bytes()
    (change,) = models.changes(runtime.store, 1)
    assert (change.previous, "erased" in change.reason) == (name, True)


def test_it_is_never_put_to_use_again(runtime: Runtime, taught: list[str]) -> None:
    name = trained(runtime, used=True)
    replaced(runtime, erase(runtime, email=EMAIL))
    in_use = promoting.in_use(runtime)
    with pytest.raises(Conflict):
        promoting.roll_back(runtime, WHY)
    with pytest.raises(Conflict):
        promoting.promote(runtime, name, WHY, override=True)
    assert promoting.in_use(runtime) == in_use
    known = promoting.known(runtime, name)
    assert known.state(in_use.name) == "withdrawn"
    assert withdrawing.names(runtime) == {name}
    assert promoting.known(runtime, in_use.name).withdrawn_ms == 0


def test_a_candidate_is_withdrawn_too_and_what_was_made_before_is_not(
    runtime: Runtime, taught: list[str]
) -> None:
    candidate = trained(runtime, used=False)
    shadow.begin(runtime, candidate)
    later = teach_as(
        runtime,
        SITE,
        [
            (msgspec.structs.replace(comment("ham", n), author=msgspec.structs.replace(
                PERSON, email="late@post.example", ip="", id="")), "ham")
            for n in range(850, 852)
        ],
    )  # fmt: skip
    assert len(later) == 2
    job = erase(runtime, email="late@post.example")
    assert job.result is not None
    assert (job.result["labels"], job.result["models"], job.result["training"]) == (2, [], "")
    job = erase(runtime, email=EMAIL)
    assert job.result is not None
    assert (job.result["models"], job.result["training"]) == ([candidate], "")
    assert shadows.current(runtime.store).name == ""
    with pytest.raises(Conflict):
        shadow.begin(runtime, candidate)


def test_a_training_under_way_begins_anew(
    runtime: Runtime, taught: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it had read before the erasure is in no model that may be used."""
    split, erased = training.evaluating.split, []

    def erasing(gathered: object) -> object:
        if not erased:
            erased.append(erase(runtime, email=EMAIL))
        return split(gathered)  # type: ignore[arg-type]

    monkeypatch.setattr(training.evaluating, "split", erasing)
    made = training.train(runtime, "root", quiet)
    assert made.labels == 80
    found = {one.name: bool(one.withdrawn_ms) for one in withdrawing.trained(runtime)}
    assert found.pop(made.name) is False
    assert list(found.values()) == [True]


def test_with_no_label_left_the_shipped_one_is_in_use(runtime: Runtime) -> None:
    sent = [msgspec.structs.replace(comment("spam", n), author=PERSON) for n in range(40)]
    teach_as(runtime, SITE, [(one, ("ham", "spam")[n % 2]) for n, one in enumerate(sent)])
    trained(runtime, used=True)
    replaced(runtime, erase(runtime, email=EMAIL))
    assert promoting.in_use(runtime).name == runtime.shipped.name


def test_one_that_turns_out_to_have_learned_none_of_them_is_used_on(
    runtime: Runtime, taught: list[str]
) -> None:
    """Their site keeps its labels at home; whether it always did nobody can tell beforehand."""
    put_settings(runtime.store, SITE, SiteSettings(shares_training=False))
    name = trained(runtime, used=True)
    job = erase(runtime, email=EMAIL)
    assert job.result is not None
    assert job.result["models"] == [name]
    replaced(runtime, job)
    assert promoting.in_use(runtime).name == name
    assert promoting.known(runtime, name).withdrawn_ms == 0


def test_nobody_else_has_a_model_trained(runtime: Runtime, taught: list[str]) -> None:
    trained(runtime, used=True)
    job = erase(runtime, email="nobody@post.example")
    assert job.result is not None
    assert (job.result["models"], job.result["training"]) == ([], "")
    assert jobs.unfinished(runtime, working.TRAINING) == []
