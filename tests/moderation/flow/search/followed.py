"""Comments that an index follows, and the wait until it has them."""

from __future__ import annotations

from typing import Any

import pytest

from moderation.flow.authorise import Grant
from moderation.flow.comments import draining, submitting
from moderation.flow.runtime import Runtime
from moderation.flow.search import following
from moderation.settings import Settings
from moderation.store import keys
from tests.factories import submission
from tests.moderation.flow.search.conftest import Follower, Search
from tests.processes import until

SECONDS = 30.0
"""Most that is waited; each wait ends as soon as what it waits for is there."""


def send(runtime: Runtime, grant: Grant, *contents: str, **fields: Any) -> list[str]:
    """Submit comments, have them scored, and return their ids."""
    sent = [submission(content, **fields) for content in contents]
    ids = [comment.id for comment in submitting.submit(runtime, grant, sent)]
    draining.drain_lane(runtime, keys.shard_of(grant.site) % keys.LANES)
    return ids


def running(settings: Settings, patched: pytest.MonkeyPatch, erased_ms: int = 0) -> Follower:
    """Start what keeps the index: it looks for what expired at once, and makes the index anew
    `erased_ms` after something was deleted (0: in a day)."""
    patched.setattr(following, "EXPIRED_SECONDS", 0.1)
    if erased_ms:
        patched.setattr(following, "ERASED_MS", erased_ms)
    return Follower(settings)


def finds(search: Search, text: str, ids: list[str], **more: Any) -> None:
    """Wait, for as long as the index may be behind, until exactly these are found by it."""

    def found() -> bool:
        page = search(text, **more)
        return page.how == "index" and sorted(c.id for c in page.comments) == sorted(ids)

    until(found, SECONDS, lambda: f"{search(text, **more)}")
