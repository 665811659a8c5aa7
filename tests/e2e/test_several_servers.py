"""A Cluster, or a pair behind Sentinels, under load: servers are killed, slots are moved.

What was answered with a 2xx is there afterwards, once, whichever server ends and whenever. Each
answer waits for a replica (`replicas=1`), so it is promised and not merely likely.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest

from moderation.cli import embedded
from moderation.store import keys
from tests.clusters import Cluster, ClusterNode
from tests.e2e.kept import check_kept
from tests.e2e.load import Load
from tests.e2e.running import StartUp, Up
from tests.processes import until
from tests.replicas import Node
from tests.sentinels import Watched

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(900)]

DEMO = keys.of_site("demo").meta
times = pytest.mark.parametrize("times", [1, pytest.param(5, marks=pytest.mark.slow)])


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """Return three primaries with a replica each."""
    folder = embedded.make_runtime_folder()
    made = Cluster(folder, replicas=1)
    yield made
    made.end()
    shutil.rmtree(folder)


@pytest.fixture
def watched() -> Iterator[Watched]:
    """Return a pair that Sentinels watch."""
    folder = embedded.make_runtime_folder()
    made = Watched(folder)
    yield made
    made.end()
    shutil.rmtree(folder)


@pytest.fixture
def under_load(start_up: StartUp, node: Node) -> Callable[[str], tuple[Up, Load]]:
    """Return what starts Winnow on a store of several servers, and a load on it."""

    def start(url: str) -> tuple[Up, Load]:
        broker = f"redis+socket://{node.socket}?virtual_host=1"
        up = start_up(
            WINNOW_REDIS_URL=f"{url}?replicas=1", WINNOW_BROKER_URL=broker, WINNOW_SEARCH="off"
        ).ready()
        return up, Load(up)

    return start


def goes_on(load: Load, number: int = 50) -> None:
    """Wait until so many more comments were accepted."""
    before = load.count()
    until(lambda: load.count() >= before + number, 90, lambda: load.up.output)


def kill(cluster: Cluster, node: ClusterNode) -> None:
    """Kill a server of a Cluster, wait for whoever takes its place, and let it come back."""
    slots = [first for first, _, (_, port, *_), *_ in cluster.slots() if port == node.port]
    node.end()
    until(lambda: all(cluster.has(slot) is not node for slot in slots), 60)
    node.start()
    until(lambda: cluster.is_settled(), 60)


@times
def test_a_server_of_a_cluster_is_killed(
    cluster: Cluster, under_load: Callable[[str], tuple[Up, Load]], times: int
) -> None:
    up, load = under_load(cluster.url)
    with load:
        for _ in range(times):
            for node in cluster.nodes:
                goes_on(load)
                kill(cluster, node)
        goes_on(load)
    check_kept(up, cluster.url, load)
    assert load.promised.sent_again > 0


@pytest.mark.slow
@times
def test_the_slots_of_a_site_and_of_the_installation_are_moved(
    cluster: Cluster, under_load: Callable[[str], tuple[Up, Load]], times: int
) -> None:
    up, load = under_load(cluster.url)
    with load:
        for _ in range(times):
            for key in (DEMO, keys.SCHEMA):
                goes_on(load)
                home = cluster.owner(key)
                cluster.move(key, next(node for node in cluster.primaries if node is not home))
        goes_on(load)
    check_kept(up, cluster.url, load)


@pytest.mark.slow
@times
def test_the_primary_is_killed_and_sentinels_name_another(
    watched: Watched, under_load: Callable[[str], tuple[Up, Load]], times: int
) -> None:
    up, load = under_load(watched.url)
    with load:
        for _ in range(times):
            for _ in range(2):
                goes_on(load)
                watched.kill_primary()
        goes_on(load)
    check_kept(up, watched.url, load)
    assert load.promised.sent_again > 0
