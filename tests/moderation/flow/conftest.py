"""A runtime on the empty server, with a site and a token."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from moderation.flow.authorise import Grant, authorise
from moderation.flow.opening import open_runtime
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from tests.factories import SITE


@pytest.fixture
def runtime(runtime: Runtime) -> Runtime:
    """Return a process's view of an installation that has just been set up, with one site."""
    first_run.add_site(runtime.store, SITE)
    return runtime


@pytest.fixture
def other(settings: Settings, runtime: Runtime) -> Iterator[Runtime]:
    """Return a second process's view of the same installation."""
    opened = open_runtime(settings)
    yield opened
    opened.close()


@pytest.fixture
def bearer(runtime: Runtime) -> str:
    """Return a token of the site that may submit and moderate."""
    return first_run.add_token(runtime.store, SITE, ("submit", "moderate"), "test")


@pytest.fixture
def grant(runtime: Runtime, bearer: str) -> Grant:
    """Return the token's grant."""
    return authorise(runtime, bearer, "submit")
