"""A server of another kind than the store's address says is told, and what to write instead."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest

from moderation.cli import embedded
from moderation.domain.errors import StoreDown, StoreSilent, WrongStore
from moderation.store import Store, faults
from tests.clusters import ClusterNode
from tests.conftest import Servers
from tests.e2e.running import free_port
from tests.kinds import one_of_each
from tests.sentinels import NAME, Watched


@pytest.fixture(scope="module")
def ports() -> Iterator[dict[str, int]]:
    """Return ports of a server, of a node that has every slot of its Cluster, of a Sentinel and of
    nobody."""
    with one_of_each() as found:
        yield {**found._asdict(), "nobody": free_port()}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis://127.0.0.1:{sentinel}/0", faults.A_SENTINEL),
        ("redis://127.0.0.1:{sentinel}/1", faults.A_SENTINEL),
        ("redis+cluster://127.0.0.1:{sentinel}/", faults.A_SENTINEL),
        ("redis+cluster://127.0.0.1:{server}/", faults.NO_CLUSTER),
        ("redis+sentinel://127.0.0.1:{server}/winnow", faults.NO_SENTINEL),
        ("redis+sentinel://127.0.0.1:{node}/winnow", faults.NO_SENTINEL),
        ("redis+sentinel://127.0.0.1:{nobody},127.0.0.1:{server}/winnow", faults.NO_SENTINEL),
        ("redis+sentinel://127.0.0.1:{nobody},127.0.0.1:{sentinel}/blog", faults.UNKNOWN_NAME),
        ("redis://127.0.0.1:{node}/0", faults.A_CLUSTER),
        ("redis://127.0.0.1:{server}/99", faults.NO_DATABASE),
    ],
)
def test_an_address_of_another_kind_is_told_from_silence(
    ports: dict[str, int], url: str, words: str
) -> None:
    store = Store.connect(url.format(**ports))
    try:
        with pytest.raises(WrongStore) as raised:
            store.check_kind()
    finally:
        store.close()
    assert str(raised.value) == words
    assert "127.0.0.1" not in words and len(words) < 250


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1:{nobody}/0",
        "redis+cluster://127.0.0.1:{nobody}/",
        "redis+sentinel://127.0.0.1:{nobody}/winnow",
    ],
)
def test_nobody_is_of_no_wrong_kind(ports: dict[str, int], url: str) -> None:
    store = Store.connect(url.format(**ports))
    try:
        with pytest.raises(StoreSilent):
            store.check_kind()
    finally:
        store.close()


def test_a_password_where_none_is_asked_for_is_said(ports: dict[str, int]) -> None:
    for url in ("redis://:own@127.0.0.1:{server}/0", "redis+cluster://:own@127.0.0.1:{node}/"):
        store = Store.connect(url.format(**ports))
        try:
            with pytest.raises(StoreDown, match="user and password in the store's address"):
                store.ping()
        finally:
            store.close()


def test_a_node_that_has_a_part_of_the_slots_is_no_one_server(
    several: Callable[[str], Servers],
) -> None:
    cluster = several("cluster").several
    assert not isinstance(cluster, Watched)
    cluster.clear()  # Another test may have left a layout in it that nobody knows.
    for node in cluster.primaries:
        store = Store.connect(f"redis://127.0.0.1:{node.port}/0")
        try:
            with pytest.raises(WrongStore, match="write redis\\+cluster://"):
                touch_every_shard(store)
            with pytest.raises(WrongStore, match="write redis\\+cluster://"):
                store.command("EXISTS", "{00}:any", "{01}:any", "{02}:any")
        finally:
            store.close()


def test_a_node_without_slots_is_no_one_server_either() -> None:
    folder = embedded.make_runtime_folder()
    node = ClusterNode(folder, "lonely")
    store = Store.connect(f"redis://127.0.0.1:{node.port}/0")
    try:
        with pytest.raises(WrongStore, match="write redis\\+cluster://"):
            store.ping()
    finally:
        store.close()
        node.end()
        shutil.rmtree(folder)


def touch_every_shard(store: Store) -> None:
    for shard in range(64):
        store.command("EXISTS", f"{{{shard:02}}}:any")


def test_a_server_among_sentinels_is_passed_over(several: Callable[[str], Servers]) -> None:
    watched = several("sentinel").several
    assert isinstance(watched, Watched)
    hosts = [watched.nodes[0].port, *(one.port for one in watched.sentinels)]
    named = ",".join(f"127.0.0.1:{port}" for port in hosts)
    store = Store.connect(f"redis+sentinel://{named}/{NAME}")
    try:
        store.ping()
        store.check_kind()
    finally:
        store.close()
