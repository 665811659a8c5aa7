"""What one comment costs each process, for one, two and four of each: docs/capacity.md adds it up.

Processor time, not time: other work on the machine makes an answer later, and hardly dearer. The
kinds take turns, so that what changes meanwhile changes all of them.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from moderation.domain.capacity import waiting
from tests.bench import texts, wrk
from tests.e2e.running import Up, free_port

Show = Callable[..., None]
Progress = Callable[[str], None]
COUNTS = (1, 2, 4)
ROUNDS = 3
BATCHES = 20
"""Of 1,000 comments, for each count and round."""
SECONDS = 4
QUEUE_SECONDS = 10
RARE = 30
"""So many a second are answered before the next one comes."""
LOADS = (0.3, 0.6)
"""How busy one web process is kept for the two points at which the model is checked."""


@contextlib.contextmanager
def running(count: int, **more: str) -> Iterator[Up]:
    """Run an installation with so many web processes and workers, and end it."""
    with tempfile.TemporaryDirectory(prefix="wn-", dir="/tmp") as name:
        up = Up(
            Path(name) / "var", free_port(), WINNOW_WEB_WORKERS=str(count),
            WINNOW_WORKERS=str(count), WINNOW_SEARCH="off", **more,
        )  # fmt: skip
        try:
            yield up.ready(900)
        finally:
            up.send(15)
            with contextlib.suppress(psutil.TimeoutExpired):
                up.process.wait(30)
            up.end()


def spent(up: Up, parts: tuple[str, ...]) -> dict[str, float]:
    """Return the processor time that each part has used so far, in seconds."""
    return {
        part: sum(
            t.user + t.system
            for p in (up.part(part), *up.part(part).children(recursive=True))
            for t in [p.cpu_times()]
        )
        for part in parts
    }


def each_us(before: dict[str, float], after: dict[str, float], count: float) -> dict[str, float]:
    """Return the processor time of each part for one of `count`, in microseconds."""
    return {part: (after[part] - before[part]) / count * 1e6 for part in before}


def measure(show: Show, progress: Progress) -> None:
    """Show what a check and a comment of a batch cost for each count, and check the queueing model
    at two loads.
    """
    from tests.bench.__main__ import drained, json_bodies, own_token, send_all, verdicts

    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    memory: dict[int, dict[str, float]] = {}
    bodies = json_bodies(seed=5)
    for turn in range(ROUNDS):
        for count in COUNTS:
            progress(f"capacity: {count} web processes and workers, round {turn + 1} of {ROUNDS}")
            with running(count) as up:
                folder, token = up.data.parent, own_token(up)
                run: dict[str, Any] = {"connections": 8 * count}
                wrk.load(folder, up.url, "/v1/check", token, bodies, seconds=2, **run)
                parts = ("web", "store", "worker")
                before = spent(up, parts)
                most = wrk.load(folder, up.url, "/v1/check", token, bodies, seconds=SECONDS, **run)
                cost = each_us(before, spent(up, parts), most["requests"])
                found.setdefault(("check", count), []).append(cost)
                made = [json.dumps(one) for one in texts.comments(BATCHES * 1000, seed=turn + 10)]
                sent = ["\n".join(made[i : i + 1000]).encode() for i in range(0, len(made), 1000)]
                stored, before = verdicts(up), spent(up, parts)
                send_all(up, sent)
                drained(up)
                assert verdicts(up) - stored == len(made)
                cost = each_us(before, spent(up, parts), len(made))
                found.setdefault(("batch", count), []).append(cost)
                memory[count] = mebibytes(up)
    for (kind, count), runs in found.items():
        medians = {part: round(statistics.median(run[part] for run in runs)) for part in runs[0]}
        show(f"capacity_{kind}", sum(medians.values()), "µs", processes=count, cpu_us=medians,
             runs=[round(sum(run.values())) for run in runs])  # fmt: skip
    show("capacity_memory", 0, "MiB", each=memory)
    queueing(show, progress)


def mebibytes(up: Up) -> dict[str, float]:
    """Return the memory of each part that is not shared with other processes, in MiB."""
    found = {}
    for part in ("web", "worker", "beat"):
        first = up.part(part)
        sizes = [p.memory_full_info().pss for p in (first, *first.children(recursive=True))]
        found[part] = round(sum(sizes) / 2**20)
    return found


def queueing(show: Show, progress: Progress) -> None:
    """Show how long checks that come at random take one web process, idle and at two loads."""
    from tests.bench.__main__ import json_bodies, own_token

    bodies = json_bodies(seed=6)
    with running(1) as up:
        token = own_token(up)
        wrk.load(up.data.parent, up.url, "/v1/check", token, bodies, seconds=3, connections=8)
        progress("capacity: checks that come at random")
        before = spent(up, ("web",))
        idle, _ = asyncio.run(arrivals(up, token, bodies, RARE, QUEUE_SECONDS))
        cost = each_us(before, spent(up, ("web",)), len(idle.times))["web"]
        for load in LOADS:
            rate = load * 1e6 / cost
            taken, _ = asyncio.run(arrivals(up, token, bodies, rate, QUEUE_SECONDS))
            expected = idle.mean_ms + waiting(1, rate, cost / 1e6) * 1000
            show("capacity_queue", taken.mean_ms, "ms", rate=round(rate), load=load,
                 expected_ms=round(expected, 2), idle_ms=round(idle.mean_ms, 2),
                 cost_us=round(cost), p99_ms=round(taken.p99_ms, 1))  # fmt: skip


class Taken:
    """How long answers took, in milliseconds."""

    def __init__(self, times: list[float]) -> None:
        self.times = times
        self.mean_ms = statistics.fmean(times)
        self.p99_ms = statistics.quantiles(times, n=100)[98]


async def arrivals(
    up: Up, token: str, bodies: list[str], rate: float, seconds: float
) -> tuple[Taken, float]:
    """Post at random moments, so many a second whatever is answered, and return how long it took
    from each moment to its answer, and over how many seconds.
    """
    free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    taken: list[float] = []

    async def one(body: bytes, due: float) -> None:
        if free:
            reader, writer = free.pop()
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", up.port)
        writer.write(
            b"POST /v1/check HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s"
            % (token.encode(), len(body), body)
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        await reader.readexactly(length)
        assert head.startswith(b"HTTP/1.1 200"), head
        taken.append((time.perf_counter() - due) * 1000)
        free.append((reader, writer))

    chance = random.Random(7)
    began = due = time.perf_counter()
    tasks = []
    while due - began < seconds:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(one(chance.choice(bodies).encode(), due)))
        due += chance.expovariate(rate)
    await asyncio.gather(*tasks)
    passed = time.perf_counter() - began
    for _, writer in free:
        writer.close()
    return Taken(taken), passed
