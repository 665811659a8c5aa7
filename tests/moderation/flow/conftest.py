"""A runtime on the empty server, with a site and a token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from moderation.flow import setup
from moderation.flow.authorise import Grant, authorise
from moderation.flow.runtime import Runtime
from moderation.settings import Settings
from tests.factories import SITE


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    """Return a process's view of an installation that has just been set up, with one site."""
    setup.add_site(runtime.store, SITE)
    return runtime


@pytest.fixture
def other(settings: Settings, runtime: Runtime) -> Iterator[Runtime]:
    """Return a second process's view of the same installation."""
    opened = Runtime.open(settings)
    yield opened
    opened.close()


@pytest.fixture
def bearer(runtime: Runtime) -> str:
    """Return a token of the site that may submit and moderate."""
    return setup.add_token(runtime.store, SITE, ("submit", "moderate"), "test")


@pytest.fixture
def grant(runtime: Runtime, bearer: str) -> Grant:
    """Return the token's grant."""
    return authorise(runtime, bearer, "submit")
