"""Decisions, their undoing, and labels from elsewhere."""

import json
from collections.abc import Callable

import pytest

from tests.moderation.api.conftest import Caller, is_problem

HELLO = {"content": "Hello, world"}


def test_a_decision_goes_before_the_verdict_and_undo_restores_it(api: Caller) -> None:
    comment = api.post("/v1/check", HELLO).json
    path = f"/v1/comments/{comment['id']}"
    etag = api.get(path).headers["ETag"]
    body = {"label": "spam", "note": "seen before", "suggestion_shown": False}
    decided = api.post(f"{path}/decision", body, headers={"If-Match": etag})
    assert decided.status_code == 200
    decision = decided.json["decision"]
    assert (decided.json["status"], decision["label"], decision["via"]) == ("spam", "spam", "api")
    assert (decision["by"], decision["note"]) == ("token:test", "seen before")
    assert decided.json["verdict"] == comment["verdict"]
    assert decided.headers["ETag"] not in ("", etag)
    headers = {"If-Match": decided.headers["ETag"]}
    undone = api.post(f"{path}/decision/undo", headers=headers)
    assert undone.status_code == 200
    assert (undone.json["status"], undone.json["decision"]) == (comment["status"], None)
    again = api.post(f"{path}/decision/undo", headers={"If-Match": undone.headers["ETag"]})
    is_problem(again, 409, "nothing-to-undo")


def test_undo_restores_the_decision_before(api: Caller) -> None:
    comment = api.post("/v1/check", HELLO).json
    first = api.decide(comment, "ham", '"1-0"')
    second = api.decide(comment, "spam", first.headers["ETag"])
    headers = {"If-Match": second.headers["ETag"]}
    path = f"/v1/comments/{comment['id']}/decision/undo"
    undone = api.post(path, {"note": "a slip"}, headers=headers)
    assert (undone.json["status"], undone.json["decision"]["label"]) == ("approved", "ham")


def test_of_two_who_decide_on_the_same_sight_one_is_told(api: Caller) -> None:
    comment = api.post("/v1/check", HELLO).json
    first = api.decide(comment, "ham", '"1-0"')
    second = api.decide(comment, "spam", '"1-0"')
    assert first.status_code == 200
    problem = is_problem(second, 412, "stale")
    assert problem["current"] == first.json
    assert second.headers["ETag"] == first.headers["ETag"]
    assert api.get(f"/v1/comments/{comment['id']}").json == first.json


@pytest.mark.parametrize("end", ["decision", "decision/undo"])
def test_a_decision_needs_to_know_what_was_seen(api: Caller, end: str) -> None:
    comment = api.post("/v1/check", HELLO).json
    path = f"/v1/comments/{comment['id']}/{end}"
    is_problem(api.post(path, {"label": "spam"}), 428, "precondition-required")


@pytest.mark.parametrize(
    "tag, status, name",
    [
        ('"9-9"', 412, "stale"),
        ('""', 412, "stale"),
        ('W/"1-1"', 412, "stale"),
        ('"\x7e\x21"', 412, "stale"),
        ("1-0", 400, "invalid-parameter"),
        ('"1-0', 400, "invalid-parameter"),
        ('"1-0", "1-1"', 400, "invalid-parameter"),
        ('"' + "a" * 99_000 + '"', 400, "invalid-parameter"),
    ],
)
def test_a_forged_or_malformed_etag_changes_nothing(
    api: Caller, tag: str, status: int, name: str
) -> None:
    comment = api.post("/v1/check", HELLO).json
    is_problem(api.decide(comment, "spam", tag), status, name)
    assert api.get(f"/v1/comments/{comment['id']}").json["decision"] is None


def test_a_star_decides_whatever_the_state_is(api: Caller) -> None:
    comment = api.post("/v1/check", HELLO).json
    assert api.decide(comment, "spam", "*").json["status"] == "spam"


@pytest.mark.parametrize(
    "body, pointer",
    [
        ({}, "/label"),
        ({"label": "sp4m"}, "/label"),
        ({"label": None}, "/label"),
        ({"label": "spam", "note": "n" * 2001}, "/note"),
        ({"label": "spam", "note": "\0"}, "/note"),
        ({"label": "spam", "suggestion_shown": 1}, "/suggestion_shown"),
        ({"label": "spam", "by": "me"}, "/by"),
    ],
)
def test_a_wrong_decision_is_pointed_to(api: Caller, body: dict, pointer: str) -> None:
    comment = api.post("/v1/check", HELLO).json
    path = f"/v1/comments/{comment['id']}/decision"
    answer = api.post(path, body, headers={"If-Match": "*"})
    assert is_problem(answer, 422, "validation")["errors"][0]["pointer"] == pointer
    assert "sp4m" not in answer.text


def test_a_label_teaches_and_stores_a_comment(api: Caller) -> None:
    before = api.post("/v1/check?record=false", HELLO).json["verdict"]
    label = {**HELLO, "label": "spam", "labelled_at": "2026-01-02T03:04:05Z", "external_id": "7"}
    taught = api.post("/v1/labels", label)
    assert taught.status_code == 200
    assert (taught.json["status"], taught.json["decision"]["label"]) == ("spam", "spam")
    assert taught.json["decision"]["at"] == "2026-01-02T03:04:05Z"
    after = api.post("/v1/check?record=false", HELLO).json["verdict"]
    assert after["score"] > before["score"]
    relabelled = api.post("/v1/labels", {**label, "label": "ham"}).json
    assert (relabelled["id"], relabelled["status"]) == (taught.json["id"], "approved")
    assert api.stored() == 1


@pytest.mark.parametrize("lines", [True, False])
def test_labels_in_numbers_with_one_bad_one(api: Caller, lines: bool) -> None:
    sent = [
        {**HELLO, "label": "spam"},
        {**HELLO, "label": "sp4m"},
        {"content": "b", "label": "ham"},
    ]
    parts = [json.dumps(item) for item in sent]
    data = "\n".join(parts) if lines else f"[{','.join(parts)}]"
    media = "application/x-ndjson" if lines else "application/json"
    answer = api.post("/v1/labels", data=data, content_type=media)
    found = [json.loads(x) for x in answer.data.splitlines()] if lines else answer.json
    assert [i["code"] for i in found] == [200, 422, 200]
    assert [found[0]["status"], found[2]["status"]] == ["spam", "approved"]
    assert api.stored() == 2


def test_a_label_from_the_future_is_refused(api: Caller) -> None:
    answer = api.post(
        "/v1/labels", {**HELLO, "label": "ham", "labelled_at": "9999-01-01T00:00:00Z"}
    )
    assert is_problem(answer, 422, "validation")["errors"][0]["pointer"] == "/labelled_at"
    assert api.stored() == 0


def test_a_comment_can_be_decided_before_its_verdict(api: Caller, work: Callable[[], int]) -> None:
    queued = api.post("/v1/comments", HELLO).json
    assert api.decide(queued, "spam", '"1-0"').json["status"] == "spam"
    work()
    scored = api.get(f"/v1/comments/{queued['id']}").json
    assert (scored["status"], scored["decision"]["label"]) == ("spam", "spam")
    assert scored["verdict"] is not None
