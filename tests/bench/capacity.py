"""What one comment costs each process, for one, two and four of each: docs/capacity.md adds it up.

Processor time, not time: other work on the machine makes answers much later, and dearer only as far
as it takes their caches. The kinds take turns, so that what changes meanwhile changes all of them.
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

import httpx
import psutil

from moderation.domain.capacity import waiting
from tests.bench import texts, wrk
from tests.e2e.running import Up, free_port
from tests.processes import until

Show = Callable[..., None]
Progress = Callable[[str], None]
COUNTS = (1, 2, 4)
ROUNDS = 3
BATCHES = 20
"""Of 1,000 comments, for each count and round."""
SECONDS = 4
QUEUE_SECONDS = 10
FEW = 100
"""So many a second seldom wait for each other."""
LOADS = (0.6, 1.0)
"""The two points at which the model is checked: how busy one web process would be if each check
cost it what one of few does. What follows closely costs less."""


@contextlib.contextmanager
def running(count: int, **more: str) -> Iterator[Up]:
    """Run an installation with so many web processes and workers, and end it.

    Its files lie in memory: a disk that others use would stop the store now and then.
    """
    with tempfile.TemporaryDirectory(prefix="wn-", dir="/dev/shm") as name:
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
    from tests.bench.__main__ import json_bodies

    found: dict[tuple[str, int], list[dict[str, float]]] = {}
    memory: dict[int, dict[str, float]] = {}
    bodies = json_bodies(seed=5)
    for turn in range(ROUNDS):
        for count in COUNTS:
            progress(f"capacity: {count} web processes and workers, round {turn + 1} of {ROUNDS}")
            with running(count) as up:
                folder, token = up.data.parent, token_of(up, "bench.example")
                run: dict[str, Any] = {"connections": 8 * count}
                wrk.load(folder, up.url, "/v1/check", token, bodies, seconds=2, **run)
                parts = ("web", "store", "worker")
                before = spent(up, parts)
                most = wrk.load(folder, up.url, "/v1/check", token, bodies, seconds=SECONDS, **run)
                cost = each_us(before, spent(up, parts), most["requests"])
                found.setdefault(("check", count), []).append(cost)
                before = spent(up, parts)
                sent = batches(up, token, seed=turn + 10)
                cost = each_us(before, spent(up, parts), sent)
                found.setdefault(("batch", count), []).append(cost)
                memory[count] = mebibytes(up)
    for (kind, count), runs in found.items():
        medians = {part: round(statistics.median(run[part] for run in runs)) for part in runs[0]}
        show(f"capacity_{kind}", sum(medians.values()), "µs", processes=count, cpu_us=medians,
             runs=[round(sum(run.values())) for run in runs])  # fmt: skip
    show("capacity_memory", 0, "MiB", each=memory)
    queueing(show, progress)


def token_of(up: Up, site: str) -> str:
    """Return a token of a site, which is made where it is not there."""
    headers = {"Authorization": f"Bearer {up.credentials['admin_token']}"}
    with httpx.Client(base_url=up.url, headers=headers, timeout=30) as client:
        made = client.post("/v1/sites", json={"name": site})
        if made.status_code != 409:
            made.raise_for_status()
        asked = {"name": "bench", "scopes": ["submit", "moderate"]}
        answer = client.post(f"/v1/sites/{site}/tokens", json=asked)
        answer.raise_for_status()
    return str(answer.json()["token"])


def batches(up: Up, token: str, seed: int) -> int:
    """Send batches to a site one after the other, wait until all of it is judged, and return how
    many comments it was.
    """
    made = [json.dumps(one) for one in texts.comments(BATCHES * 1000, seed)]
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    with httpx.Client(base_url=up.url, headers=headers, timeout=120) as client:

        def judged() -> int:
            days = client.get("/v1/stats").json()["data"]
            return sum(sum(day["statuses"].values()) for day in days)

        wanted = judged() + len(made)
        for start in range(0, len(made), 1000):
            lines = "\n".join(made[start : start + 1000])
            client.post("/v1/comments/batch", content=lines).raise_for_status()
        until(lambda: judged() >= wanted, 300, lambda: up.output)
    return len(made)


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
    from tests.bench.__main__ import json_bodies

    bodies = json_bodies(seed=6)
    with running(1) as up:
        token = token_of(up, "bench.example")
        wrk.load(up.data.parent, up.url, "/v1/check", token, bodies, seconds=3, connections=8)
        progress("capacity: checks that come at random")
        few, cost, came = point(up, token, bodies, FEW)
        alone_ms = few.mean_ms - waiting(1, came, cost / 1e6) * 1000
        for load in LOADS:
            taken, each, came = point(up, token, bodies, load * 1e6 / cost)
            expected = alone_ms + waiting(1, came, each / 1e6) * 1000
            show("capacity_queue", taken.mean_ms, "ms", rate=round(came), web_us=round(each),
                 busy=round(came * each / 1e6, 2), expected_ms=round(expected, 2),
                 alone_ms=round(alone_ms, 2), p99_ms=round(taken.p99_ms, 1))  # fmt: skip


def point(up: Up, token: str, bodies: list[str], rate: float) -> tuple[Taken, float, float]:
    """Return how long answers took at a rate, what one cost the web process in microseconds, and
    how many came a second.
    """
    before = spent(up, ("web",))
    taken, seconds = asyncio.run(arrivals(up, token, bodies, rate, QUEUE_SECONDS))
    cost = each_us(before, spent(up, ("web",)), taken.count)["web"]
    return taken, cost, taken.count / seconds


class Taken:
    """How long answers took, in milliseconds, by the second in which they were asked for.

    `mean_ms` is the median of the seconds' means: a pause of the machine spoils a second or two.
    """

    def __init__(self, times: list[tuple[float, float]]) -> None:
        self.count = len(times)
        seconds: dict[int, list[float]] = {}
        for at, taken in times:
            seconds.setdefault(int(at), []).append(taken)
        self.mean_ms = statistics.median(map(statistics.fmean, seconds.values()))
        self.p99_ms = statistics.quantiles([taken for _, taken in times], n=100)[98]


async def arrivals(
    up: Up, token: str, bodies: list[str], rate: float, seconds: float
) -> tuple[Taken, float]:
    """Post at random moments, so many a second whatever is answered, and return how long it took
    from each moment to its answer, and over how many seconds.
    """
    free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    taken: list[tuple[float, float]] = []

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
        taken.append((due - began, (time.perf_counter() - due) * 1000))
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
