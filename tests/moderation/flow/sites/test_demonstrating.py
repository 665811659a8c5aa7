"""The demo site's webhook: made once, moved with its address, and the only way to loopback."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from moderation.domain.webhooks import EVENTS
from moderation.flow.people.links import OPERATOR
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sites import demonstrating, first_run
from moderation.flow.webhooks import endpoints, sending
from moderation.settings import Settings
from moderation.store import sites
from tests.factories import SITE


@pytest.fixture
def shown(settings: Settings) -> Settings:
    """Return settings with a demo site."""
    return replace(settings, demo_bind=("127.0.0.1", 8001))


def test_it_is_made_once_and_moves_with_the_address(
    runtime: Runtime, bearer: str, shown: Settings
) -> None:
    store = runtime.store
    first = demonstrating.prepare(store, shown, bearer)
    assert first is not None
    assert first[0] == SITE
    assert demonstrating.prepare(store, shown, bearer) == first
    moved = replace(shown, demo_bind=("127.0.0.1", 9001))
    assert demonstrating.prepare(store, moved, bearer) == first
    ((webhook, _),) = endpoints.of_site(store, SITE)
    assert webhook.url == "http://127.0.0.1:9001/winnow-webhook"


def test_without_its_token_or_its_site_there_is_none(
    runtime: Runtime, bearer: str, shown: Settings
) -> None:
    moderator = first_run.add_token(runtime.store, SITE, ("moderate",), "other")
    for token in ("wnw_unknown", moderator):
        assert demonstrating.prepare(runtime.store, shown, token) is None
    sites.retire(runtime.store, SITE, now_ms())
    assert demonstrating.prepare(runtime.store, shown, bearer) is None


@pytest.mark.parametrize(
    ("bound", "url", "is_let_through"),
    [
        (("127.0.0.1", 8001), "http://127.0.0.1:8001/x", True),
        (("0.0.0.0", 8001), "http://localhost:8001/x", True),
        (("::1", 8001), "http://[::1]:8001/x", True),
        (("127.0.0.1", 8001), "http://127.0.0.1:8002/x", False),
        (("127.0.0.1", 8001), "http://127.0.0.1/x", False),
        (("127.0.0.1", 8001), "http://127.0.0.1:8001@10.0.0.1/x", False),
        (("127.0.0.1", 8001), "http://127.0.0.2:8001/x", False),
        (None, "http://127.0.0.1:8001/x", False),
    ],
)
def test_its_address_alone_is_let_through(
    settings: Settings, bound: tuple[str, int] | None, url: str, is_let_through: bool
) -> None:
    allowed = sending.allowed_for(replace(settings, demo_bind=bound), url)
    assert bool(allowed) is is_let_through


def test_a_webhook_of_somebody_else_is_left_alone(
    runtime: Runtime, bearer: str, shown: Settings
) -> None:
    store, url = runtime.store, "https://blog.example/hook"
    endpoints.make(store, runtime.secret, SITE, url, EVENTS, OPERATOR)
    demonstrating.prepare(store, shown, bearer)
    assert [one.url for one, _ in endpoints.of_site(store, SITE)] == [
        url, "http://127.0.0.1:8001/winnow-webhook",
    ]  # fmt: skip
