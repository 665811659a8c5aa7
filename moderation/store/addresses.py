"""What an address of the store leads to: a server, a Cluster, or whom Sentinels call primary."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from redis import exceptions as failures
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel

from moderation.store.cluster import Cluster
from moderation.store.connection import Pool
from moderation.store.hurry import in_a_hurry
from moderation.values import STORE_PORT, store_hosts

SENTINEL_SECONDS = 0.1
"""Time-out of asking one Sentinel; the one that answered last is asked first."""
_SENTINEL_PORT = 26379


def primary(sentinels: Sentinel, name: str) -> tuple[str, int]:
    """Return host and port of what Sentinels call primary by a name; for any number of threads.

    The client moves the one that answered to the front of its list, in two steps: threads that ask
    at once would have it there twice, and another one never again. So each asks by a list of its
    own, and keeps that as a whole.
    """
    mine = copy.copy(sentinels)
    mine.sentinels = list(sentinels.sentinels)
    try:
        found: tuple[str, int] = mine.discover_master(name)
    except failures.ConnectionError:
        if not in_a_hurry():
            # Some may refuse, or be refused for what they show: the client keeps the reason to
            # itself where it asks several. Those that are silent are no reason.
            for one in mine.sentinels:
                with suppress(failures.TimeoutError):
                    one.ping()
        raise
    sentinels.sentinels = mine.sentinels
    return found


def pool_to(
    url: str, on_round_trip: Callable[[], None], greet: Callable[[Any], None]
) -> Pool | Cluster:
    """Return the pool of an address: `redis://`, `rediss://`, `unix://`, and the first two with
    `+cluster` or `+sentinel` and several hosts."""
    scheme, _, kind = urlsplit(url).scheme.partition("+")
    if not kind:
        return Pool.to(parse_url(url), on_round_trip, greet)
    rest = urlsplit(url)
    login = f"{rest.netloc.rpartition('@')[0]}@" if "@" in rest.netloc else ""
    name, _, database = rest.path.strip("/").partition("/")
    query = f"?{rest.query}" if rest.query else ""
    options = parse_url(f"{scheme}://{login}host/{database}{query}")
    if kind == "cluster":
        return _cluster(url, options, on_round_trip, greet)
    return _behind_sentinels(url, name, options, on_round_trip, greet)


def _cluster(
    url: str,
    options: dict[str, Any],
    on_round_trip: Callable[[], None],
    greet: Callable[[Any], None],
) -> Cluster:
    options.pop("db", None)  # A Cluster has no other than 0.

    def to(host: str, port: int, greet_node: Callable[[Any], None]) -> Pool:
        return Pool.to(options | {"host": host, "port": port}, on_round_trip, greet_node)

    return Cluster(store_hosts(url, STORE_PORT), to, greet)


def _behind_sentinels(
    url: str,
    name: str,
    options: dict[str, Any],
    on_round_trip: Callable[[], None],
    greet: Callable[[Any], None],
) -> Pool:
    told = {
        part: options.pop(f"sentinel_{part}", None) for part in ("username", "password")
    }  # Not those of the server: Sentinels have users of their own. Their authority is the same.
    secure = {name: value for name, value in options.items() if name.startswith("ssl_")}
    sentinels = Sentinel(
        store_hosts(url, _SENTINEL_PORT),
        sentinel_kwargs=told
        | secure
        | {
            "socket_timeout": SENTINEL_SECONDS,
            "socket_connect_timeout": SENTINEL_SECONDS,
            "retry": Retry(NoBackoff(), 0),
            "ssl": "connection_class" in options,
        },
    )
    last: list[tuple[str, int]] = []

    def find_server() -> tuple[str, int]:
        found = primary(sentinels, name)
        if last != [found]:
            # Whoever is still connected elsewhere would write where nobody reads.
            last[:] = [found]
            pool.leave()
        return found

    pool = Pool.to(options | {"find_server": find_server}, on_round_trip, greet)
    return pool
