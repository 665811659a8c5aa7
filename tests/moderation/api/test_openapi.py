"""The OpenAPI document is valid, and no request gets an answer that it does not describe."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from moderation.api.kinds import KINDS
from moderation.api.problems import MEDIA_TYPE
from moderation.flow.sites import first_run
from moderation.store import Store
from tests.factories import SITE
from tests.moderation.api.conftest import Caller
from tests.moderation.api.test_tokens import ELSEWHERE, PUBLIC

UNDESCRIBED = PUBLIC - {"/healthz", "/readyz", "/metrics"}


def test_the_document_is_valid(anyone: Caller) -> None:
    document = anyone.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    validate(document, cls=OpenAPIV31SpecValidator)


def test_every_call_is_described(app: Flask, anyone: Caller) -> None:
    paths = anyone.get("/openapi.json").json["paths"]
    for rule in app.url_map.iter_rules():
        if rule.rule in UNDESCRIBED or rule.endpoint.startswith(ELSEWHERE):
            continue
        path = paths[rule.rule.replace("<", "{").replace(">", "}")]
        for method in (rule.methods or set()) - {"HEAD"}:
            call = path[method.lower()]
            assert ("security" in call) == (rule.rule not in PUBLIC)
            for status, answer in call["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == [MEDIA_TYPE]
                    assert int(status) in {kind.status for kind in KINDS.values()}


def test_bounds_of_the_schema_are_those_that_are_enforced(anyone: Caller) -> None:
    schemas = anyone.get("/openapi.json").json["components"]["schemas"]
    content = schemas["Submission"]["properties"]["content"]
    assert (content["minLength"], content["maxLength"]) == (1, 65_536)
    assert schemas["Submission"]["required"] == ["content"]
    assert schemas["Submission"]["additionalProperties"] is False


def fields(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every field of what is sent and answered, and every parameter, with where it is."""
    for name, schema in document["components"]["schemas"].items():
        for field, one in schema["properties"].items():
            yield f"{name}.{field}", one
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            for one in call["parameters"]:
                yield f"{method} {path} {one['name']}", {**one["schema"], **one}


def test_every_field_says_in_a_sentence_what_it_is(anyone: Caller) -> None:
    document = anyone.get("/openapi.json").json
    said = {where: one.get("description", "") for where, one in fields(document)}
    assert len(said) > 300
    assert {w for w, text in said.items() if not re.fullmatch(r"[A-Z0-9`].{2,}\.", text)} == set()


def test_no_default_makes_a_field_one_that_must_be_sent(anyone: Caller) -> None:
    document = anyone.get("/openapi.json").json
    assert [where for where, one in fields(document) if "default" in one] == []
    settings = document["components"]["schemas"]["SiteSettings"]
    assert settings["required"] == []
    assert "Left out: `0.02`." in settings["properties"]["audit_share"]["description"]


def test_an_answer_names_as_required_what_it_always_has(anyone: Caller, app: Flask) -> None:
    schemas = anyone.get("/openapi.json").json["components"]["schemas"]
    comment = schemas["Comment"]
    assert {"id", "verdict", "decision", "created_at"} <= set(comment["required"])
    for name in set(comment["properties"]) - set(comment["required"]):
        one = comment["properties"][name]
        assert "absent" in one["description"] and "anyOf" not in one, name
    assert set(schemas["Decision"]["required"]) == set(schemas["Decision"]["properties"])
    whole = ("SettingsOut", "RetentionOut", "Report", "Flip", "Job", "Verdict")
    for name in whole:
        assert set(schemas[name]["required"]) == set(schemas[name]["properties"]), name


def test_times_have_their_format_and_bytes_are_said_in_words(anyone: Caller) -> None:
    document = anyone.get("/openapi.json").json
    named = re.compile(r"(_at|\.at|\.since|\.until)$")
    times = {where: one for where, one in fields(document) if named.search(where)}
    assert len(times) > 25
    for where, one in times.items():
        options = one.get("anyOf", [one])
        assert options[0]["format"] == "date-time", where
    schemas = document["components"]["schemas"]
    assert schemas["DayCounts"]["properties"]["day"]["format"] == "date"
    assert "65,536 bytes of UTF-8" in schemas["Submission"]["properties"]["content"]["description"]
    check = document["paths"]["/v1/check"]["post"]["requestBody"]
    assert check["description"] == "At most 4 MiB (4,194,304 bytes)."


def test_values_of_a_choice_have_their_type(anyone: Caller) -> None:
    schemas = anyone.get("/openapi.json").json["components"]["schemas"]
    assert schemas["Comment"]["properties"]["status"]["type"] == "string"
    assert schemas["Verdict"]["properties"]["band"]["anyOf"][0]["type"] == "string"


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


def operations(app: Flask) -> dict[str, Any]:
    """Return every call of the document, as schemathesis sees it."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    found = (result.ok() for result in schema.get_all_operations())
    return {f"{operation.method.upper()} {operation.path}": operation for operation in found}


Seed = Callable[[], tuple[dict[str, str], dict[str, str]]]
"""Makes what a request is to name; returns path parameters and headers."""


def attack(
    operation: Any,
    mode: schemathesis.GenerationMode,
    headers: dict[str, str],
    seed: Seed = lambda: ({}, {}),
) -> list[int]:
    """Send made-up requests, checks every answer and return the statuses."""
    statuses: list[int] = []

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=20,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def call(case: Any) -> None:
        named, more = seed()
        case.path_parameters = {**(case.path_parameters or {}), **named}
        answer = case.call(headers=headers | more)
        statuses.append(answer.status_code)
        case.validate_response(answer, checks=CHECKS)

    call()
    return statuses


@pytest.mark.timeout(300)
def test_no_made_up_request_gets_an_undescribed_answer(app: Flask, store: Store) -> None:
    of_site = first_run.add_token(store, SITE, ("submit", "moderate"), "made up")
    of_all = first_run.add_token(store, "", ("admin",), "made up")
    found = operations(app)
    assert len(found) >= 17
    accepted = 0
    for name, operation in found.items():
        token = of_all if "`admin`" in operation.definition.raw.get("description", "") else of_site
        headers = {"Authorization": f"Bearer {token}"}
        statuses = attack(operation, schemathesis.GenerationMode.POSITIVE, headers)
        accepted += any(status < 300 for status in statuses)
        assert statuses, name
        try:
            attack(operation, schemathesis.GenerationMode.NEGATIVE, headers)
        except Unsatisfiable:
            # Without parameters and body there is nothing to get wrong.
            assert not operation.body and not operation.query
    # The rest name comments that are not there.
    assert accepted >= 6


@pytest.mark.timeout(300)
def test_answers_about_comments_that_are_there_are_described(
    app: Flask, store: Store, caller: Callable[..., Caller]
) -> None:
    api = caller("submit", "moderate")
    numbers = itertools.count()

    def seed(decided: bool, stale: bool) -> tuple[dict[str, str], dict[str, str]]:
        comment = api.post("/v1/check", {"content": f"Number {next(numbers)}"}).json
        if decided:
            assert api.decide(comment, "spam", '"1-0"').status_code == 200
        etag = f'"1-{int(decided) + int(stale)}"'
        return {"comment_id": comment["id"]}, {"If-Match": etag}

    headers = {"Authorization": f"Bearer {api.token}"}
    about = {name: op for name, op in operations(app).items() if "{comment_id}" in name}
    expected = {
        "GET /v1/comments/{comment_id}": (200, 200),
        "DELETE /v1/comments/{comment_id}": (204, 204),
        "POST /v1/comments/{comment_id}/decision": (200, 412),
        "POST /v1/comments/{comment_id}/decision/undo": (200, 412),
    }
    assert set(about) == set(expected)
    for name, operation in about.items():
        for stale in (False, True):
            made = partial(seed, name.endswith("undo"), stale)
            statuses = attack(operation, schemathesis.GenerationMode.POSITIVE, headers, made)
            assert expected[name][stale] in statuses, name
