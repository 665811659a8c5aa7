"""`models`: handed in, promoted and rolled back by an operator at the machine."""

import json
import os
from pathlib import Path

import pytest

from classifier import Model
from moderation.domain.sites import SiteSettings
from moderation.flow import jobs
from moderation.flow.comments.checking import check
from moderation.flow.models import working
from moderation.flow.runtime import Runtime
from moderation.store import keys
from moderation.store.leases import lease
from tests.factories import put_settings, submission
from tests.moderation.cli.conftest import Winnow
from tests.moderation.flow.models.made import model_file
from tests.moderation.flow.models.taught import grant_of, teach_site


@pytest.fixture(autouse=True)
def _priority(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the priority of the suite's own process as it is."""
    monkeypatch.setattr(os, "nice", lambda by: by)


def test_models_are_listed_handed_in_promoted_and_rolled_back(
    prepared: dict[str, str], winnow: Winnow, tmp_path: Path
) -> None:
    file = tmp_path / "made.winnow"
    file.write_bytes(model_file("made-1"))
    told = winnow("models", "add", str(file))
    assert told == "made-1 is a candidate; a worker judges it, or `models evaluate made-1` here\n"
    assert winnow("models", "add", str(file)) == "made-1 was there before\n"
    shipped = Model.load().name
    assert "not judged yet" in winnow("models", "promote", "made-1", status=1)
    assert (
        winnow("models", "promote", "made-1", "--reason", "a try", "--override")
        == "made-1 is in use\n"
    )
    rows = [line.split("\t") for line in winnow("models", "list").splitlines()]
    assert [row[:4] for row in rows] == [
        ["made-1", "in use", "made elsewhere", "0"],
        [shipped, "retired", "shipped", "0"],
    ]
    assert winnow("models", "rollback") == f"{shipped} is in use\n"
    assert "no promotion stands" in winnow("models", "rollback", status=1)
    assert "no model of this name" in winnow("models", "promote", "x", status=1)
    file.write_bytes(b"nothing of the kind")
    assert "not a Winnow model file" in winnow("models", "add", str(file), status=1)


def test_what_people_chose_outlives_a_start(
    prepared: dict[str, str], winnow: Winnow, tmp_path: Path
) -> None:
    file = tmp_path / "made.winnow"
    file.write_bytes(model_file("made-1"))
    winnow("models", "add", str(file))
    winnow("models", "promote", "made-1", "--override")
    winnow("init")
    assert "made-1\tin use" in winnow("models", "list")


def test_a_training_in_the_foreground_says_what_came_of_it(
    prepared: dict[str, str], winnow: Winnow, runtime: Runtime
) -> None:
    assert winnow("train") == "there are no labels to learn: nothing changes\n"
    teach_site(runtime, "demo", 40)
    lines = winnow("train").splitlines()
    name = lines[0].split()[0]
    assert lines[0] == f"{name} learned 40 labels"
    assert "50 of each are needed" in lines[1]
    shown = winnow("models", "report", name)
    assert "good comments rejected of 1,000" in shown
    assert f"{name} beside {Model.load().name}, by 8 labels held back" in shown
    assert winnow("models", "evaluate", name).splitlines()[0] == shown.splitlines()[0]
    assert json.loads(winnow("models", "report", name, "--json"))["held_back"] == 8
    assert "no model of this name" in winnow("models", "evaluate", "made-9", status=1)
    assert lease(runtime.store, keys.TRAINING, "claim", "another", 60_000)
    assert "another process does it just now" in winnow("models", "evaluate", name, status=1)


def test_bands_by_a_target_are_said_and_set(prepared: dict[str, str], winnow: Winnow) -> None:
    said = winnow("site", "bands", "demo", "--held", "1/40", "--rejected", "0.0005")
    assert "not set; --apply does it" in said
    assert "(0.00% to 100.00%) of 0 of this site" in said
    assert json.loads(winnow("site", "show", "demo"))["hold"] is None
    assert winnow("site", "bands", "demo", "--apply").splitlines()[-1] == "set"
    shown = json.loads(winnow("site", "show", "demo"))
    assert 0 < shown["hold"] < shown["reject"] < 1
    assert "shares of good comments" in winnow("site", "bands", "demo", "--held", "2", status=1)


def test_what_is_held_is_judged_anew(
    prepared: dict[str, str], winnow: Winnow, runtime: Runtime, tmp_path: Path
) -> None:
    grant = grant_of(runtime, "demo")
    put_settings(runtime.store, "demo", SiteSettings(hold=1e-6, reject=0.999999))
    check(runtime, grant, submission(), record=True)
    put_settings(runtime.store, "demo", SiteSettings())
    file = tmp_path / "made.winnow"
    file.write_bytes(model_file("made-1", scale=1.0, intercept=-30.0))
    winnow("models", "add", str(file))
    offered = winnow("models", "promote", "made-1", "--override")
    assert "held by models before: 1; `models rescore` judges them anew" in offered
    assert winnow("models", "rescore", "--site", "demo").splitlines() == [
        "judged anew: 1; now approved 1, held 0, spam 0",
        "judged by this model before: 0; left: 0",
    ]
    assert "no site of this name" in winnow("models", "rescore", "--site", "no", status=1)


def test_a_file_that_was_handed_in_is_judged_by_a_job(
    prepared: dict[str, str], winnow: Winnow, runtime: Runtime, tmp_path: Path
) -> None:
    file = tmp_path / "made.winnow"
    file.write_bytes(model_file("made-1"))
    winnow("models", "add", str(file))
    winnow("models", "add", str(file))
    (job,) = jobs.unfinished(runtime, working.EVALUATION)
    assert (job.asked, job.by) == ({"name": "made-1"}, "command line")
