"""What a call is answered whose body is not there, by each protocol in its way."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from moderation.server.service import MissingBody
from moderation.settings import Settings
from tests.moderation.api.conftest import Caller


def answer(app: Flask, path: str, reason: Any, **options: Any) -> tuple[int, Any, bytes]:
    """Return status, headers and body of a call whose body is not there."""
    environ = EnvironBuilder(path, method="POST", **options).get_environ()
    environ["wsgi.input"] = MissingBody(reason)
    environ["wsgi.input_terminated"] = True
    body, status, headers = run_wsgi_app(app.wsgi_app, environ)
    return int(status.split()[0]), headers, b"".join(body)


@pytest.mark.parametrize(
    "reason, status, name",
    [
        ("slow", 408, "request-timeout"),
        ("late", 408, "request-timeout"),
        ("crowded", 503, "too-busy"),
        ("unasked", 503, "too-busy"),
        ("large", 413, "too-large"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/check", "/v1/comments/batch", "/v1/comments/X/decision"])
def test_the_api_answers_by_a_problem(
    app: Flask, api: Caller, path: str, reason: str, status: int, name: str
) -> None:
    headers = {"Authorization": f"Bearer {api.token}", "If-Match": "*"}
    found, sent, body = answer(app, path, reason, headers=headers, content_type="application/json")
    problem = json.loads(body)
    assert (found, problem["type"]) == (status, f"/problems/{name}")
    assert sent["Content-Type"] == "application/problem+json"
    assert problem["request_id"] == sent["X-Request-Id"]
    assert ("Retry-After" in sent) == (status == 503)
    assert api.stored() == 0


def test_who_has_no_token_hears_that_first(app: Flask) -> None:
    found, _, body = answer(app, "/v1/check", "slow", content_type="application/json")
    assert (found, json.loads(body)["type"]) == (401, "/problems/unauthorised")


@pytest.mark.parametrize("reason", ["slow", "late", "crowded", "unasked", "large"])
@pytest.mark.parametrize("path", ["/1.1/comment-check", "/1.1/verify-key", "/1.1/submit-spam"])
def test_akismet_answers_that_it_failed(app: Flask, path: str, reason: str) -> None:
    found, sent, body = answer(app, f"{path}?api_key=aaaaaaaaaaaa&blog=x.example", reason)
    assert (found, body) == (413 if reason == "large" else 200, b"failed")
    assert sent["X-akismet-debug-help"]


def test_a_form_of_a_page_is_answered_too(app: Flask, settings: Settings) -> None:
    # There is a box to try the filter where the store is the embedded one.
    settings.data.mkdir(exist_ok=True)
    (settings.data / "run.json").write_text(json.dumps({"redis_url": settings.redis_url}))
    found, _, body = answer(
        app, "/", "slow", headers={"Sec-Fetch-Site": "same-origin"}, base_url="http://localhost",
        content_type="application/x-www-form-urlencoded",
    )  # fmt: skip
    assert (found, json.loads(body)["type"]) == (408, "/problems/request-timeout")
