"""What guards every page: headers, the token of forms, bounded and honest errors."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from moderation.console import screens
from tests.moderation.console.conftest import Browser

PAGES = ["login", "review", "queue", "spam", "decisions", "account", "comments/no/such", "audit"]


@pytest.mark.parametrize("page", PAGES)
def test_every_answer_carries_the_headers(ann: Browser, page: str) -> None:
    answer = ann.get(f"/console/{page}")
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy and "http" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Cache-Control"] == "no-store"


def posts(app) -> list[str]:
    return [
        rule.rule.replace("<site>", "blog.example").replace(
            "<comment_id>", "01ARZ3NDEKTSV4RRFFQ69G5FAV"
        )
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("console.") and "POST" in (rule.methods or ())
    ]


def test_no_form_is_taken_without_its_token(
    person: Callable[..., Browser], anyone: Browser, app
) -> None:
    ann = person("ann", "administrator")
    assert len(posts(app)) > 8
    other = anyone.token()
    for path in posts(app):
        for fields in ({}, {"csrf_token": "x"}, {"csrf_token": other}):
            answer = ann.client.post(path, data=fields)
            assert answer.status_code == 400, path
            assert "open for too long" in answer.text
    assert ann.get("/console/review").status_code == 200


def test_no_form_is_taken_from_somebody_who_is_not_logged_in(anyone: Browser, app) -> None:
    for path in posts(app):
        if path != "/console/login":
            answer = anyone.post(path)
            assert (answer.status_code, answer.headers["Location"]) == (303, "/console/login"), path


def test_a_script_is_told_by_json(anyone: Browser, ann: Browser) -> None:
    asks = {"headers": {"Accept": "application/json"}}
    assert anyone.get("/console/review", **asks).status_code == 401
    answer = ann.get("/console/comments/no/such", **asks)
    assert answer.status_code == 404 and answer.json["error"]


def test_a_page_that_stays_open_is_led_to_log_in_and_never_filled_with_it(anyone: Browser) -> None:
    answer = anyone.get("/console/review/counts", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/console/login")
    assert answer.data == b""


def test_counts_that_did_not_change_cost_no_bytes(ann: Browser, hold) -> None:
    first = ann.get("/console/review/counts")
    again = {"headers": {"If-None-Match": first.headers["ETag"]}}
    assert ann.get("/console/review/counts", **again).status_code == 304
    hold()
    assert ann.get("/console/review/counts", **again).text == "1"


def test_an_unexpected_error_says_so_and_repeats_nothing(
    ann: Browser, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("secret words")

    monkeypatch.setattr(screens.entering, "chosen_sites", broken)
    answer = ann.get("/console/review?site=secret")
    assert answer.status_code == 500
    assert "Something went wrong in Winnow" in answer.text
    assert "secret" not in answer.text.replace("/console/review?site=secret", "")
    assert "secret words" not in caplog.text and answer.headers["X-Request-Id"] in caplog.text
