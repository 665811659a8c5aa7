"""Whether the demo site runs, and what it is told."""

from __future__ import annotations

import socket

import pytest
from msgspec.structs import replace

from moderation.cli import demo, first_run, up
from moderation.settings import Settings
from moderation.store import Store
from tests.conftest import SECRET
from tests.moderation.cli.conftest import Winnow


def test_a_port_that_is_taken_is_no_reason_to_stop(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        at = ("127.0.0.1", taken.getsockname()[1])
        busy = replace(settings, demo_bind=at)
        assert demo.why_not(busy, up.check_port) == "its port is taken"
    own = replace(settings, bind=("127.0.0.1", 8001), demo_bind=("127.0.0.1", 8001))
    assert demo.why_not(own, up.check_port) == "Winnow itself has its port"


def test_it_is_told_its_own_secrets_and_none_of_ours(
    winnow: Winnow, prepared: dict[str, str], settings: Settings, store: Store
) -> None:
    child = demo.child(store, replace(settings, demo_bind=("127.0.0.1", 8001)))
    assert child is not None
    assert child.env["DEMO_TOKEN"] == prepared["api_token"]
    assert child.env["DEMO_SITE"] == "demo"
    assert not [name for name in child.env if name.startswith("WINNOW_")]
    assert SECRET not in str(child.env)
    assert prepared["admin_token"] not in str(child.env)
    first_run.path(settings).unlink()
    assert demo.child(store, replace(settings, demo_bind=("127.0.0.1", 8001))) is None


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, ("127.0.0.1", 8001)),
        ({"WINNOW_DEMO_BIND": "off"}, None),
        ({"WINNOW_DEMO_BIND": "[::1]:9001"}, ("::1", 9001)),
        ({"WINNOW_REDIS_URL": "redis://store:6379/0"}, None),
        ({"WINNOW_REDIS_URL": "redis://store:6379/0", "WINNOW_DEMO_BIND": "127.0.0.1:9001"},
         ("127.0.0.1", 9001)),
    ],
)  # fmt: skip
def test_with_an_outside_store_there_is_one_only_where_it_is_named(
    given: dict[str, str], found: tuple[str, int] | None
) -> None:
    assert Settings.from_env(given).demo_bind == found
