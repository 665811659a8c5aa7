"""What a check costs one, two and four web processes and workers on one node, and on a Cluster of
three with a replica each, in turns."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.bench import wrk
from tests.bench.beside import beside, seconds_of
from tests.bench.capacity import COUNTS, ROUNDS, SECONDS, batches, running, spent, token_of
from tests.e2e.running import Up
from tests.replicas import Node

SITES = 6
"""Of as many shards: with fewer, what waits together would be of one node."""
CONNECTIONS = 4
"""To each site, from whoever asks."""


def measure(show: Callable[..., None], progress: Callable[[str], None]) -> None:
    """Show the processor time of a check by process, on both, for each count of processes."""
    found: dict[tuple[str, str, int], list[dict[str, float]]] = {}
    with beside(replicas=1) as both:
        kinds: dict[str, tuple[str, Sequence[Node], Sequence[Node]]] = {
            "one node": (both.one_url, [both.one], []),
            "cluster": (both.cluster.url, both.cluster.primaries, both.cluster.replicas),
        }
        turns = itertools.product(range(ROUNDS), COUNTS, kinds)
        for turn, count, kind in turns:
            progress(f"clustered: {count} on {kind}, round {turn + 1} of {ROUNDS}")
            url, primaries, replicas = kinds[kind]
            broker = f"unix://{both.broker.socket}"
            with running(count, WINNOW_REDIS_URL=url, WINNOW_BROKER_URL=broker) as up:
                for what, cost in _each(up, primaries, replicas).items():
                    found.setdefault((what, kind, count), []).append(cost)
            for node in primaries:
                with node.client() as client:
                    client.flushall()
    for (what, kind, count), runs in found.items():
        medians = {part: round(statistics.median(r[part] for r in runs), 1) for part in runs[0]}
        # Each beside its neighbour in time: what else the machine does changes between turns.
        pairs = zip(runs, found[what, "one node", count], strict=True)
        ratio = statistics.median(_served(one) / _served(other) for one, other in pairs)
        show(f"clustered_{what}", ratio, "times one node", store=kind, processes=count,
             cpu_us=medians, runs=[round(_served(one)) for one in runs])  # fmt: skip


def _served(cost: dict[str, float]) -> float:
    """Return what web and store take, which a replica does not hold up."""
    return cost["web"] + cost["store"]


def _each(
    up: Up, primaries: Sequence[Node], replicas: Sequence[Node]
) -> dict[str, dict[str, float]]:
    """Return what a check of any of some sites, and a comment of a batch, costs web processes,
    workers, primaries and replicas.
    """
    from tests.bench.__main__ import json_bodies

    tokens = [token_of(up, f"site-{number}.example") for number in range(SITES)]
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
            **spent(up, ("web", "worker")),
            "store": seconds_of(primaries),
            "replica": seconds_of(replicas),
        }

    def of(work: Callable[[], float]) -> dict[str, float]:
        before, count = used(), work()
        after = used()
        return {part: (after[part] - before[part]) / count * 1e6 for part in before}

    all_at_once(2)
    return {
        "check": of(lambda: all_at_once(SECONDS)),
        "batch": of(lambda: batches(up, tokens[0], seed=9)),
    }
