"""Problem types: every error has one, and the documentation has them all."""

import re
from pathlib import Path

import pytest
from flask import Flask

from moderation.api.kinds import KINDS
from moderation.api.problems import OF_ERROR, of_error
from moderation.domain import errors
from tests.moderation.api.conftest import Caller, is_problem

DOCS = Path(__file__).parents[3] / "docs"


def kinds_of(error: type) -> set[type]:
    return {error, *(k for sub in error.__subclasses__() for k in kinds_of(sub))}


def test_every_domain_error_has_a_problem_type() -> None:
    kinds = {kind for kind in kinds_of(errors.WinnowError) if kind.__module__ == errors.__name__}
    assert set(OF_ERROR) == kinds - {errors.WinnowError}
    assert set(OF_ERROR.values()) <= set(KINDS)
    assert of_error(errors.StoreDown("x")) == "store-down"


def test_the_page_of_problems_is_the_table_in_the_code() -> None:
    rows = re.findall(
        r"^\| `/problems/([\w-]+)` \| (\d+) \| (.+?) \| (.+?) \|$", docs("problems.md"), re.M
    )
    assert rows == [
        (name, str(kind.status), kind.title, kind.meaning) for name, kind in KINDS.items()
    ]


def test_the_page_of_the_api_names_every_call(anyone: Caller) -> None:
    document = anyone.get("/openapi.json").json
    rows = re.findall(r"^\| `(\w+) (/[^`]*)` \| ([^|]+) \| ([^|]+) \|$", docs("api.md"), re.M)
    described = {
        (method.upper(), path): (
            call["summary"],
            ", ".join(re.findall(r"`(\w+)`", call.get("description", ""))) or "none",
        )
        for path, calls in document["paths"].items()
        for method, call in calls.items()
    }
    assert {(m, p): (s.strip(), t.strip().replace("`", "")) for m, p, s, t in rows} == described


@pytest.mark.parametrize("name", KINDS)
def test_a_problem_type_leads_to_its_page(anyone: Caller, name: str) -> None:
    assert KINDS[name].title.replace("'", "&#39;") in anyone.get(f"/problems/{name}").text


def test_what_flask_refuses_is_a_problem_too(app: Flask, anyone: Caller) -> None:
    is_problem(anyone.get("/nowhere"), 404, "not-found")
    is_problem(anyone.get("/problems/nothing"), 404, "not-found")
    answer = anyone("PUT", "/v1/comments")
    is_problem(answer, 405, "method-not-allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST"}
    is_problem(anyone("OPTIONS", "/v1/check"), 405, "method-not-allowed")


def docs(name: str) -> str:
    return (DOCS / name).read_text()
