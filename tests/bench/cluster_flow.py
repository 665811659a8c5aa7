"""What checks and batches cost on a Cluster of three beside one server, in processor time.

The flow runs in this process, without HTTP; its time and that of all servers is added up. Both
stores are reached by TCP, have the same sites and get the same comments, by turns.
"""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from moderation.api.body import Reader
from moderation.domain.comments import Submission
from moderation.domain.errors import StoreDown
from moderation.flow.authorise import Grant, authorise
from moderation.flow.comments import draining
from moderation.flow.comments.checking import check
from moderation.flow.comments.submitting import submit
from moderation.flow.opening import open_runtime
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import keys, migrations
from moderation.store.comments import inbox
from tests.bench import texts
from tests.bench.beside import beside, seconds_of
from tests.replicas import Node

SITES = 24
CHECKS = 1200
BATCH = 500
BATCHES = 4
TURNS = 7


class _Store:
    """A runtime on one store, the grants of its sites, and the processes of its servers."""

    def __init__(self, folder: Path, url: str, broker: Node, servers: Sequence[Node]) -> None:
        settings = Settings.from_env(
            {
                "WINNOW_DATA": str(folder / "var"),
                "WINNOW_REDIS_URL": url,
                "WINNOW_BROKER_URL": f"redis+socket://{broker.socket}?virtual_host=1",
            }
        )
        self.runtime: Runtime = open_runtime(settings)
        migrations.migrate(self.runtime.store, lambda _: None)
        first_run.use_shipped(self.runtime.store, settings)
        self.grants = [self._grant(f"site-{number}.example") for number in range(SITES)]
        self._servers = servers

    def _grant(self, site: str) -> Grant:
        first_run.add_site(self.runtime.store, site)
        token = first_run.add_token(self.runtime.store, site, ("submit",), "bench")
        return authorise(self.runtime, token, "submit")

    def spent(self) -> tuple[float, float]:
        """Return the processor seconds of the servers, and of this process, so far."""
        return seconds_of(self._servers), sum(os.times()[:2])


def measure(show: Callable[..., None], progress: Callable[[str], None]) -> None:
    """Measure both by turns, and print what one comment costs on each and how they compare."""
    progress("a Cluster of three beside one server")
    with beside() as both, ExitStack() as stack:
        stores = {
            "one": _Store(both.folder, both.one_url, both.broker, [both.one]),
            "cluster": _Store(both.folder, both.cluster.url, both.broker, both.cluster.nodes),
        }
        for store in stores.values():
            stack.callback(store.runtime.close)
        for name, work in (("check", _checks), ("batch", _batches)):
            _compare(name, stores, work, show)


def _compare(
    name: str,
    stores: dict[str, _Store],
    work: Callable[[_Store, int], int],
    show: Callable[..., None],
) -> None:
    found: dict[str, list[tuple[float, float]]] = {which: [] for which in stores}
    for turn in range(TURNS + 1):
        for which, store in stores.items():
            served, worked = store.spent()
            count = work(store, turn)
            now_served, now_worked = store.spent()
            if turn:  # The first teaches scripts and opens connections.
                found[which].append(
                    ((now_served - served) / count * 1e6, (now_worked - worked) / count * 1e6)
                )
    totals = {which: [sum(pair) for pair in pairs] for which, pairs in found.items()}
    ratios = [a / b for a, b in zip(totals["one"], totals["cluster"], strict=True)]
    more: dict[str, Any] = {}
    for which, pairs in found.items():
        more[f"{which}_servers_us"] = round(statistics.median(served for served, _ in pairs))
        more[f"{which}_process_us"] = round(statistics.median(worked for _, worked in pairs))
    show(f"{name}_cluster", statistics.median(ratios), "of one server's", budget=0.8,
         turns=[round(ratio, 2) for ratio in ratios], **more)  # fmt: skip


def _bodies(turn: int, count: int) -> list[Submission]:
    read = Reader(Submission)
    return [read.one(json.dumps(body).encode()) for body in texts.comments(count, seed=turn)]


def _checks(store: _Store, turn: int) -> int:
    for number, submission in enumerate(_bodies(turn, CHECKS)):
        check(store.runtime, store.grants[number % SITES], submission)
    return CHECKS


def _batches(store: _Store, turn: int) -> int:
    bodies = _bodies(turn, BATCH * BATCHES)
    for number in range(BATCHES):
        grant = store.grants[(turn * BATCHES + number) % SITES]
        submit(store.runtime, grant, bodies[number * BATCH : (number + 1) * BATCH])
    while any(inbox.lengths(store.runtime.store)):
        for lane in range(keys.LANES):
            with suppress(StoreDown):  # On a machine that is busy otherwise.
                draining.drain_lane(store.runtime, lane)
    return len(bodies)
