"""Null for an optional field is the same as leaving it out, for every field of every body."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moderation.api import body
from moderation.api.decisions import NewDecision, Undo
from moderation.api.labels import LabelledComment
from moderation.domain.comments import Author, Submission
from tests.moderation.api.conftest import Caller, is_problem

GIVEN: dict[str, Any] = {
    "content": "Hello", "label": "ham", "author": {"name": "Ada"}, "form_ms": 1200,
    "created_at": "2026-11-02T10:00:00+01:00", "context": ["An article"], "honeypot": "x",
}  # fmt: skip


def optional(kind: type[msgspec.Struct]) -> list[str]:
    """Return the names of the fields of a body that may be left out."""
    return [f.encode_name for f in msgspec.structs.fields(kind) if not f.required]


@pytest.mark.parametrize("name", optional(Submission))
def test_any_field_of_a_comment_may_be_null(api: Caller, name: str) -> None:
    answer = api.post("/v1/check?record=false", {"content": "Hello", name: None})
    assert answer.status_code == 200, answer.json
    left_out = api.post("/v1/check?record=false", {"content": "Hello"}).json
    times = ("created_at", "updated_at")
    assert {k: v for k, v in answer.json.items() if k not in times} == {
        k: v for k, v in left_out.items() if k not in times
    }


@pytest.mark.parametrize("name", optional(Author))
def test_any_field_of_an_author_may_be_null(api: Caller, name: str) -> None:
    sent = {"content": "Hello", "author": {"name": "Ada", "url": "https://ada.example", name: None}}
    answer = api.post("/v1/check", sent)
    assert answer.status_code == 200, answer.json
    assert name not in answer.json["author"]


@pytest.mark.parametrize("name", optional(LabelledComment))
def test_any_optional_field_of_a_label_may_be_null(api: Caller, name: str) -> None:
    sent = {"content": "Hello", "label": "spam", name: None}
    assert api.post("/v1/labels", sent).status_code == 200
    assert [item["code"] for item in api.post("/v1/labels", [sent, sent]).json] == [200, 200]


def test_decisions_take_null(api: Caller) -> None:
    comment = api.post("/v1/check", {"content": "Hello"}).json
    path, headers = f"/v1/comments/{comment['id']}/decision", {"If-Match": "*"}
    decided = {"label": "spam"} | dict.fromkeys(optional(NewDecision))
    assert api.post(path, decided, headers=headers).status_code == 200
    undone = dict.fromkeys(optional(Undo))
    assert api.post(f"{path}/undo", undone, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"content": None}, "/content"),
        ({"content": "a", "context": [None]}, "/context/0"),
        ({"content": "a", "colour": None}, "/colour"),
        ({"content": "a", "author": {"name": 3, "url": None}}, "/author/name"),
        ({"content": "a", "permalink": None, "created_at": "yesterday"}, "/created_at"),
    ],
)
def test_what_must_be_there_may_not_be_null(api: Caller, sent: Any, pointer: str) -> None:
    answer = api.post("/v1/check", sent)
    is_problem(answer, 422, "validation")
    assert answer.json["errors"][0]["pointer"] == pointer


@given(st.sets(st.sampled_from(optional(LabelledComment))), st.sampled_from(optional(Author)))
def test_the_rest_is_read_as_without_nulls(names: set[str], of_author: str) -> None:
    reader = body.Reader(LabelledComment)
    now = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)
    plain = {k: v for k, v in GIVEN.items() if k not in names}
    sent = {**GIVEN, **dict.fromkeys(names)}
    if "author" not in names:
        plain["author"] = {k: v for k, v in GIVEN["author"].items() if k != of_author}
        sent["author"] = {**GIVEN["author"], of_author: None}
    assert reader.one(msgspec.json.encode(sent), now) == reader.one(msgspec.json.encode(plain), now)
