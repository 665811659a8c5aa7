"""Comments submitted, waited for, read and deleted."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask

from moderation.api import comments as views
from moderation.settings import WEB_THREADS
from moderation.store.comments import announcements
from tests.moderation.api.conftest import Caller, is_problem

HELLO = {"content": "Hello, world", "author": {"name": "Ada"}, "permalink": "https://a.example/1"}


def test_a_submitted_comment_is_queued_and_gets_its_verdict(
    api: Caller, work: Callable[[], int]
) -> None:
    answer = api.post("/v1/comments", HELLO)
    assert answer.status_code == 202
    assert answer.headers["Location"] == f"/v1/comments/{answer.json['id']}"
    assert (answer.json["status"], answer.json["verdict"]) == ("queued", None)
    assert answer.json["content"] == HELLO["content"]
    read = api.get(answer.headers["Location"]).json
    assert {**read, "updated_at": ""} == {**answer.json, "updated_at": ""}
    work()
    scored = api.get(answer.headers["Location"]).json
    assert scored["status"] in ("approved", "held", "spam")
    assert scored["verdict"]["decided_by"] == "model"


def test_prefer_wait_scores_at_once(api: Caller) -> None:
    answer = api.post("/v1/comments", HELLO, headers={"Prefer": "respond-async, wait=10"})
    assert answer.status_code == 200
    assert answer.headers["Preference-Applied"] == "wait"
    assert answer.json["verdict"] is not None
    assert api.get(answer.headers["Location"]).json["verdict"] == answer.json["verdict"]


def test_prefer_wait_needs_no_slot(api: Caller) -> None:
    taken = 0
    while views._slots.acquire(blocking=False):
        taken += 1
    try:
        answer = api.post("/v1/comments", HELLO, headers={"Prefer": "wait"})
    finally:
        views._slots.release(taken)
    assert (answer.status_code, answer.headers["Preference-Applied"]) == (200, "wait")
    assert "Retry-After" not in answer.headers


def test_the_same_key_and_body_get_the_first_answer_again(api: Caller) -> None:
    headers = {"Idempotency-Key": "order-66"}
    first, second = (api.post("/v1/comments", HELLO, headers=headers) for _ in range(2))
    assert (second.status_code, second.json["id"]) == (202, first.json["id"])
    assert api.stored() == 1


@pytest.mark.parametrize("content", [HELLO["content"], "Another text"])
def test_the_first_answer_comes_again_also_for_a_comment_that_was_known(
    content: str, api: Caller, work: Callable[[], int]
) -> None:
    known = {**HELLO, "external_id": "7"}
    api.post("/v1/comments", known)
    if content == HELLO["content"]:
        assert work() == 1
    headers = {"Idempotency-Key": "order-66"}
    sent = {**known, "content": content}
    first = api.post("/v1/comments", sent, headers=headers)
    work()
    etag = f'"{first.json["revision"]}-0"'
    assert api.decide(first.json, "spam", etag).status_code == 200
    again = api.post("/v1/comments", sent, headers=headers)
    assert (again.status_code, again.json) == (202, first.json)
    assert again.headers["Location"] == first.headers["Location"]


def test_the_same_key_with_another_body_is_a_conflict(api: Caller) -> None:
    headers = {"Idempotency-Key": "order-66"}
    api.post("/v1/comments", HELLO, headers=headers)
    other = api.post("/v1/comments", {"content": "Other"}, headers=headers)
    is_problem(other, 422, "idempotency-conflict")
    assert api.stored() == 1


def test_sites_do_not_share_idempotency_keys(api: Caller, caller: Callable[..., Caller]) -> None:
    stranger = caller("submit", "moderate", site="other.example")
    headers = {"Idempotency-Key": "order-66"}
    api.post("/v1/comments", HELLO, headers=headers)
    assert stranger.post("/v1/comments", {"content": "Mine"}, headers=headers).status_code == 202


@pytest.mark.parametrize("key", ["", "a b", "ä", "k" * 256])
def test_a_key_that_is_none_is_refused(api: Caller, key: str) -> None:
    answer = api.post("/v1/comments", HELLO, headers={"Idempotency-Key": key})
    problem = is_problem(answer, 400, "invalid-parameter")
    assert problem["errors"][0]["header"] == "Idempotency-Key"
    assert api.stored() == 0


def test_a_known_external_id_is_the_same_comment_or_a_new_revision(
    api: Caller, work: Callable[[], int]
) -> None:
    first = api.post("/v1/comments", {**HELLO, "external_id": "7"}).json
    work()
    again = api.post("/v1/comments", {**HELLO, "external_id": "7"}).json
    changed = api.post("/v1/comments", {"content": "Changed", "external_id": "7"}).json
    assert (again["id"], again["revision"]) == (first["id"], 1)
    assert again["verdict"] is not None
    assert (changed["id"], changed["revision"], changed["status"]) == (first["id"], 2, "queued")
    assert api.stored() == 1


@pytest.mark.second_store
def test_waiting_ends_when_the_verdict_comes(api: Caller, work: Callable[[], int]) -> None:
    path = api.post("/v1/comments", HELLO).headers["Location"]
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(api.get(f"{path}?wait=20")))
    began = time.monotonic()
    waiting.start()
    work()
    waiting.join(10)
    assert answers[0].json["verdict"] is not None
    assert time.monotonic() - began < 10


@pytest.mark.second_store
@pytest.mark.parametrize("how", ["decision", "check", "label", "deletion"])
def test_waiting_ends_when_something_else_settles_the_comment(
    api: Caller, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = {**HELLO, "external_id": "7"}
    path = api.post("/v1/comments", sent).headers["Location"]
    listens = threading.Event()
    listen = announcements.listen

    @contextmanager
    def listening(*args: Any) -> Iterator[Any]:
        with listen(*args) as wait:
            yield lambda *asked: (listens.set(), wait(*asked))[1]

    monkeypatch.setattr(announcements, "listen", listening)
    answers = []
    waiter = threading.Thread(target=lambda: answers.append(api.get(f"{path}?wait=20")))
    began = time.monotonic()
    waiter.start()
    assert listens.wait(10)
    if how == "decision":
        api.post(f"{path}/decision", {"label": "spam"}, headers={"If-Match": "*"})
    elif how == "check":
        api.post("/v1/check", sent)
    elif how == "label":
        api.post("/v1/labels", {**sent, "label": "spam"})
    else:
        api.delete(path)
    waiter.join(30)
    assert time.monotonic() - began < 10
    if how == "deletion":
        is_problem(answers[0], 404, "not-found")
    else:
        assert answers[0].json["status"] != "queued"


def test_waiting_ends_after_the_time_asked_for(api: Caller) -> None:
    path = api.post("/v1/comments", HELLO).headers["Location"]
    began = time.monotonic()
    answer = api.get(f"{path}?wait=0.3")
    assert 0.3 <= time.monotonic() - began < 3
    assert answer.json["status"] == "queued"
    assert "Retry-After" not in answer.headers


def test_beyond_the_slots_nobody_waits(api: Caller, work: Callable[[], int]) -> None:
    path = api.post("/v1/comments", HELLO).headers["Location"]
    taken = 0
    while views._slots.acquire(blocking=False):
        taken += 1
    try:
        began = time.monotonic()
        answer = api.get(f"{path}?wait=20")
        assert time.monotonic() - began < 3
    finally:
        views._slots.release(taken)
    assert taken == WEB_THREADS - 2, "two threads stay free for others"
    assert (answer.status_code, answer.headers["Retry-After"]) == (200, "1")
    assert answer.json["status"] == "queued"


def test_a_slot_is_free_again_after_waiting(api: Caller) -> None:
    path = api.post("/v1/comments", HELLO).headers["Location"]
    for _ in range(5):
        assert "Retry-After" not in api.get(f"{path}?wait=0.01").headers


@pytest.mark.parametrize("query", ["wait=x", "wait=31", "wait=-1", "wait=nan", "explain=perhaps",
                                   "explian=true", "wait=1&wait=2"])  # fmt: skip
def test_a_wrong_parameter_is_named(api: Caller, query: str) -> None:
    path = api.post("/v1/comments", HELLO).headers["Location"]
    problem = is_problem(api.get(f"{path}?{query}"), 400, "invalid-parameter")
    assert problem["errors"][0]["parameter"] == query.partition("=")[0]


def test_an_explanation_adds_up_to_the_probability(api: Caller) -> None:
    import math

    sent = {**HELLO, "content": "ВИАГРА 🦉 https://pills.example/buy", "author": {"name": "Ада"}}
    comment = api.post("/v1/check", sent).json
    why = api.get(f"/v1/comments/{comment['id']}?explain=true").json["explanation"]
    parts = sum(s["weight"] for s in why["spans"]) + sum(s["weight"] for s in why["signals"])
    assert math.isclose(parts + why["bias"], why["logit"], abs_tol=1e-6)
    assert math.isclose(why["probability"], 1 / (1 + math.exp(-why["logit"])), abs_tol=1e-5)
    assert why["model"] == comment["verdict"]["model"]
    fields = {"content": sent["content"], "author.name": "Ада", "author.url": ""}
    for span in why["spans"]:
        assert 0 <= span["start"] < span["end"] <= len(fields[span["field"]])


def test_a_deleted_comment_is_gone(api: Caller) -> None:
    comment = api.post("/v1/check", {**HELLO, "external_id": "7"}).json
    path = f"/v1/comments/{comment['id']}"
    answer = api.delete(path)
    assert (answer.status_code, answer.data) == (204, b"")
    is_problem(api.get(path), 404, "not-found")
    is_problem(api.delete(path), 404, "not-found")
    assert api.stored() == 0
    assert api.post("/v1/check", {**HELLO, "external_id": "7"}).json["id"] != comment["id"]


@pytest.mark.parametrize(
    "id_", ["x", "0", "01M81Q1142C3EYPAKXTQDKFX9P", "é" * 26, "%00", "a" * 999]
)
def test_an_id_that_is_none_is_not_found(api: Caller, id_: str) -> None:
    is_problem(api.get(f"/v1/comments/{id_}"), 404, "not-found")


def test_a_fault_of_ours_tells_nothing(
    app: Flask, api: Caller, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a password")

    monkeypatch.setattr("moderation.flow.comments.reading.wait_for_verdict", broken)
    answer = api.get("/v1/comments/01M81Q1142C3EYPAKXTQDKFX9P")
    problem = is_problem(answer, 500, "internal-error")
    assert "password" not in answer.text
    assert "Traceback" not in answer.text
    (line,) = caplog.messages
    assert problem["request_id"] in line
    assert "RuntimeError" in line and "test_comments.py" in line
    assert "a password" not in caplog.text
