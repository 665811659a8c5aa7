"""Whom Sentinels call primary, asked by many threads at once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest
from redis import exceptions as failures
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import MasterNotFoundError, Sentinel

from moderation.store import addresses, hurried
from tests.conftest import Servers
from tests.e2e.running import free_port
from tests.sentinels import NAME, Watched


def test_threads_that_ask_at_once_lose_no_sentinel(several: Callable[[str], Servers]) -> None:
    watched = several("sentinel").several
    assert isinstance(watched, Watched)
    threads = 8
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        hosts = [silent.getsockname(), *(("127.0.0.1", one.port) for one in watched.sentinels)]
        once = {"socket_timeout": 0.5, "retry": Retry(NoBackoff(), 0)}
        sentinels = Sentinel(hosts, sentinel_kwargs=once)
        every = set(map(id, sentinels.sentinels))
        together = threading.Barrier(threads)
        found = set()

        def ask() -> None:
            together.wait()
            found.add(addresses.primary(sentinels, NAME))

        asking = [threading.Thread(target=ask) for _ in range(threads)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()
        assert len(found) == 1
        assert set(map(id, sentinels.sentinels)) == every


def test_a_silent_sentinel_is_asked_once_in_a_hurry_and_is_never_the_reason() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        # Those that refuse at once leave time in which the silent one could be asked again.
        hosts = [silent.getsockname(), *[("127.0.0.1", free_port())] * 9]
        once = {"socket_timeout": addresses.SENTINEL_SECONDS, "retry": Retry(NoBackoff(), 0)}
        sentinels = Sentinel(hosts, sentinel_kwargs=once)
        with pytest.raises(MasterNotFoundError):
            hurried(addresses.primary)(sentinels, NAME)
        assert callers(silent) == 1
        with pytest.raises(failures.ConnectionError, match="refused"):
            addresses.primary(sentinels, NAME)


def callers(listening: socket.socket) -> int:
    """Return how many connections wait to be accepted."""
    listening.setblocking(False)
    found = 0
    try:
        while True:
            listening.accept()[0].close()
            found += 1
    except BlockingIOError:
        return found
