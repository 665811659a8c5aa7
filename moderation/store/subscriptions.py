"""What was fetched of the lists that sites subscribed to, and when it is to be fetched again."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import msgspec

from moderation.domain.subscribed import LIST_BYTES, Fetched
from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

AT_ONCE = 100
_fetched = msgspec.json.Decoder(Fetched).decode


def due(store: Store, now_ms: int) -> list[str]:
    """Return the names of sites some of whose lists are to be fetched, a hundred at most."""
    with store_errors():
        found = store.redis.zrangebyscore(keys.SUBSCRIBED, "-inf", now_ms, 0, AT_ONCE)
    return [name.decode() for name in found]


def plan(store: Store, site: str, at_ms: int | None) -> None:
    """Have the lists of a site looked at at a time (ms since 1970), or never (None)."""
    with store_errors():
        if at_ms is None:
            store.redis.zrem(keys.SUBSCRIBED, site)
        else:
            store.redis.zadd(keys.SUBSCRIBED, {site: at_ms})


def states(store: Store, site: str) -> dict[int, Fetched]:
    """Return how the last fetch of each list of a site went, by the list's number."""
    with store_errors():
        found = store.redis.hgetall(keys.of_site(site).fetched)
    return {int(number): _fetched(data) for number, data in found.items()}


def note(store: Store, site: str, number: int, state: Fetched) -> None:
    """Keep how the last fetch of a list went."""
    with store_errors():
        store.redis.hset(keys.of_site(site).fetched, str(number), msgspec.json.encode(state))


def put_copy(store: Store, site: str, number: int, entries: Sequence[str]) -> None:
    """Keep the entries of a list in place of those before."""
    data = zlib.compress("\n".join(entries).encode())
    with store_errors():
        store.redis.set(f"{keys.of_site(site).fetched_copy}{number}", data)


def copy(store: Store, site: str, number: int) -> list[str]:
    """Return the entries of a list, none where nothing was fetched yet."""
    with store_errors():
        data = store.redis.get(f"{keys.of_site(site).fetched_copy}{number}")
    if data is None:
        return []
    text = zlib.decompressobj().decompress(data, 4 * LIST_BYTES).decode()
    return text.split("\n") if text else []


def drop(store: Store, site: str, numbers: Sequence[int]) -> None:
    """Forget lists that a site is subscribed to no more."""
    if numbers:
        k = keys.of_site(site)
        with store_errors():
            store.redis.hdel(k.fetched, *map(str, numbers))
            store.redis.unlink(*(f"{k.fetched_copy}{number}" for number in numbers))
