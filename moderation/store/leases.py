"""Leases: who may do something now, by a token that only the holder knows, until it runs out."""

from __future__ import annotations

from typing import Literal

from moderation.store.client import Store
from moderation.store.faults import store_errors

What = Literal["claim", "keep", "release", "hand over"]


def lease(store: Store, name: str, what: What, token: str, lease_ms: int) -> bool:
    """Take, keep, give back or hand over the lease of this name; False where another holds it.

    What is handed over is free for the next who claims it, and stands until then as a sign that
    there is something to do.
    """
    return bool(store.run("lease", [name], [what, token, lease_ms]))


def left_ms(store: Store, name: str) -> int:
    """Return how long the lease of this name still holds, 0 where nobody has it."""
    with store_errors():
        return max(0, int(store.redis.pttl(name)))


def is_held(store: Store, name: str) -> bool:
    """Say whether somebody holds the lease of this name, or died holding it a moment ago."""
    with store_errors():
        return bool(store.redis.exists(name))
