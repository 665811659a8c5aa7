"""What cannot be accepted: the right problem, nothing stored, nothing repeated."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.api.validation import pointer_of
from tests.moderation.api.conftest import Caller, is_problem

SECRET = "Zaubersprüche"
PATHS = ["/v1/check", "/v1/comments", "/v1/labels"]


def far(**ahead: int) -> str:
    return (dt.datetime.now(dt.UTC) + dt.timedelta(**ahead)).isoformat()


FIELDS: list[tuple[str, Any, str]] = [
    ("nothing", {}, "/content"),
    ("a list", {"content": [SECRET]}, "/content"),
    ("a number", {"content": 3}, "/content"),
    ("null", {"content": None}, "/content"),
    ("empty", {"content": ""}, "/content"),
    ("too many characters", {"content": "a" * 65_537}, "/content"),
    ("too many bytes", {"content": "ж" * 32_769}, "/content"),
    ("too many bytes in few characters", {"content": "🦉" * 16_385}, "/content"),
    ("an unknown field", {"content": "x", "contents": SECRET}, "/contents"),
    ("an unknown field to escape", {"content": "x", "a/b~c": SECRET}, "/a~1b~0c"),
    ("an unknown field within", {"content": "x", "author": {"mail": SECRET}}, "/author/mail"),
    ("a number for an author", {"content": "x", "author": 3}, "/author"),
    ("a long name", {"content": "x", "author": {"name": SECRET * 99}}, "/author/name"),
    ("a number in the context", {"content": "x", "context": ["a", 2]}, "/context/1"),
    ("much context", {"content": "x", "context": ["a"] * 17}, "/context"),
    ("a negative time", {"content": "x", "form_ms": -1}, "/form_ms"),
    ("a fraction", {"content": "x", "form_ms": 1.5}, "/form_ms"),
    ("a time that is none", {"content": "x", "created_at": SECRET}, "/created_at"),
    ("a time without offset", {"content": "x", "created_at": "2026-01-01T00:00:00"}, "/created_at"),
    ("a time long ago", {"content": "x", "created_at": "1989-12-31T23:59:59Z"}, "/created_at"),
    ("year one", {"content": "x", "created_at": "0001-01-01T00:00:00+14:00"}, "/created_at"),
    ("a time far ahead", {"content": "x", "created_at": far(days=2)}, "/created_at"),
    ("NUL in the content", {"content": f"{SECRET}\0"}, "/content"),
    ("NUL within", {"content": "x", "author": {"name": "\0"}}, "/author/name"),
    ("NUL in the context", {"content": "x", "context": ["a", "\0"]}, "/context/1"),
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body, pointer", [f[1:] for f in FIELDS], ids=[f[0] for f in FIELDS])
def test_a_wrong_field_is_pointed_to(api: Caller, path: str, body: Any, pointer: str) -> None:
    if path == "/v1/labels":
        body = {**body, "label": "ham"}
    answer = api.post(path, body)
    problem = is_problem(answer, 422, "validation")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert problem["errors"][0]["detail"]
    assert SECRET not in answer.text
    assert api.stored() == 0


SYNTAX = {
    "nothing": b"",
    "cut": b'{"content":',
    "not JSON": SECRET.encode(),
    "a bracket more": b'{"content":"a"}]',
    "invalid UTF-8": b'{"content":"\xff"}',
    "a surrogate as UTF-8": b'{"content":"\xed\xa0\x80"}',
    "a lone high surrogate": b'{"content":"\\ud83d"}',
    "a lone low surrogate": b'{"content":"a\\udc00b"}',
    "a raw NUL": b'{"content":"a\x00b"}',
    "a byte order mark": b'\xef\xbb\xbf{"content":"a"}',
    "NaN": b'{"content":"a","form_ms":NaN}',
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", SYNTAX.values(), ids=SYNTAX)
def test_what_is_not_json_is_refused(api: Caller, path: str, body: bytes) -> None:
    if path == "/v1/labels":
        body = body.replace(b'{"content"', b'{"label":"ham","content"')
    answer = api.post(path, data=body, content_type="application/json")
    problem = is_problem(answer, 400, "malformed-json")
    assert problem["errors"][0]["pointer"] == ""
    assert SECRET not in answer.text
    assert api.stored() == 0


DEEP = [b"[" * 100_000, b'{"content":' * 100_000, b'{"content":"a","context":' + b"[" * 100_000]


@pytest.mark.parametrize("path", [*PATHS, "/v1/comments/batch"])
@pytest.mark.parametrize("body", DEEP, ids=["lists", "objects", "within"])
def test_deep_nesting_is_refused(api: Caller, path: str, body: bytes) -> None:
    answer = api.post(path, data=body, content_type="application/json")
    assert answer.status_code in (400, 422)
    assert answer.content_type == "application/problem+json"
    assert api.stored() == 0


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", [*PATHS, "/v1/comments/batch"])
def test_another_media_type_is_refused(api: Caller, path: str, headers: dict[str, str]) -> None:
    answer = api.post(path, data=b'{"content":"a","label":"ham"}', headers=headers)
    is_problem(answer, 415, "unsupported-media-type")
    assert api.stored() == 0


@pytest.mark.parametrize(
    "kind",
    ["application/json; charset=UTF-8", "Application/JSON", 'application/json;charset="utf-8"'],
)
def test_the_media_type_may_be_written_otherwise(api: Caller, kind: str) -> None:
    answer = api.post("/v1/check", data=b'{"content":"a"}', content_type=kind)
    assert answer.status_code == 200


@pytest.mark.parametrize("path, most", [("/v1/check", 4 << 20), ("/v1/comments/batch", 8 << 20)])
def test_a_large_body_is_refused_unread(api: Caller, path: str, most: int) -> None:
    body = b'{"content":"' + b"a" * most + b'"}'
    is_problem(api.post(path, data=body, content_type="application/json"), 413, "too-large")
    assert api.stored() == 0


def test_every_field_at_its_bound_is_accepted(api: Caller) -> None:
    sent = {
        "content": "🦉" * 16_384,
        "author": {
            "name": "ж" * 256, "email": "e" * 320, "url": "u" * 2048, "ip": "i" * 64,
            "user_agent": "a" * 512, "role": "r" * 64, "id": "d" * 256,
        },
        "context": ["🦉" * 16_384] * 16,
        "created_at": far(hours=23),
    }  # fmt: skip
    answer = api.post("/v1/check", data=json.dumps(sent), content_type="application/json")
    assert answer.status_code == 200, answer.text
    assert answer.json["content"] == sent["content"]
    read = api.get(f"/v1/comments/{answer.json['id']}").json
    assert (read["author"], read["context"]) == (sent["author"], sent["context"])


def test_a_backslash_before_u0000_is_no_nul(api: Caller) -> None:
    answer = api.post("/v1/check", {"content": "write \\u0000 for NUL"})
    assert answer.json["content"] == "write \\u0000 for NUL"


def test_of_a_field_given_twice_the_last_counts(api: Caller) -> None:
    body = b'{"content":"a","content":"b"}'
    answer = api.post("/v1/check", data=body, content_type="application/json")
    assert answer.json["content"] == "b"


@given(st.dictionaries(st.text(min_size=1, max_size=40), st.integers(), min_size=1, max_size=1))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_pointer_of_any_unknown_field_finds_it(api: Caller, extra: dict[str, int]) -> None:
    name = next(iter(extra))
    if name in ("content", "author", "type", "context", "language", "permalink"):
        return
    answer = api.post("/v1/check?record=false", {"content": "x", **extra})
    pointer = is_problem(answer, 422, "validation")["errors"][0]["pointer"]
    assert pointer[0] == "/"
    assert pointer[1:].replace("~1", "/").replace("~0", "~") == name


@given(st.text(max_size=200))
def test_any_complaint_has_a_pointer(text: str) -> None:
    for message in (text, f"Object contains unknown field `{text}` - at `$.author`"):
        pointer = pointer_of(message)
        assert pointer == "" or pointer.startswith("/")
        assert "~" not in pointer.replace("~0", "").replace("~1", "")
