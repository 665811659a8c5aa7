"""What a candidate would have said of live comments: counts, and the newest disagreements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import Struct

from moderation.domain.reports import Disagreement
from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

LISTED = 100
"""Disagreements of each direction that are listed, the newest ones."""

_disagreement = msgspec.json.Decoder(Disagreement).decode


class Shadow(Struct, frozen=True):
    """Which candidate looks on, since when, and what it saw; without one the name is empty."""

    name: str
    since_ms: int
    seen: int
    stricter: int
    milder: int


def begin(store: Store, name: str, now_ms: int) -> None:
    """Have a candidate look on from now; what another saw is forgotten."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=True)
        pipe.delete(keys.SHADOW, keys.SHADOW_AT, keys.SHADOW_STRICTER, keys.SHADOW_MILDER)
        pipe.hset(keys.SHADOW, mapping={"name": name, "since": now_ms})
        pipe.execute()


def end(store: Store) -> None:
    """Have no candidate look on."""
    with store_errors():
        store.redis.hdel(keys.SHADOW, "name")


def current(store: Store) -> Shadow:
    """Return which candidate looks on, and what it saw."""
    with store_errors():
        found = store.redis.hmget(keys.SHADOW, "name", "since", "seen", "stricter", "milder")
    name, *numbers = found
    return Shadow((name or b"").decode(), *(int(number or 0) for number in numbers))


def looked_at(store: Store) -> dict[str, bytes]:
    """Return the newest comment of each site that was looked at."""
    with store_errors():
        found = store.redis.hgetall(keys.SHADOW_AT)
    return {site.decode(): raw_id for site, raw_id in found.items()}


def note(
    store: Store,
    seen: int,
    at: Mapping[str, bytes],
    stricter: Sequence[Disagreement],
    milder: Sequence[Disagreement],
) -> None:
    """Count what a look saw, and keep how far it went."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=True)
        if at:
            pipe.hset(keys.SHADOW_AT, mapping=dict(at))
        pipe.hincrby(keys.SHADOW, "seen", seen)
        for field, key, found in (
            ("stricter", keys.SHADOW_STRICTER, stricter),
            ("milder", keys.SHADOW_MILDER, milder),
        ):
            pipe.hincrby(keys.SHADOW, field, len(found))
            if found:
                pipe.lpush(key, *map(msgspec.json.encode, found))
                pipe.ltrim(key, 0, LISTED - 1)
        pipe.execute()


def listed(store: Store) -> tuple[list[Disagreement], list[Disagreement]]:
    """Return the newest comments that the candidate treats more strictly, and more mildly."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        pipe.lrange(keys.SHADOW_STRICTER, 0, -1)
        pipe.lrange(keys.SHADOW_MILDER, 0, -1)
        stricter, milder = pipe.execute()
    return [_disagreement(one) for one in stricter], [_disagreement(one) for one in milder]
