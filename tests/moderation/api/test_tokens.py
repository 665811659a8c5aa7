"""Every call needs a token with the right scope, but for a list of public ones."""

from collections.abc import Callable

import pytest
from flask import Flask

from moderation.flow.authorise import authorise
from moderation.store import Store, sites
from tests.factories import SITE
from tests.moderation.api.conftest import Caller, is_problem

PUBLIC = {
    "/", "/demo", "/docs", "/openapi.json", "/problems", "/problems/<name>", "/favicon.ico",
    "/assets/<path:filename>",
    "/healthz", "/readyz", "/metrics",
}  # fmt: skip

# The Akismet protocol has keys, the console has people; their own tests say who gets in.
ELSEWHERE = ("akismet", "console")

COMMENT = {"content": "Hello"}
ID = "01M81Q1142C3EYPAKXTQDKFX9P"


def calls(app: Flask) -> list[tuple[str, str]]:
    """Return every method and path of the app that is not public."""
    return [
        (
            method,
            rule.rule.replace("<comment_id>", ID)
            .replace("<job_id>", ID)
            .replace("<name>", "made-1"),
        )
        for rule in app.url_map.iter_rules()
        if rule.rule not in PUBLIC and not rule.endpoint.startswith(ELSEWHERE)
        for method in (rule.methods or set()) - {"HEAD"}
    ]


def test_every_call_that_is_not_public_wants_a_token(app: Flask, anyone: Caller) -> None:
    assert len(calls(app)) >= 10
    for method, path in calls(app):
        answer = anyone(method, path)
        is_problem(answer, 401, "unauthorised")
        assert answer.headers["WWW-Authenticate"].startswith("Bearer"), (method, path)


def test_every_call_that_is_not_public_wants_a_scope(
    app: Flask, caller: Callable[..., Caller]
) -> None:
    admin = caller("admin")
    for method, path in calls(app):
        is_problem(admin(method, path), 403, "forbidden")


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/v1/comments"), ("GET", "/v1/stats"), ("POST", "/v1/labels"),
        ("DELETE", "/v1/comments/x"), ("POST", "/v1/comments/x/decision"),
        ("POST", "/v1/comments/x/decision/undo"),
    ],
)  # fmt: skip
def test_who_may_only_submit_may_not_moderate(
    caller: Callable[..., Caller], method: str, path: str
) -> None:
    is_problem(caller("submit")(method, path), 403, "forbidden")


@pytest.mark.parametrize("path", ["/v1/check", "/v1/comments", "/v1/comments/batch"])
def test_who_may_only_moderate_may_not_submit(caller: Callable[..., Caller], path: str) -> None:
    is_problem(caller("moderate").post(path, COMMENT), 403, "forbidden")


@pytest.mark.parametrize("scope", ["submit", "moderate"])
def test_both_may_read_a_comment(api: Caller, caller: Callable[..., Caller], scope: str) -> None:
    path = api.post("/v1/check", COMMENT).json["id"]
    assert caller(scope).get(f"/v1/comments/{path}").status_code == 200


@pytest.mark.parametrize("header", ["Basic wnw_x", "Bearer", "Bearer wnw_unknown", "wnw_x"])
def test_a_token_that_is_unknown_or_sent_otherwise_is_refused(anyone: Caller, header: str) -> None:
    answer = anyone.post("/v1/check", COMMENT, headers={"Authorization": header})
    is_problem(answer, 401, "unauthorised")


def test_a_revoked_token_is_refused_at_its_next_call(
    app: Flask, api: Caller, store: Store, runtime
) -> None:
    assert api.post("/v1/check", COMMENT).status_code == 200
    grant = authorise(runtime, api.token, "submit")
    sites.revoke_token(store, grant.digest, SITE)
    for path in ("/v1/check", "/v1/comments"):
        is_problem(api.post(path, COMMENT), 401, "unauthorised")
    lines = b'{"content":"a","label":"ham"}'
    answer = api.post("/v1/labels", data=lines, content_type="application/json")
    is_problem(answer, 401, "unauthorised")


def test_another_sites_comment_is_not_there(api: Caller, caller: Callable[..., Caller]) -> None:
    stranger = caller("submit", "moderate", site="other.example")
    comment = api.post("/v1/check", COMMENT).json
    path = f"/v1/comments/{comment['id']}"
    is_problem(stranger.get(path), 404, "not-found")
    is_problem(stranger.delete(path), 404, "not-found")
    is_problem(stranger.decide(comment, "spam", '"1-0"'), 404, "not-found")
    undo = stranger.post(f"{path}/decision/undo", headers={"If-Match": '"1-0"'})
    is_problem(undo, 404, "not-found")
    assert stranger.stored() == 0
    assert api.get(path).json["decision"] is None
