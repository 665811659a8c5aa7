"""Models: what a candidate would change, and what administrators do about it."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from moderation.domain.reports import Flip, Report
from moderation.flow.models import offering, promoting, rescoring, showing, training, working
from moderation.flow.models.promoting import Why
from moderation.store import models, people
from moderation.store.comments import reading
from tests.factories import SITE
from tests.moderation.flow.models.made import model_file
from tests.moderation.flow.models.taught import teach_site


@pytest.fixture
def root(person):
    """Return the browser of an administrator."""
    return person("root", "administrator")


def quiet(stage, done, total):
    """Note nothing."""


@pytest.fixture
def candidate(runtime, app):
    """Return the name of a candidate that was trained on labels of two sites, and judged."""
    runtime.settings = replace(runtime.settings, gate_labels=20)
    teach_site(runtime, SITE, 260)
    teach_site(runtime, "other.example", 60, start=5000)
    return training.train(runtime, "ann", quiet).name


def etag(page: str) -> str:
    found = re.search(r'name="etag" value="([^"]+)"', page)
    assert found
    return found.group(1).replace("&#34;", '"')


def test_without_a_candidate_it_says_what_is_in_use(ann, runtime):
    page = ann.get("/console/models").text
    assert f"{runtime.shipped.name} is in use; no candidate waits" in page
    assert "lamp ring" not in page


def test_a_candidate_stands_beside_the_model_in_use(root, candidate, runtime):
    page = root.get("/console/models").text
    assert "Promote…" in page and candidate in page and "lamp ring" in page
    assert "Comments held for a person, per day" in page
    report = promoting.report(runtime, candidate)
    assert report.overall is not None
    good, spam = report.stricter
    assert f"{spam} labelled spam, {good} labelled fine" in page
    assert page.count('role="img"') == 2 and page.count("<details") >= 2
    assert "At least 20 labels of each kind" in page


def test_promoted_and_rolled_back_with_a_reason_under_what_was_seen(root, candidate, runtime):
    first = promoting.in_use(runtime).name
    asked = root.get(f"/console/models/{candidate}/promote").text
    form = {"etag": etag(asked), "reason": "fewer were lost"}
    assert root.post(f"/console/models/{candidate}/promote", form).status_code == 303
    again = root.post(f"/console/models/{candidate}/promote", form)
    assert again.status_code == 303, "the same sent twice is one promotion"
    found = promoting.listed(runtime)
    assert found.in_use.name == candidate
    assert [c.name for c in found.changes].count(candidate) == 1
    assert (found.changes[0].by, found.changes[0].reason) == ("root", "fewer were lost")
    back = root.get("/console/models/rollback").text
    assert f"Roll back from {candidate} to {first}?" in back and "fewer were lost" in back
    form = {"etag": etag(back), "reason": "a mistake"}
    assert root.post("/console/models/rollback", form).status_code == 303
    assert root.post("/console/models/rollback", form).status_code == 303
    assert promoting.in_use(runtime).name == first
    said = [act.what for _, act in people.acts(runtime.store, "", 20)]
    assert said.count("promoted") == 1 and said.count("rolled_back") == 1


def test_what_somebody_else_promoted_meanwhile_is_said(root, candidate, runtime):
    asked = root.get(f"/console/models/{candidate}/promote").text
    offering.offer(runtime, model_file("made-1"), "zoe")
    promoting.promote(runtime, "made-1", Why("zoe", "mine is better"), override=True)
    form = {"etag": etag(asked), "reason": "typed at length"}
    late = root.post(f"/console/models/{candidate}/promote", form)
    assert late.status_code == 412
    assert "Another model was put to use meanwhile: made-1." in late.text and "zoe" in late.text
    assert "typed at length" in late.text
    assert promoting.in_use(runtime).name == "made-1"


def test_what_the_gate_refuses_needs_the_override_and_a_reason(root, runtime):
    offering.offer(runtime, model_file("made-2"), "zoe")
    page = root.get("/console/models").text
    assert "Why not…" in page and "Promote…</a>" not in page
    asked = root.get("/console/models/made-2/promote").text
    assert "It was not judged beside the model in use." in asked
    form = {"etag": etag(asked), "reason": "I know it"}
    assert root.post("/console/models/made-2/promote", form).status_code == 409
    bare = {"etag": etag(asked), "override": "1", "reason": " "}
    assert root.post("/console/models/made-2/promote", bare).status_code == 422
    assert promoting.in_use(runtime).name == runtime.shipped.name
    done = root.post("/console/models/made-2/promote", {**form, "override": "1"})
    assert done.status_code == 303
    assert promoting.listed(runtime).changes[0].overridden == ("evaluated",)
    assert "Promoted against the gate." in root.get("/console/models").text


def test_who_is_no_administrator_looks_and_does_nothing(ann, candidate, runtime):
    page = ann.get("/console/models").text
    assert candidate in page and "Promote…" not in page and "Train now" not in page
    paths = (
        f"{candidate}/promote", f"{candidate}/discard", f"{candidate}/shadow",
        f"{candidate}/evaluate", "rollback", "training", "upload", "training/x/cancel",
    )  # fmt: skip
    for path in paths:
        assert ann.post(f"/console/models/{path}").status_code == 403, path
    assert promoting.in_use(runtime).name == runtime.shipped.name


def test_texts_and_sites_are_shown_to_those_alone_who_may_see_them(
    ann, root, candidate, runtime, monkeypatch
):
    listed = report_with_flips(runtime, candidate)
    texts = {one.flip.site: one.comment.submission.content for one in listed if one.comment}
    assert set(texts) == {SITE, "other.example"}
    for path in ("/console/models", f"/console/models/{candidate}/flips?direction=stricter"):
        mine, all_ = ann.get(path).text, root.get(path).text
        assert texts[SITE] in mine and texts["other.example"] not in mine
        assert texts["other.example"] in all_
    assert "other.example" not in ann.get("/console/models").text


def report_with_flips(runtime, name):
    """Have the report on a candidate name a comment of each site that it treats otherwise."""
    report: Report = promoting.report(runtime, name)
    made = []
    for site in (SITE, "other.example"):
        (raw,) = reading.page(runtime.store, site, None, b"", b"", newest=True, n=1)
        (comment,) = reading.get_many(runtime.store, site, [raw])
        made.append(Flip(site, comment.id, "spam", "held", "spam", 0.4, 0.99))
    models.put_report(runtime.store, name, replace(report, flips=made, stricter=(0, 2)))
    return showing.with_comments(runtime, made)


def test_training_is_asked_for_followed_and_cancelled(root, runtime):
    assert root.post("/console/models/training").status_code == 303
    job = showing.work(runtime)
    assert job.kind == working.TRAINING and job.by == "root"
    piece = root.get("/console/models/training")
    assert "A training waits for a worker" in piece.text
    same = root.get("/console/models/training", headers={"If-None-Match": piece.headers["ETag"]})
    assert same.status_code == 304
    assert root.post(f"/console/models/training/{job.id}/cancel").status_code == 303
    assert "cancelled" in root.get("/console/models/training").text


def test_what_is_held_is_judged_anew_on_request(root, ann, runtime, hold):
    hold("One that an earlier model held.")
    page = root.get("/console/models").text
    assert "1 held comment, judged anew" in page and "Judge them anew" in page
    assert ann.post("/console/models/anew").status_code == 403
    assert root.post("/console/models/anew").status_code == 303
    job = showing.rescoring_of(runtime)
    assert (job.by, job.state) == ("root", "queued")
    assert root.post("/console/models/anew").status_code == 303
    assert showing.rescoring_of(runtime).id == job.id, "one is enough"
    rescoring.work_on(runtime, job.id)
    assert "The last time," in ann.get("/console/models/anew").text


def test_a_model_file_is_handed_in_and_looks_on_and_is_discarded(root, runtime):
    def hand_in(blob: bytes):
        parts = [
            b'--cut\r\nContent-Disposition: form-data; name="csrf_token"\r\n\r\n',
            root.token().encode(),
            b'\r\n--cut\r\nContent-Disposition: form-data; name="file"; filename="m"\r\n\r\n',
            blob,
            b"\r\n--cut--\r\n",
        ]
        return root.client.post(
            "/console/models/upload",
            data=b"".join(parts),
            content_type="multipart/form-data; boundary=cut",
        )

    assert hand_in(b"no model").status_code == 422
    assert hand_in(model_file("made-3")).headers["Location"].startswith("/console/models/made-3")
    assert showing.work(runtime).kind == working.EVALUATION
    assert root.post("/console/models/made-3/shadow", {"what": "begin"}).status_code == 303
    assert "Look on no longer" in root.get("/console/models/made-3").text
    assert root.post("/console/models/made-3/discard").status_code == 303
    assert root.get("/console/models/made-3").status_code == 404
    assert showing.shadow_of(runtime, "made-3") is None
    shipped = runtime.shipped.name
    assert root.post(f"/console/models/{shipped}/discard").status_code == 409


def test_a_report_of_an_older_version_is_shown_too(root, candidate, runtime):
    report = promoting.report(runtime, candidate)
    old = replace(report, overall=None, stricter=(0, 0), milder=(0, 0))
    models.put_report(runtime.store, candidate, old)
    assert root.get("/console/models").status_code == 200
