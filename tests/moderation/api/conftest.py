"""The web app on an empty server, with one site and whoever may call it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace
from werkzeug.test import TestResponse

from moderation.app import create_app
from moderation.domain.accounts import Scope
from moderation.flow.comments import draining
from moderation.flow.opening import open_runtime
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import Store, keys, migrations
from tests.factories import SITE
from tests.webserver import Site


class Caller:
    """Calls the API with one token; `''` sends none."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self._client = client
        self.token = token

    def __call__(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = dict(options.pop("headers", {}))
        if self.token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        return self._client.open(path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> TestResponse:
        if json is not None:
            options["json"] = json
        return self("POST", path, **options)

    def delete(self, path: str, **options: Any) -> TestResponse:
        return self("DELETE", path, **options)

    def decide(self, comment: dict[str, Any], label: str, etag: str) -> TestResponse:
        """Decide a comment as seen under an ETag."""
        path = f"/v1/comments/{comment['id']}/decision"
        return self.post(path, {"label": label}, headers={"If-Match": etag})

    def stored(self) -> int:
        """Return how many comments the caller's site has."""
        return len(self.get("/v1/comments?limit=100").json["data"])


@pytest.fixture
def app(settings: Settings, store: Store) -> Iterator[Flask]:
    """Return the app of an installation with two sites, set up without the slow hash of a
    password.
    """
    migrations.migrate(store, print)
    first_run.use_shipped(store, settings)
    for site in (SITE, "other.example", first_run.DEMO_SITE):
        first_run.add_site(store, site)
    made = create_app(settings)
    yield made
    made.extensions["winnow"].close()


@pytest.fixture
def runtime(app: Flask) -> Runtime:
    """Return the app's own state."""
    return app.extensions["winnow"]


@pytest.fixture
def caller(app: Flask, store: Store) -> Callable[..., Caller]:
    """Make callers with a token of some scopes."""

    def make(*scopes: Scope, site: str = SITE, per_minute: int = 0) -> Caller:
        token = first_run.add_token(store, site, scopes, "test", per_minute)
        return Caller(app.test_client(), token)

    return make


@pytest.fixture
def api(caller: Callable[..., Caller]) -> Caller:
    """Return a caller that may submit and moderate."""
    return caller("submit", "moderate")


@pytest.fixture
def admin(caller: Callable[..., Caller]) -> Caller:
    """Return a caller with a token of the installation."""
    return caller("admin", site="")


@pytest.fixture
def anyone(app: Flask) -> Caller:
    """Return a caller without a token."""
    return Caller(app.test_client(), "")


@pytest.fixture
def receiver() -> Iterator[Site]:
    """Return a web server on loopback, which no setting allows."""
    made = Site()
    yield made
    made.close()


@pytest.fixture
def worker(settings: Settings, api: Caller) -> Iterator[Runtime]:
    """Return another process, which may call this machine."""
    opened = open_runtime(replace(settings, outbound_allow=("127.0.0.0/8",)))
    yield opened
    opened.close()


@pytest.fixture
def work(settings: Settings, app: Flask) -> Iterator[Callable[[], int]]:
    """Do what a worker does when it is rung for: scores what waits."""
    own = open_runtime(settings)
    yield lambda: draining.drain_lane(own, keys.shard_of(SITE) % keys.LANES)
    own.close()


def is_problem(answer: TestResponse, status: int, name: str) -> dict[str, Any]:
    """Assert that an answer is a problem of a type and return it."""
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    problem = answer.json
    assert problem["type"] == f"/problems/{name}"
    assert problem["status"] == status
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    return problem
