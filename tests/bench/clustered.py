"""What a check costs on one node, and on a Cluster of three with a replica each, in turns."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil

from tests.bench import wrk
from tests.bench.capacity import ROUNDS, SECONDS, running, spent
from tests.e2e.running import Up
from tests.replicas import Node

SITES = 6
"""Of as many shards: with fewer, what waits together would be of one node."""
CONNECTIONS = 4


def measure(show: Callable[..., None], progress: Callable[[str], None]) -> None:
    """Show the processor time of a check by process, on both."""
    from tests.clusters import Cluster

    found: dict[str, list[dict[str, float]]] = {"one node": [], "cluster": []}
    with tempfile.TemporaryDirectory(prefix="wn-", dir="/tmp") as name:
        folder = Path(name)
        one, broker = Node(folder, "one"), Node(folder, "broker")
        cluster = Cluster(folder, primaries=3, replicas=1)
        kinds: dict[str, tuple[str, Sequence[Node], Sequence[Node]]] = {
            "one node": (f"redis://127.0.0.1:{one.port}/0", [one], []),
            "cluster": (cluster.url, cluster.primaries, cluster.replicas),
        }
        try:
            for turn in range(ROUNDS):
                for kind, (url, primaries, replicas) in kinds.items():
                    progress(f"clustered: {kind}, round {turn + 1} of {ROUNDS}")
                    more = {"WINNOW_REDIS_URL": url, "WINNOW_BROKER_URL": f"unix://{broker.socket}"}
                    with running(2, **more) as up:
                        found[kind].append(_each(up, primaries, replicas))
                    for node in primaries:
                        with node.client() as client:
                            client.flushall()
        finally:
            cluster.end()
            one.end()
            broker.end()
    for kind, runs in found.items():
        medians = {part: round(statistics.median(r[part] for r in runs), 1) for part in runs[0]}
        show("clustered_check", medians["web"] + medians["store"], "µs", store=kind,
             cpu_us=medians, runs=[round(r["web"] + r["store"]) for r in runs])  # fmt: skip


def _each(up: Up, primaries: Sequence[Node], replicas: Sequence[Node]) -> dict[str, float]:
    """Return what a check of any of some sites costs web processes, primaries and replicas."""
    from tests.bench.__main__ import json_bodies

    tokens = [_token(up, f"site-{number}.example") for number in range(SITES)]
    folders = [up.data.parent / str(number) for number in range(SITES)]
    for folder in folders:
        folder.mkdir()

    def all_at_once(seconds: int) -> float:
        def one(number: int) -> float:
            return wrk.load(
                folders[number], up.url, "/v1/check", tokens[number], json_bodies(seed=number),
                connections=CONNECTIONS, seconds=seconds,
            )["requests"]  # fmt: skip

        with ThreadPoolExecutor(SITES) as threads:
            return sum(threads.map(one, range(SITES)))

    def used() -> dict[str, float]:
        return {
            "web": spent(up, ("web",))["web"],
            "store": _seconds(primaries),
            "replica": _seconds(replicas),
        }

    all_at_once(2)
    before = used()
    count = all_at_once(SECONDS)
    after = used()
    return {part: (after[part] - before[part]) / count * 1e6 for part in before}


def _seconds(nodes: Sequence[Node]) -> float:
    times = [psutil.Process(node.process.pid).cpu_times() for node in nodes]
    return sum(one.user + one.system for one in times)


def _token(up: Up, site: str) -> str:
    headers = {"Authorization": f"Bearer {up.credentials['admin_token']}"}
    with httpx.Client(base_url=up.url, headers=headers, timeout=30) as client:
        client.post("/v1/sites", json={"name": site}).raise_for_status()
        asked = {"name": "bench", "scopes": ["submit"]}
        answer = client.post(f"/v1/sites/{site}/tokens", json=asked)
        answer.raise_for_status()
    return str(answer.json()["token"])
