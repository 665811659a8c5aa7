"""A Cluster whose slots move and whose nodes end: what is asked finds its node, or is refused."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from moderation.cli import embedded
from moderation.domain.errors import SchemaMismatch, StoreDown
from moderation.store import Store, hurried, keys, schema
from moderation.store.client import Call
from moderation.store.comments import inbox
from moderation.store.faults import store_errors
from tests.clusters import Cluster, ClusterNode
from tests.conftest import Servers
from tests.factories import SITE
from tests.processes import until
from tests.replicas import Node

META = keys.of_site(SITE).meta
LEASE = keys.absent(META) + ":lease"
COUNTED = META + ":counted"


@pytest.fixture(params=["cluster", pytest.param("redis-cluster", marks=pytest.mark.slow)])
def cluster(request: pytest.FixtureRequest, several: Callable[[str], Servers]) -> Iterator[Cluster]:
    """Return an empty Cluster of three; the site's slot is where it was afterwards."""
    found = several(request.param).several
    assert isinstance(found, Cluster)
    found.clear()
    home = found.owner(META)
    yield found
    found.move(META, home)


@pytest.fixture
def valkeys(cluster: Cluster, request: pytest.FixtureRequest) -> Cluster:
    """Return the Cluster where it is one of Valkeys."""
    if "redis" in request.node.name:
        pytest.skip("Redis moves slots key by key")
    return cluster


@pytest.fixture
def store(cluster: Cluster) -> Iterator[Store]:
    """Return a connection to it."""
    opened = Store.connect(cluster.url)
    yield opened
    opened.close()


def elsewhere(cluster: Cluster) -> ClusterNode:
    """Return a node that does not have the site."""
    home = cluster.owner(META)
    return next(node for node in cluster.primaries if node is not home)


def redirects(cluster: Cluster) -> int:
    """Return how often nodes had to send somebody elsewhere, or away for a while."""
    told = 0
    for node in cluster.nodes:
        with node.client() as client:
            for name, count in client.info("errorstats").items():
                if name.removeprefix("errorstat_") in ("MOVED", "ASK", "TRYAGAIN", "CROSSSLOT"):
                    told += int(count["count"])
    return told


def by_script(store: Store) -> Any:
    """Count by two scripts; whether the first of them ran twice is seen by the second."""
    claimed = store.run("lease", [LEASE], ["claim", "token", 60_000])
    released = store.run("lease", [LEASE], ["release", "token", 0])
    return [claimed, released]


def by_scripts_at_once(store: Store) -> Any:
    claim, release = ["claim", "token", 60_000], ["release", "token", 0]
    return store.run_many("lease", [([LEASE], claim), ([LEASE], release)])


def in_a_transaction(store: Store, transaction: bool = True) -> Any:
    with store_errors():
        pipe = store.redis.pipeline(transaction=transaction)
        pipe.hincrby(COUNTED, "first", 1)
        pipe.hincrby(COUNTED, "first", -1)
        return pipe.execute()


def in_a_pipeline(store: Store) -> Any:
    return in_a_transaction(store, transaction=False)


def with_commands(store: Store) -> Any:
    up = store.command("HINCRBY", COUNTED, "first", 1)
    return [up, store.command("HINCRBY", COUNTED, "first", -1)]


def ahead(store: Store) -> Any:
    calls = [
        Call("lease", [LEASE], ["claim", "token", 60_000]),
        Call("", (), ("GET", keys.SCHEMA)),
        Call("lease", [LEASE], ["release", "token", 0]),
    ]
    store.send(calls)
    return store.receive(calls)


USES: dict[Callable[[Store], Any], Any] = {
    by_script: [1, 1],
    by_scripts_at_once: [1, 1],
    in_a_transaction: [1, 0],
    in_a_pipeline: [1, 0],
    with_commands: [1, 0],
    ahead: [1, None, 1],
}
each_use = pytest.mark.parametrize("use", USES)


@each_use
def test_a_slot_that_moved_is_found_without_a_refusal(
    cluster: Cluster, store: Store, use: Callable[[Store], Any]
) -> None:
    assert use(store) == USES[use]
    for _ in range(2):
        cluster.move(META, elsewhere(cluster))
        after = redirects(cluster)
        for _ in range(20):
            assert use(store) == USES[use]
        assert redirects(cluster) - after < 10, "it knows by now"


@each_use
def test_what_is_asked_goes_to_its_node_at_once(
    cluster: Cluster, store: Store, use: Callable[[Store], Any]
) -> None:
    inbox.make_groups(store)
    before = redirects(cluster)
    for _ in range(30):
        assert use(store) == USES[use]
        inbox.lengths(store)
        inbox.take(store, 0, pending=False, count=1)
    # Each new connection asks for the layout.
    assert redirects(cluster) - before < 30


@pytest.fixture
def half_moved(cluster: Cluster, store: Store) -> Iterator[ClusterNode]:
    """Let the site's slot be moved key by key: some keys are on the new node already."""
    for number in range(20):
        store.redis.set(f"{META}:comment:{number}", number)
    to = elsewhere(cluster)
    cluster.begin_to_move(META, to, some=9)
    yield to
    cluster.move(META, to)


def test_a_script_waits_for_the_whole_slot_and_writes_nothing_before(
    cluster: Cluster, store: Store, half_moved: ClusterNode
) -> None:
    with pytest.raises(StoreDown, match=r"TRYAGAIN|ASK"):
        by_script(store)
    with pytest.raises(StoreDown):
        hurried(by_script)(store)
    assert not store.redis.exists(LEASE)
    cluster.move(META, half_moved)
    assert by_script(store) == [1, 1]


def test_a_slot_that_moves_whole_is_away_for_nobody(valkeys: Cluster, store: Store) -> None:
    for number in range(2000):
        store.redis.set(f"{META}:comment:{number}", "x" * 1000)
    to = elsewhere(valkeys)
    valkeys.move_whole(META, to)
    turns = 0
    while valkeys.owner(META) is not to or turns < 100:
        assert by_script(store) == [1, 1]
        assert in_a_transaction(store) == [1, 0]
        turns += 1
    assert store.redis.exists(f"{META}:comment:1999")


def test_single_keys_are_found_wherever_they_are_by_then(
    cluster: Cluster, store: Store, half_moved: ClusterNode
) -> None:
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for number in range(20):
            pipe.incr(f"{META}:comment:{number}")
        assert pipe.execute() == [number + 1 for number in range(20)]
    assert with_commands(store) == [1, 0]
    cluster.move(META, half_moved)
    assert [int(store.redis.get(f"{META}:comment:{n}")) for n in range(20)] == list(range(1, 21))


def test_a_transaction_is_done_whole_or_not_at_all(
    cluster: Cluster, store: Store, half_moved: ClusterNode
) -> None:
    names = [f"{META}:comment:{number}" for number in range(20)]
    pipe = store.redis.pipeline(transaction=True)
    for name in names:
        pipe.incr(name)
    with pytest.raises(StoreDown), store_errors():
        pipe.execute()
    cluster.move(META, half_moved)
    assert [int(store.redis.get(name)) for name in names] == list(range(20))


def test_other_shards_go_on_while_one_node_is_away(cluster: Cluster, store: Store) -> None:
    by_shard = {shard: keys.inbox(shard) for shard in range(keys.SHARDS)}
    here = {shard: cluster.owner(name) for shard, name in by_shard.items()}
    away = cluster.owner(META)
    for name in by_shard.values():
        store.redis.xadd(name, {"s": "x", "w": b""})
    away.pause()
    try:
        silent: set[int] = set()
        waits = inbox.look(store, range(keys.SHARDS), silent)
        assert silent == {shard for shard, node in here.items() if node is away}
        assert waits == set(here) - silent
        with pytest.raises(StoreDown):
            inbox.look(store, sorted(silent), set())
        with pytest.raises(StoreDown):
            by_script(store)
        with pytest.raises(StoreDown):
            inbox.lengths(store)
    finally:
        away.go_on()
    assert by_script(store) == [1, 1]
    assert inbox.look(store, range(keys.SHARDS), set()) == set(here)


@pytest.mark.parametrize("layout", [schema.VERSION + 1, schema.VERSION - 1])
def test_no_node_serves_a_store_of_another_layout(cluster: Cluster, layout: int) -> None:
    with cluster.client() as client:
        client.set(keys.SCHEMA, layout)
    store = Store.connect(cluster.url)
    try:
        for shard in range(0, keys.SHARDS, 7):
            with pytest.raises(SchemaMismatch):
                store.command("XLEN", keys.inbox(shard))
        with cluster.client() as client:
            client.set(keys.SCHEMA, schema.VERSION)
        assert inbox.lengths(store) == [0] * keys.SHARDS
    finally:
        store.close()


def test_the_only_node_that_is_named_says_that_the_layout_is_another(cluster: Cluster) -> None:
    with cluster.client() as client:
        client.set(keys.SCHEMA, schema.KNOWN + 1)
    store = Store.connect(f"redis+cluster://127.0.0.1:{cluster.owner(keys.SCHEMA).port}/")
    try:
        with pytest.raises(SchemaMismatch):
            store.ping()
    finally:
        store.close()


def test_a_word_that_no_connection_knows_is_no_silence() -> None:
    store = Store.connect("redis+cluster://127.0.0.1:1/?replica=1")
    with pytest.raises(TypeError):
        store.ping()
    store.close()


def test_a_cluster_that_does_not_answer_is_away(cluster: Cluster) -> None:
    store = Store.connect("redis+cluster://127.0.0.1:1,127.0.0.1:2/")
    try:
        with pytest.raises(StoreDown, match="does not answer"):
            store.ping()
        with pytest.raises(StoreDown):
            store.each()
    finally:
        store.close()


@pytest.fixture
def lonely() -> Iterator[ClusterNode]:
    """Return a node of a Cluster in which nobody has a slot."""
    folder = embedded.make_runtime_folder()
    made = ClusterNode(folder, "lonely")
    yield made
    made.end()
    shutil.rmtree(folder)


def test_who_meets_a_cluster_that_is_down_first_is_told_so_and_goes_on_later(
    lonely: ClusterNode,
) -> None:
    store = Store.connect(f"redis+cluster://127.0.0.1:{lonely.port}/")
    try:
        with pytest.raises(StoreDown, match="CLUSTERDOWN"):
            store.ping()
        lonely.ask("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        until(lambda: lonely.knows()["cluster_state"] == "ok")
        store.ping()
    finally:
        store.close()


def test_a_server_that_is_no_node_of_a_cluster_is_told_from_silence(node: Node) -> None:
    store = Store.connect(f"redis+cluster://127.0.0.1:{node.port}/")
    try:
        with pytest.raises(StoreDown, match="no Cluster"):
            store.ping()
    finally:
        store.close()


def test_what_each_node_answers_for_itself_is_not_asked_of_one(store: Store) -> None:
    for call in (store.redis.scan, store.redis.dbsize, store.redis.info):
        with pytest.raises(ValueError, match="one node"):
            call()
    assert len(store.facts()) == len(store.each()) == 3
