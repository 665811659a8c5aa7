"""The OpenAPI document is valid, and no request gets an answer that it does not describe."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from openapi_spec_validator import OpenAPIV31SpecValidator, validate
from schemathesis.checks import CHECKS

from moderation.api.problems import KINDS, MEDIA_TYPE
from moderation.flow import setup
from moderation.store import Store
from tests.factories import SITE
from tests.moderation.api.conftest import Caller
from tests.moderation.api.test_tokens import PUBLIC

UNDESCRIBED = PUBLIC - {"/healthz", "/readyz", "/metrics"}


def test_the_document_is_valid(anyone: Caller) -> None:
    document = anyone.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    validate(document, cls=OpenAPIV31SpecValidator)


def test_every_call_is_described(app: Flask, anyone: Caller) -> None:
    paths = anyone.get("/openapi.json").json["paths"]
    for rule in app.url_map.iter_rules():
        if rule.rule in UNDESCRIBED:
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


NAMES = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
]


def operations(app: Flask) -> dict[str, Any]:
    """Every call of the document, as schemathesis sees it."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", app)
    found = (result.ok() for result in schema.get_all_operations())
    return {f"{operation.method.upper()} {operation.path}": operation for operation in found}


def test_no_made_up_request_gets_an_undescribed_answer(app: Flask, store: Store) -> None:
    token = setup.add_token(store, SITE, ("submit", "moderate"), "made up")
    headers = {"Authorization": f"Bearer {token}"}
    checks = CHECKS.get_by_names(NAMES)
    found = operations(app)
    assert len(found) >= 13
    for name, operation in found.items():
        for mode in schemathesis.GenerationMode:
            tried = []

            @settings(
                max_examples=25,
                deadline=None,
                database=None,
                phases=[Phase.explicit, Phase.generate],
                suppress_health_check=list(HealthCheck),
            )
            def call(case: Any, tried: list[int] = tried) -> None:
                answer = case.call(headers=headers)
                tried.append(answer.status_code)
                case.validate_response(answer, checks=checks)

            try:
                schemathesis_given(operation, mode)(call)()
            except schemathesis.errors.SchemathesisError:
                continue
            assert tried, name


def schemathesis_given(operation: Any, mode: schemathesis.GenerationMode) -> Any:
    """Gives a function made-up requests for a call, of one mode."""
    from hypothesis import given

    return given(case=operation.as_strategy(generation_mode=mode))


pytestmark = pytest.mark.timeout(300)
