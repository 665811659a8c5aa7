"""The console on an empty server, with two sites and the people who work on them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace
from werkzeug.test import TestResponse

from moderation.app import create_app
from moderation.domain.comments import Comment
from moderation.domain.people import Role
from moderation.flow.comments import draining
from moderation.flow.lookup import find
from moderation.flow.people import passwords
from moderation.flow.runtime import Runtime
from moderation.flow.sites import administering, first_run
from moderation.settings import Settings
from moderation.store import Store, codec, keys, migrations
from tests.factories import SITE, accept, contents, submission, write

OTHER = "other.example"
PASSWORD = "a password of the tests"


class Browser:
    """A person's browser without a script: it keeps cookies and fills the token of forms in."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.client.get(path, **options)

    def token(self) -> str:
        page = self.get("/console/account", follow_redirects=True)
        found = re.search(r'name="csrf-token" content="([^"]+)"', page.text)
        assert found
        return found.group(1)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        fields = {"csrf_token": self.token(), **(data or {})}
        return self.client.post(path, data=fields, **options)

    def log_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        return self.post("/console/login", {"name": name, "password": password})

    def decide(self, comment: Comment, label: str, **options: Any) -> TestResponse:
        path = f"/console/comments/{comment.site}/{comment.id}/decision"
        return self.post(path, {"label": label, "etag": comment.etag}, **options)


@pytest.fixture(autouse=True)
def _passwords_cost_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash passwords as usual, but with less work: dozens are hashed here."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=64))


@pytest.fixture
def app(settings: Settings, store: Store) -> Iterator[Flask]:
    """Return the app of an installation with two sites and nobody in it."""
    migrations.migrate(store, print)
    first_run.use_shipped(store, settings)
    for site in (SITE, OTHER):
        first_run.add_site(store, site)
    made = create_app(settings)
    yield made
    made.extensions["winnow"].close()


@pytest.fixture
def runtime(app: Flask) -> Runtime:
    """Return the app's own state."""
    return app.extensions["winnow"]


@pytest.fixture
def person(app: Flask, store: Store) -> Callable[..., Browser]:
    """Make a person with an account and return their browser, logged in."""

    def make(
        name: str = "ann", role: Role = "moderator", sites: tuple[str, ...] = (SITE,)
    ) -> Browser:
        administering.add_user(store, name, PASSWORD, role, sites)
        browser = Browser(app.test_client())
        assert browser.log_in(name).status_code == 303
        return browser

    return make


@pytest.fixture
def ann(person: Callable[..., Browser]) -> Browser:
    """Return the browser of a moderator of one site."""
    return person()


@pytest.fixture
def anyone(app: Flask) -> Browser:
    """Return the browser of somebody who is not logged in."""
    return Browser(app.test_client())


@pytest.fixture
def hold(runtime: Runtime, store: Store) -> Callable[..., Comment]:
    """Make comments that were scored and are held."""

    def make(
        content: str = "Is this the place for it?", site: str = SITE, **fields: Any
    ) -> Comment:
        administering.change_settings(store, site, held_all)
        (written,) = accept(store, write(submission(content, **fields)), site=site)
        for lane in range(keys.LANES):
            draining.drain_lane(runtime, lane)
        comment = find(runtime, site, codec.id_text(written.id))
        assert comment.status == "held"
        return comment

    return make


def held_all(settings: Any) -> Any:
    """Return settings by which every comment is held."""
    return replace(settings, hold=0.000001, reject=0.999999)


def everything(store: Store) -> bytes:
    """Return every key and value of the store, one after the other."""
    return repr(list(contents(store))).encode()
