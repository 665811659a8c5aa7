"""Whom Sentinels call primary, asked by many threads at once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from moderation.store import addresses
from tests.conftest import Servers
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
