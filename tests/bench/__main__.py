"""Prints one JSON object a line for each figure, beside its budget.

Two cores are shared by web, store, worker and load; a busy machine shows in every figure.
"""

from __future__ import annotations

import argparse
import functools
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

from moderation.cli import embedded
from moderation.flow.search import finding
from moderation.store import Store
from tests.bench import (
    capacity,
    cluster_flow,
    cluster_http,
    console,
    feeds,
    history,
    memory,
    texts,
    training,
    wrk,
)
from tests.e2e.running import Up, free_port
from tests.processes import until

FORM = "application/x-www-form-urlencoded"
BENCH_SITE = "bench.example"
PARTS = ("web", "store", "worker")
CONNECTIONS = 2
"""How many send batches at once."""
READ_SECONDS = 900.0
"""How long a store of `--data` may take to read its file."""


def show(name: str, value: float, unit: str, **more: Any) -> None:
    """Print one figure."""
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, **more}), flush=True)


def progress(line: str) -> None:
    """Say what is being measured."""
    print(f"bench: {line}", file=sys.stderr, flush=True)


def cost_us(up: Up, before: dict[str, float], count: float) -> dict[str, int]:
    """Return the processor time of each part since `before` for one of `count`, in microseconds."""
    each = capacity.each_us(before, capacity.spent(up, PARTS), count)
    return {part: round(us) for part, us in each.items()}


def start(folder: Path) -> Up:
    """Start `up` and measure how long the first verdict takes."""
    progress("start")
    began = time.monotonic()
    up = Up(folder, free_port()).ready(READ_SECONDS)
    answer = up.post("/v1/check", {"content": "Thanks, the second example fixed my build."})
    answer.raise_for_status()
    show("start_seconds", time.monotonic() - began, "s", budget=10)
    return up


def check_http(up: Up, folder: Path, token: str) -> None:
    """Check over HTTP: the most, then latencies at half the budget."""
    progress("check_http")
    # Each comment once: who repeats himself is looked at for a campaign, in a second trip.
    bodies = json_bodies(seed=1, count=80_000)
    run = {"connections": 16, "seconds": 3}
    wrk.load(folder, up.url, "/v1/check", token, bodies[65_000:], **run)
    before = capacity.spent(up, PARTS)
    most = wrk.load(folder, up.url, "/v1/check", token, bodies[:50_000], connections=16, seconds=10)
    cpu = cost_us(up, before, most["requests"])
    # 16 connections that rest 10 ms and are answered in 2 ms or 3: some 1,250 a second.
    half = wrk.load(
        folder,
        up.url,
        "/v1/check",
        token,
        bodies[50_000:65_000],
        connections=16,
        seconds=8,
        each_ms=10,
    )
    show_http("check_http", most, half, cpu, 3000)


def show_http(
    name: str, most: dict[str, float], half: dict[str, float], cpu: dict[str, int], budget: int
) -> None:
    """Print a load as fast as it went, and one at about half of the budget."""
    show(name, most["per_second"], "requests/s", budget=budget, p50_ms=most["p50_ms"],
         p99_ms=most["p99_ms"], errors=most["errors"], cpu_us=cpu)  # fmt: skip
    show(f"{name}_half_rate", half["per_second"], "requests/s", p50_ms=half["p50_ms"],
         p99_ms=half["p99_ms"], p99_budget_ms=25, errors=half["errors"])  # fmt: skip


def json_bodies(seed: int, count: int = 20_000) -> list[str]:
    """Return comments of no external id as bodies."""
    made = texts.comments(count, seed)
    for comment in made:
        del comment["external_id"]
    return [json.dumps(comment) for comment in made]


def akismet_http(up: Up, folder: Path) -> None:
    """Return the same by Akismet's comment-check, with the fields that WordPress' plugin sends."""
    progress("akismet_http")
    bodies = [urlencode(fields) for fields in texts.forms(50_000, up.credentials["akismet_key"])]
    path, run = "/1.1/comment-check", {"connections": 16, "media": FORM}
    # Each comment once: one that was asked about before costs a site two round trips more.
    wrk.load(folder, up.url, path, "", bodies[40_000:], seconds=2, **run)
    before = capacity.spent(up, PARTS)
    most = wrk.load(folder, up.url, path, "", bodies[:30_000], seconds=6, **run)
    cpu = cost_us(up, before, most["requests"])
    half = wrk.load(folder, up.url, path, "", bodies[30_000:40_000], seconds=6, each_ms=10, **run)
    show_http("akismet_http", most, half, cpu, 2500)


def submit_http(up: Up, folder: Path, token: str) -> None:
    """Return single submissions over HTTP, answered 202."""
    progress("submit_http")
    run = wrk.load(
        folder, up.url, "/v1/comments", token, json_bodies(seed=2), connections=16, seconds=8
    )
    show("submit_http", run["per_second"], "requests/s", p50_ms=run["p50_ms"],
         p99_ms=run["p99_ms"], errors=run["errors"])  # fmt: skip
    drained(up, token)


def verdicts(up: Up, token: str) -> int:
    """Return how many verdicts of the token's site are stored."""
    return sum(sum(day["statuses"].values()) for day in stats(up, token))


def stats(up: Up, token: str) -> list[dict[str, Any]]:
    """Return the counts of each day of the token's site."""
    # A client of its own for each call would take longer to make than the answer.
    answer = asking().get(
        f"{up.url}/v1/stats", headers={"Authorization": f"Bearer {token}"}, timeout=30
    )
    answer.raise_for_status()
    return list(answer.json()["data"])


@functools.cache
def asking() -> httpx.Client:
    """Return the client that asks how far something is."""
    return httpx.Client()


def comments_stored(up: Up, token: str) -> int:
    """Return how many comments and revisions of the token's site were accepted."""
    return sum(day["comments"] + day["revisions"] for day in stats(up, token))


def drained(up: Up, token: str) -> None:
    """Wait until everything accepted has its verdict."""
    until(lambda: verdicts(up, token) >= comments_stored(up, token), 120, up.output)


def send_all(up: Up, token: str, batches: list[bytes]) -> None:
    """Send batches by `CONNECTIONS` connections at once, each its share of them in order."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}

    def send(share: list[bytes]) -> None:
        with httpx.Client(base_url=up.url, headers=headers, timeout=60) as client:
            for batch in share:
                client.post("/v1/comments/batch", content=batch).raise_for_status()

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        list(threads.map(send, [batches[i::CONNECTIONS] for i in range(CONNECTIONS)]))


def batch_end_to_end(up: Up, token: str, count: int = 40_000) -> None:
    """Return batches of 1,000 by two connections, from the first byte to the last stored
    verdict.

    It begins when the index of searches has what came before: that is no part of it.
    """
    progress("batch_end_to_end")
    running = json.loads((up.data / "run.json").read_bytes())
    with closing(Store.connect(running["redis_url"])) as store:
        until(lambda: (finding.behind_ms(store) or 0) < 1500, 120, up.output)
    sent = texts.comments(count, seed=3)
    lines = [json.dumps(body) for body in sent]
    batches = ["\n".join(lines[i : i + 1000]).encode() for i in range(0, count, 1000)]
    before, used = verdicts(up, token), capacity.spent(up, PARTS)
    began = time.monotonic()
    send_all(up, token, batches)
    submitted = time.monotonic() - began
    until(lambda: verdicts(up, token) >= before + count, 120, up.output)
    seconds = time.monotonic() - began
    show("batch_end_to_end", count / seconds, "comments/s", budget=15_000,
         submitted_per_second=round(count / submitted),
         cpu_us=cost_us(up, used, count))  # fmt: skip


def decision_visible(up: Up, times: int = 30) -> None:
    """Return from sending a decision to a verdict, by another connection, that has learned it."""
    progress("decision_visible")
    headers = {"Authorization": f"Bearer {up.credentials['api_token']}"}
    took = []
    with httpx.Client(base_url=up.url, headers=headers, timeout=10) as client:
        for number in range(times):
            body = {"content": f"Our gallery of oak tables, number {number}, is open"}
            made = client.post("/v1/check", json=body).json()
            position = int(made["verdict"]["model"].partition("+")[2].split(".")[0])
            began = time.monotonic()
            client.post(
                f"/v1/comments/{made['id']}/decision", json={"label": "spam"},
                headers={"If-Match": '"1-0"'},
            ).raise_for_status()  # fmt: skip
            after = httpx.post(f"{up.url}/v1/check", json=body, headers=headers, timeout=10).json()
            took.append((time.monotonic() - began) * 1000)
            assert int(after["verdict"]["model"].partition("+")[2].split(".")[0]) > position
    show("decision_visible_ms", sorted(took)[len(took) // 2], "ms")


def classifier() -> None:
    """Return the classifier alone, on one core."""
    progress("classifier")
    run = subprocess.run(
        [sys.executable, "-m", "classifier", "bench"], capture_output=True, text=True, check=True
    )
    figures = json.loads(run.stdout)
    show("classifier", figures["comments_per_second"]["256"], "comments/s", budget=120_000,
         ratio_budget=30, **figures)  # fmt: skip


def main() -> int:
    """Measure everything asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="training and decisions too")
    parser.add_argument("--comments", type=int, default=1_000_000, help="stored for the console")
    parser.add_argument("--data", type=Path, help="a data folder to go on with, for the console")
    parser.add_argument("--only", action="append", help="a figure by name; may be repeated")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        print("bench: wrk is missing; install it (Debian: apt-get install wrk)", file=sys.stderr)
        return 1
    if embedded.find_jemalloc() is None:
        progress("without jemalloc, which the store is quicker with (apt-get install libjemalloc2)")
    # So that what was started is ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="wn-", dir="/tmp") as name:
        folder = Path(name)
        up = start(options.data or folder / "var")
        try:
            # The demo site is told of each of its comments by a webhook, as few others are.
            token = capacity.token_of(up, BENCH_SITE)
            parts: dict[str, Callable[[], None]] = {
                "check_http": lambda: check_http(up, folder, token),
                "akismet_http": lambda: akismet_http(up, folder),
                "check_with_two_feeds": lambda: feeds.measure(up, folder, show),
                "submit_http": lambda: submit_http(up, folder, token),
                "batch_end_to_end": lambda: batch_end_to_end(up, token),
            }
            if options.full:
                parts["decision_visible_ms"] = lambda: decision_visible(up)
                parts["console"] = lambda: console.measure(up, show, progress, options.comments)
                parts["training"] = lambda: training.measure(up, folder, show, progress)
            for part, measure in parts.items():
                if not options.only or part in options.only:
                    measure()
        finally:
            up.end()
        rest: dict[str, Callable[[], None]] = {
            "redis_bytes_per_comment": lambda: memory.measure(show, progress),
            "classifier": classifier,
        }
        if options.full:
            rest["import"] = lambda: history.measure(show, progress)
            rest["cluster"] = lambda: cluster_flow.measure(show, progress)
            rest["capacity"] = lambda: capacity.measure(show, progress)
            rest["clustered"] = lambda: cluster_http.measure(show, progress)
        for part, measure in rest.items():
            if not options.only or part in options.only:
                measure()
    return 0


if __name__ == "__main__":
    sys.exit(main())
