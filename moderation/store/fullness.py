"""A store that is full: said aloud when it refuses a write, and seen before it does."""

from __future__ import annotations

import logging
import math
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moderation.store.client import Store

log = logging.getLogger(__name__)

SAID_EVERY_SECONDS = 60.0

_said_at = -math.inf


def say(why: str) -> None:
    """Log that the store refused a write, at most once a minute in a process."""
    global _said_at
    now = monotonic()
    if now - _said_at >= SAID_EVERY_SECONDS:
        _said_at = now
        log.error("the store is full (%s) and refuses comments: docs/operating.md", why)


def is_full(store: Store) -> bool:
    """Say whether the store refuses what needs memory or disk, by its own figures."""
    facts = store.facts()
    # As the server itself reckons: buffers of replicas and of its file are not held against it.
    used = facts["used_memory"] - facts.get("mem_not_counted_for_evict", 0)
    most = facts.get("maxmemory", 0)
    return bool(0 < most <= used) or facts.get("aof_last_write_status", "ok") != "ok"
