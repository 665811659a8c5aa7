"""Many comments at once."""

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from moderation.api import body
from moderation.domain.comments import Submission
from moderation.flow.comments import submitting
from moderation.flow.runtime import Runtime
from tests.moderation.api.conftest import Caller, is_problem

PATH = "/v1/comments/batch"
GOOD = {"content": "Hello"}


def send(api: Caller, parts: list[bytes], media: str, path: str = PATH) -> TestResponse:
    """Send items as lines or as an array."""
    data = b"\n".join(parts) if media == body.NDJSON else b"[" + b", ".join(parts) + b"]"
    return api.post(path, data=data, content_type=media)


def items(answer: TestResponse) -> list[dict[str, Any]]:
    """Return the items of an answer, whichever way it was sent."""
    assert answer.status_code == 200, answer.text
    if answer.content_type == body.NDJSON:
        return [json.loads(line) for line in answer.data.splitlines()]
    return answer.json


BAD = {
    "a number": (b"3", ""),
    "an unknown field": (b'{"content":"a","colour":"red"}', "/colour"),
    "NUL": (b'{"content":"a","author":{"name":"\\u0000"}}', "/author/name"),
    "too long": (b'{"content":"' + b"a" * 65_537 + b'"}', "/content"),
    "long ago": (b'{"content":"a","created_at":"1970-01-01T00:00:00Z"}', "/created_at"),
    "a lone surrogate": (b'{"content":"\\ud800"}', ""),
    "invalid UTF-8": (b'{"content":"\xff"}', ""),
}


@pytest.mark.parametrize("media", [body.NDJSON, body.JSON])
@pytest.mark.parametrize("bad, pointer", BAD.values(), ids=BAD)
def test_one_bad_item_fails_alone(api: Caller, media: str, bad: bytes, pointer: str) -> None:
    good = json.dumps(GOOD).encode()
    answered = items(send(api, [good, bad, good], media))
    assert [(i["index"], i["code"]) for i in answered] == [(0, 202), (1, 422), (2, 202)]
    problem = answered[1]["problem"]
    assert problem["type"] == "/problems/validation"
    assert problem["errors"][0]["pointer"] == pointer
    assert [i["status"] for i in (answered[0], answered[2])] == ["queued", "queued"]
    for item in (answered[0], answered[2]):
        assert api.get(f"/v1/comments/{item['id']}").json["content"] == "Hello"
    assert api.stored() == 2


def test_a_line_that_is_not_json_fails_alone(api: Caller) -> None:
    answered = items(
        send(api, [b'{"content":"a"}', b'{"content":', b'{"content":"b"}'], body.NDJSON)
    )
    assert [i["code"] for i in answered] == [202, 422, 202]


def test_an_array_that_is_not_json_is_refused(api: Caller) -> None:
    for data in (b"[", b'[{"content":"a"},]', b'[{"content":"a"} {"content":"b"}]', b'[{"a":1}] x'):
        answer = api.post(PATH, data=data, content_type=body.JSON)
        is_problem(answer, 400, "malformed-json")
    is_problem(api.post(PATH, {"content": "a"}), 422, "validation")
    assert api.stored() == 0


@pytest.mark.parametrize("media", [body.NDJSON, body.JSON])
def test_a_thousand_are_accepted_and_answered_in_order(api: Caller, media: str) -> None:
    parts = [json.dumps({"content": f"number {n}"}).encode() for n in range(1000)]
    answered = items(send(api, parts, media))
    assert [i["index"] for i in answered] == list(range(1000))
    assert {i["code"] for i in answered} == {202}
    for n in (0, 99, 100, 999):
        path = f"/v1/comments/{answered[n]['id']}"
        assert api.get(path).json["content"] == f"number {n}"


@pytest.mark.parametrize("media", [body.NDJSON, body.JSON])
@pytest.mark.parametrize("part", [b'{"content":"a"}', b"1"])
def test_more_than_a_thousand_are_refused(api: Caller, media: str, part: bytes) -> None:
    for count in (1001, 10_000):
        is_problem(send(api, [part] * count, media), 413, "too-large")
    assert api.stored() == 0


@pytest.mark.parametrize("media", [body.NDJSON, body.JSON])
def test_no_items_get_no_answers(api: Caller, media: str) -> None:
    assert items(send(api, [], media)) == []


def test_blank_lines_and_carriage_returns_are_no_items(api: Caller) -> None:
    data = b'\r\n{"content":"a"}\r\n\r\n{"content":"b"}\r\n'
    answer = api.post(PATH, data=data, content_type="application/x-ndjson; charset=utf-8")
    assert [i["code"] for i in items(answer)] == [202, 202]


def test_a_known_external_id_keeps_its_id(api: Caller) -> None:
    part = json.dumps({**GOOD, "external_id": "7"}).encode()
    scored = api.post("/v1/check", {**GOOD, "external_id": "8"}).json
    known = json.dumps({**GOOD, "external_id": "8"}).encode()
    answered = items(send(api, [part, part, known], body.NDJSON))
    assert answered[0]["id"] == answered[1]["id"]
    assert (answered[2]["id"], answered[2]["status"]) == (scored["id"], scored["status"])
    assert api.stored() == 2


def test_a_thousand_sent_again_are_read_in_one_round_trip(api: Caller, runtime: Runtime) -> None:
    parts = [json.dumps({**GOOD, "external_id": str(n)}).encode() for n in range(1000)]
    first = items(send(api, parts, body.NDJSON))
    checked = api.post("/v1/check", {**GOOD, "external_id": "7"}).json
    trips: list[int] = []
    runtime.store.on_round_trip = lambda: trips.append(1)
    again = items(send(api, parts, body.NDJSON))
    assert len(trips) <= 2
    assert [item["id"] for item in again] == [item["id"] for item in first]
    assert [item["status"] for item in again if item["index"] != 7] == ["queued"] * 999
    assert again[7]["status"] == checked["status"] != "queued"


def test_the_same_key_and_batch_get_the_first_answer_again(api: Caller) -> None:
    def once(content: str) -> TestResponse:
        headers = {"Idempotency-Key": "b1"}
        return api.post(PATH, [{"content": content}], headers=headers)

    assert once("a").json == once("a").json
    is_problem(once("b"), 422, "idempotency-conflict")
    assert api.stored() == 1


def test_the_first_answer_to_a_batch_comes_again_whatever_became_of_its_comments(
    api: Caller,
) -> None:
    sent = [{**GOOD, "external_id": str(n)} for n in range(3)]
    checked = api.post("/v1/check", sent[0]).json
    api.post("/v1/comments", {**sent[1], "content": "Another text"})
    headers = {"Idempotency-Key": "b1"}
    first = api.post(PATH, sent, headers=headers).json
    assert [item["status"] for item in first] == [checked["status"], "queued", "queued"]
    for item in first:
        assert api.decide(item, "spam", "*").status_code == 200
    assert api.post(PATH, sent, headers=headers).json == first


def test_the_first_answer_comes_again_where_time_would_change_what_is_accepted(
    api: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A comment dated a day and a half ahead is refused, and half a day later it would not be."""
    ahead = dt.datetime.now(dt.UTC) + dt.timedelta(hours=36)
    sent = [{"content": "a"}, {"content": "b", "created_at": ahead.isoformat()}, {"content": "c"}]
    headers = {"Idempotency-Key": "b1"}
    first = items(api.post(PATH, sent, headers=headers))
    assert [item["code"] for item in first] == [202, 422, 202]
    later = submitting.now_ms() + 20 * 3_600_000
    monkeypatch.setattr(submitting, "now_ms", lambda: later)
    monkeypatch.setattr(body, "_now", lambda: dt.datetime.fromtimestamp(later / 1000, dt.UTC))
    assert items(api.post(PATH, sent, headers=headers)) == first
    assert [item["code"] for item in items(api.post(PATH, sent))] == [202, 202, 202]
    other = [{"content": "x"}]
    is_problem(api.post(PATH, other, headers=headers), 422, "idempotency-conflict")


texts = st.text(max_size=30).filter(lambda s: "\0" not in s)
READER = body.Reader(Submission)


@given(st.lists(st.builds(lambda t, n: {"content": "x" + t, "author": {"name": n}}, texts, texts)))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_lines_and_arrays_hold_what_was_sent_with_or_without_a_bad_one(
    sent: list[dict[str, Any]],
) -> None:
    for ascii_only in (True, False):
        parts = [json.dumps(item, ensure_ascii=ascii_only).encode() for item in sent]
        for extra in ([], [b"null"]):
            every = [*parts, *extra]
            lines = READER.many(b"\n".join(every), body.NDJSON)
            array = READER.many(b"[" + b" ,\n".join(every) + b" ]", body.JSON)
            for found in (lines, array):
                assert len(found) == len(every)
                for item, original in zip(found, sent, strict=False):
                    assert isinstance(item, Submission)
                    assert item.content == original["content"]
                    assert item.author.name == original["author"]["name"]
