"""What an address of the store leads to: a server, a Cluster, or whom Sentinels call primary."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from redis import exceptions as failures
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.retry import Retry
from redis.sentinel import Sentinel

from moderation.store.cluster import Cluster
from moderation.store.connection import Pool
from moderation.store.faults import (
    A_CLUSTER,
    A_SENTINEL,
    NO_DATABASE,
    NO_SENTINEL,
    UNKNOWN_NAME,
    WrongKind,
    fault,
)
from moderation.store.hurry import in_a_hurry
from moderation.values import STORE_PORT, store_hosts

SENTINEL_SECONDS = 0.1
"""Time-out of asking one Sentinel; the one that answered last is asked first."""
_SENTINEL_PORT = 26379
_SAID_OF_DATABASES = (
    ("not allowed in cluster mode", A_CLUSTER),
    ("DB index is out of range", NO_DATABASE),
)
"""What a server says where it has no such database, and what that means."""


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
            _say_why(mine.sentinels, name)
        raise
    sentinels.sentinels = mine.sentinels
    return found


def _say_why(sentinels: list[Any], name: str) -> None:
    """Raise what keeps Sentinels from naming a primary: the client keeps it to itself where it asks
    several. Those that are silent are no reason, nor is a primary that they take for dead.
    """
    reasons: list[failures.ConnectionError] = []
    for one in sentinels:
        try:
            if name in one.sentinel_masters():
                return
            reasons.append(WrongKind(UNKNOWN_NAME))
        except failures.TimeoutError:
            continue
        except failures.ConnectionError as error:
            reasons.append(error)
    if reasons:
        raise next((one for one in reasons if isinstance(one, WrongKind)), reasons[0])


def _meet_sentinel(connection: Any) -> None:
    """Prepare a new connection to a Sentinel; refuse what is none."""
    connection.on_connect()
    if _role(connection) not in (b"sentinel", b""):
        raise WrongKind(NO_SENTINEL)


def _meet_server(greet: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return what greets a new connection to a server, and tells one from a Sentinel."""

    def meet(connection: Any) -> None:
        try:
            greet(connection)
        except failures.ResponseError as error:
            if fault(error) is not None:
                raise
            for words, meaning in _SAID_OF_DATABASES:
                if words in str(error):
                    raise WrongKind(meaning) from error
            if _role(connection) == b"sentinel":
                raise WrongKind(A_SENTINEL) from error
            raise

    return meet


def _role(connection: Any) -> bytes:
    """Return what a server says it is; nothing where it keeps that to itself."""
    try:
        connection.send_command("ROLE")
        answer = connection.read_response()
    except (failures.ResponseError, failures.AuthenticationError):
        return b""
    role = answer[0]
    return role if isinstance(role, bytes) else str(role).encode()


def pool_to(
    url: str, on_round_trip: Callable[[], None], greet: Callable[[Any], None]
) -> Pool | Cluster:
    """Return the pool of an address: `redis://`, `rediss://`, `unix://`, and the first two with
    `+cluster` or `+sentinel` and several hosts."""
    greet = _meet_server(greet)
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
        of_node = {"host": host, "port": port, "is_node": True}
        return Pool.to(options | of_node, on_round_trip, greet_node)

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
            "redis_connect_func": _meet_sentinel,
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
