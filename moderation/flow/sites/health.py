"""Whether the installation can serve, how much waits, and what it did today."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Literal

from msgspec import Struct

from moderation.domain.errors import StoreDown, StoreFull
from moderation.flow import secret
from moderation.flow.comments import reading
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import looking, schema, sites
from moderation.store.comments import counting, inbox


class Queue(Struct, frozen=True):
    """Comments that wait for a verdict, and the age of the oldest in seconds (0: none waits)."""

    depth: int
    oldest_seconds: float


def ready(runtime: Runtime) -> None:
    """Return if the store has the layout that this version writes and takes new comments.

    Raises:
        StoreDown: it does not answer, is full, or refuses writes as a replica does.
        SchemaMismatch: another version wrote it.
        SecretMismatch: it was written under another secret.
    """
    schema.check(runtime.store)
    secret.check(runtime.store, runtime.secret)
    try:
        runtime.store.check_writes()
    except StoreFull as error:
        raise StoreDown(str(error)) from error


def writes(runtime: Runtime) -> Literal["taken", "full", "refused"]:
    """Say whether the store takes new comments, each of its servers; `full` is for want of memory
    or disk."""
    try:
        runtime.store.check_all_write()
    except StoreFull:
        return "full"
    except StoreDown:
        return "refused"
    return "taken"


def queue(runtime: Runtime) -> Queue:
    """Return what waits in all inboxes, in four round trips."""
    depth = inbox.depth(runtime.store, sites.names(runtime.store))
    oldest = inbox.oldest_ms(runtime.store) if depth else None
    age = 0.0 if oldest is None else max(0, now_ms() - oldest) / 1000
    return Queue(depth, age)


def gauges(runtime: Runtime) -> dict[str, int]:
    """Return what is measured now and then: comments that wait for a verdict, the age of the oldest
    of them in milliseconds, comments that wait for a person."""
    waiting = queue(runtime)
    held, _ = looking.count_held(runtime.store, sites.names(runtime.store))
    return {
        "waiting": waiting.depth, "oldest": int(1000 * waiting.oldest_seconds), "held": held,
    }  # fmt: skip


class Today(Struct, frozen=True):
    """Counts of all sites since midnight UTC: comments, verdicts and decisions."""

    comments: int
    statuses: dict[str, int]
    decided_by: dict[str, int]
    decisions: dict[str, int]


def today(runtime: Runtime) -> Today:
    """Return what happened today on all sites, in two round trips."""
    day = dt.datetime.now(dt.UTC).date().isoformat()
    comments = 0
    statuses: Counter[str] = Counter()
    decided_by: Counter[str] = Counter()
    decisions: Counter[str] = Counter()
    names = sites.names(runtime.store)
    for found in counting.counters_of_day(runtime.store, names, day):
        counts = reading.counted(day, found)
        comments += counts.comments
        statuses.update(counts.statuses)
        decided_by.update(counts.decided_by)
        decisions.update(counts.decisions)
    return Today(comments, statuses, decided_by, decisions)
