"""Workers and beat as processes of their own, and who submits to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from moderation.cli import services
from moderation.flow.authorise import Grant, authorise
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from tests.processes import Running

Part = Callable[..., Running]


@pytest.fixture
def start(settings: Settings) -> Iterator[Part]:
    """Start worker or beat with the test's settings."""
    running: list[Running] = []

    def start(argv: list[str], **more: str) -> Running:
        running.append(Running(argv, services.environment(settings) | more))
        return running[-1]

    yield start
    for process in running:
        process.end()


@pytest.fixture
def grant(runtime: Runtime) -> Grant:
    """Leave to submit for the demo site."""
    made = first_run.new_credentials(runtime.settings)
    first_run.first_run(runtime.store, runtime.settings, made)
    return authorise(runtime, made.api_token, "submit")
