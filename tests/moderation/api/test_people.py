"""What is held of a person over the API: found, put out, erased; by whom."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from moderation.flow.models import promoting, training, withdrawing
from moderation.flow.models.promoting import Why
from moderation.flow.privacy import access, erasing, finding
from moderation.flow.runtime import Runtime
from tests.factories import SITE
from tests.moderation.api.conftest import Caller, is_problem
from tests.moderation.flow.privacy.lived import EMAIL, IP, left, mixed, teach, theirs, write

CALLS = ("/v1/people/search", "/v1/people/export", "/v1/erasures")
OTHER = "other.example"


@pytest.fixture
def held(runtime: Runtime) -> Runtime:
    """Return an installation on which the person wrote on two sites."""
    write(runtime, SITE, mixed(60, 12))
    teach(runtime, OTHER, mixed(20, 4))
    write(runtime, OTHER, [msgspec.structs.replace(theirs(0), content="A later text")])
    return runtime


def everything(admin: Caller, path: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all pages of what is held."""
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        answer = admin.post(path, asked | ({"cursor": cursor} if cursor else {}))
        assert answer.status_code == 200, answer.text
        if path.endswith("search"):
            page, cursor = answer.json["data"], answer.json["next"]
        else:
            *page, end = map(msgspec.json.decode, answer.data.splitlines())
            assert end["kind"] == "end"
            cursor = end["next"]
        found += page
        if cursor is None:
            return found


def kinds(found: list[dict[str, Any]], site: str) -> list[str]:
    return sorted(one["kind"] for one in found if one["site"] == site)


@pytest.mark.parametrize("pieces", [1, access.PIECES])
def test_all_that_is_held_is_found_and_put_out_however_small_a_page_is(
    admin: Caller, held: Runtime, monkeypatch: pytest.MonkeyPatch, pieces: int
) -> None:
    monkeypatch.setattr(access, "PIECES", pieces)
    monkeypatch.setattr(finding, "AT_ONCE", 10)
    found = everything(admin, CALLS[0], {"email": EMAIL})
    # A comment that was sent anew is there with its older text.
    assert kinds(found, SITE) == ["comment"] * 12 + ["record"]
    assert kinds(found, OTHER) == ["comment"] * 5 + ["label"] * 4 + ["record"]
    lines = everything(admin, CALLS[1], {"email": EMAIL.upper()})
    texts = [one["sent"]["content"] for one in lines if one["kind"] == "comment"]
    assert len(texts) == 17, "an older revision too"
    assert "A later text" in texts
    labels = [one for one in lines if one["kind"] == "label"]
    assert {one["email_domain"] for one in labels} == {EMAIL.split("@")[1].lower()}
    only = everything(admin, CALLS[0], {"email": EMAIL, "site": SITE})
    assert {one["site"] for one in only} == {SITE}


def test_an_erasure_is_a_job_with_a_report(admin: Caller, held: Runtime) -> None:
    asked = admin.post(CALLS[2], {"email": EMAIL})
    assert (asked.status_code, asked.json["kind"]) == (202, "erasure")
    assert asked.headers["Location"] == f"/v1/jobs/{asked.json['id']}"
    assert admin.post(CALLS[2], {"email": EMAIL.lower()}).json["id"] == asked.json["id"]
    assert EMAIL not in asked.text
    erasing.work_on(held, asked.json["id"], here=True)
    done = admin.get(asked.headers["Location"]).json
    assert done["state"] == "succeeded", done
    report = done["result"]
    assert (report["comments"], report["labels"], report["records"]) == (16, 4, 2)
    assert report["sites"] == sorted([SITE, OTHER])
    assert left(held) == []
    assert everything(admin, CALLS[0], {"email": EMAIL, "ip": IP}) == []


def test_only_tokens_of_the_installation_may(admin: Caller, api: Caller, anyone: Caller) -> None:
    for path in CALLS:
        is_problem(anyone.post(path, {"email": EMAIL}), 401, "unauthorised")
        is_problem(api.post(path, {"email": EMAIL}), 403, "forbidden")
        assert admin.post(path, {"email": EMAIL}).status_code in (200, 202)


def test_what_leads_to_nobody_is_refused_and_not_repeated(admin: Caller) -> None:
    wrong: list[dict[str, Any]] = [
        {},
        {"email": "  "},
        {"author_id": "u-1"},
        {"email": EMAIL, "site": "nowhere.example"},
        {"email": "x" * 321},
        {"mail": EMAIL},
        {"ip": 7},
    ]
    for path in CALLS:
        for asked in wrong:
            problem = is_problem(admin.post(path, asked), 422, "validation")
            assert EMAIL not in str(problem) and "x" * 321 not in str(problem)


def test_a_cursor_goes_on_with_the_same_person_alone(
    admin: Caller, held: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "PIECES", 1)
    cursor = admin.post(CALLS[0], {"email": EMAIL}).json["next"]
    for asked in ({"email": "x@post.example"}, {"email": EMAIL, "site": SITE}):
        is_problem(admin.post(CALLS[0], asked | {"cursor": cursor}), 400, "invalid-cursor")
    is_problem(
        admin.post(CALLS[0], {"email": EMAIL, "cursor": cursor + "x"}), 400, "invalid-cursor"
    )


def test_a_verdict_says_that_its_model_is_withdrawn(
    admin: Caller, api: Caller, held: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(withdrawing, "READ_EVERY_SECONDS", 0.0)
    name = training.train(held, "root", lambda *_: None).name
    promoting.promote(held, name, Why("root"), override=True)
    judged = api.post("/v1/check", {"content": "A comment of somebody else"}).json
    assert judged["verdict"]["model"].startswith(f"{name}+")
    path = f"/v1/comments/{judged['id']}"
    before = api.get(path)
    assert before.json["verdict"]["model_withdrawn"] is False
    erasing.work_on(held, admin.post(CALLS[2], {"email": EMAIL}).json["id"], here=True)
    # What a caller has by a tag is not said to be as it was.
    after = api.get(path, headers={"If-None-Match": before.headers["ETag"]})
    assert after.json["verdict"]["model_withdrawn"] is True
    (listed,) = [c for c in api.get("/v1/comments").json["data"] if c["id"] == judged["id"]]
    assert listed["verdict"]["model_withdrawn"] is True
    (model,) = [one for one in admin.get("/v1/models").json["data"] if one["name"] == name]
    assert model["state"] == "in use"
    training.train(held, "root", lambda *_: None)
    (model,) = [one for one in admin.get("/v1/models").json["data"] if one["name"] == name]
    assert model["state"] == "withdrawn"
    is_problem(admin.post(f"/v1/models/{name}/promote", {"override": True}), 409, "conflict")
    is_problem(admin.post("/v1/models/rollback", {}), 409, "conflict")
    later = api.post("/v1/check", {"content": "Another comment"}).json
    now = api.get(f"/v1/comments/{later['id']}").json["verdict"]
    assert now["model_withdrawn"] is False
