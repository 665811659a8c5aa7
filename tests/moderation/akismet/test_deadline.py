"""A client that gives up after one second has its answer, wherever the store stops."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from moderation.domain.sites import SiteSettings
from moderation.flow.runtime import Runtime
from moderation.store import Store, akismet
from tests.clock import Stopwatch
from tests.conftest import Server
from tests.factories import put_settings
from tests.moderation.akismet.conftest import HAM, Client

SECONDS = 0.9
"""Half a second is for waiting for the store; the rest is what this process itself takes."""


def unchanged(store: Store, client: Client) -> None:
    """Leave everything as it was at the last check."""


def tokens_changed(store: Store, client: Client) -> None:
    """Return the key must be looked at anew."""
    akismet.touch(store, [client.site])


def all_changed(store: Store, client: Client) -> None:
    """Have key, settings and learner be read anew."""
    tokens_changed(store, client)
    put_settings(store, client.site, SiteSettings(hold=0.9))
    client.report(("spam", "ham")[client.comments()[0].decision is not None], HAM)


CHANGES = [unchanged, tokens_changed, all_changed]
CALLS: list[dict[str, Any]] = [
    {},
    {"recheck_reason": "recheck_queue"},
    {"recheck_reason": "edit", "content": "Another text", "comment_ID": "7"},
]


@pytest.fixture
def meddle(store: Store) -> Iterator[Store]:
    """Return another connection than the app's, to change what it knows."""
    other = Store.connect(store.url)
    yield other
    other.close()


@pytest.fixture
def trips(
    runtime: Runtime, valkey: Server, meddle: Store
) -> Callable[[Client, dict[str, Any], Callable[[Store, Client], None]], int]:
    """Have the store hang at each trip of a check in turn and return how many trips it makes."""

    def hangs_before(trip: int, client: Client, form: dict[str, Any]) -> bool:
        made = 0

        def before_a_trip() -> None:
            nonlocal made
            made += 1
            if made == trip:
                os.kill(valkey.pid, signal.SIGSTOP)

        runtime.store.on_round_trip = before_a_trip
        try:
            with Stopwatch() as watch:
                answer = client.check(**{"content": HAM, **form})
            assert watch.seconds < SECONDS
        finally:
            os.kill(valkey.pid, signal.SIGCONT)
            runtime.store.on_round_trip = lambda: None
        assert answer.data in (b"true", b"false")
        return made >= trip

    def all_of(client: Client, form: dict[str, Any], change: Any) -> int:
        client.check(HAM, comment_ID="7")
        client.check(HAM, comment_ID="7", recheck_reason="recheck_queue")
        for trip in range(1, 40):
            change(meddle, client)
            if not hangs_before(trip, client, form):
                return trip - 1
        raise AssertionError("it never ends")

    return all_of


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("form", CALLS, ids=["check", "recheck", "edit"])
def test_a_check_is_answered_in_time_wherever_the_store_hangs(
    client: Client, trips: Callable[..., int], form: dict[str, Any], change: Any
) -> None:
    assert trips(client, form, change) >= (1 if form == {} else 3)


def test_a_check_that_counts_for_a_quota_is_answered_in_time_too(
    make_client: Callable[..., Client], trips: Callable[..., int]
) -> None:
    assert trips(make_client(monthly=1000), {}, tokens_changed) > 5
