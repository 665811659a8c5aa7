"""Comments that were drawn at random and wait to be decided."""

from __future__ import annotations

from collections.abc import Sequence

from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

TURNS_MS = 86_400_000


def waiting(
    store: Store, sites: Sequence[str], after: bytes, number: int
) -> list[tuple[bytes, str]]:
    """Return drawn comments of several sites with their site, the oldest first, after an id."""
    low = b"(" + after if after else b"-"
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for site in sites:
            pipe.zrangebylex(keys.of_site(site).sample, low, b"+", start=0, num=number)
        found = pipe.execute()
    merged = [(raw, site) for site, ids in zip(sites, found, strict=True) for raw in ids]
    return sorted(merged)[:number]


def remove(store: Store, site: str, ids: Sequence[bytes]) -> None:
    """Take comments out that are not to be looked at any more."""
    if ids:
        with store_errors():
            store.redis.zrem(keys.of_site(site).sample, *ids)


def turn(store: Store, person: str) -> int:
    """Return which comment of the day a person is shown, counted from 1, in a full store too."""
    return int(store.run("attempts", [keys.turns(person)], [TURNS_MS])[0])
