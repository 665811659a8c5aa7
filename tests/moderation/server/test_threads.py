"""Threads that take several jobs at once, where they may."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable, Iterator

from moderation.server.threads import Threads


def test_what_waits_is_given_to_one_thread_and_what_it_leaves_to_the_next() -> None:
    held, begun = threading.Event(), threading.Event()
    given: list[int] = []

    def two(jobs: Iterator[Callable[[], None]]) -> None:
        count = 0
        for job in itertools.islice(jobs, 2):
            job()
            count += 1
        given.append(count)

    def job(number: int) -> int:
        if number == 0:
            begun.set()
            assert held.wait(30)
        return number

    async def all_of_them() -> list[int]:
        done: list[int] = []
        threads = Threads(asyncio.get_running_loop(), 1, "test", two)
        threads.run(job, 0, done.append)
        await asyncio.to_thread(begun.wait, 30)
        for number in range(1, 6):
            threads.run(job, number, done.append)
        held.set()
        async with asyncio.timeout(30):
            while len(done) < 6:
                await asyncio.sleep(0.001)
        return done

    assert asyncio.run(all_of_them()) == list(range(6))
    assert sum(given) == 6
    assert max(given) == 2
