"""A server that does not serve any more is left for whatever its address leads to now."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from moderation.domain.errors import StoreDown
from moderation.store import Store, hurried, keys, models, sites
from moderation.store.client import Call
from moderation.store.comments import inbox
from moderation.store.faults import store_errors
from tests.factories import SITE
from tests.processes import until
from tests.replicas import Node, Pair

pytestmark = pytest.mark.second_store

CLAIM = ([keys.bell(0)], ["claim", "a token", 8000])


def ahead(store: Store, call: Call) -> None:
    """Send a call and receive its answer later."""
    store.send([call])
    store.receive([call])


def in_a_transaction(store: Store) -> None:
    with store_errors():
        pipe = store.redis.pipeline(transaction=True)
        pipe.set("a key", "a value")
        pipe.set("another key", "a value")
        pipe.execute()


USES: dict[str, Callable[[Store], object]] = {
    "script": lambda store: store.run("lease", *CLAIM),
    "script in a hurry": hurried(lambda store: store.run("lease", *CLAIM)),
    "scripts at once": lambda store: store.run_many("lease", [CLAIM, CLAIM]),
    "script ahead": lambda store: ahead(store, Call("lease", *CLAIM)),
    "command": lambda store: store.command("SET", "a key", "a value"),
    "command ahead": lambda store: ahead(store, Call("", (), ("SET", "a key", "a value"))),
    "command of the client": lambda store: sites.create(store, SITE, 7),
    "pipeline": lambda store: models.keep_checkpoints(store, "1", 7),
    "transaction": in_a_transaction,
}


@pytest.fixture
def store(pair: Pair) -> Iterator[Store]:
    """Return a connection to whatever is the primary."""
    opened = Store.connect(pair.url)
    yield opened
    opened.close()


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_one_refusal_after_a_fail_over_and_the_next_use_finds_the_new_primary(
    pair: Pair, store: Store, use: Callable[[Store], object]
) -> None:
    use(store)
    for _ in ("there", "and back"):
        pair.fail_over()
        with pytest.raises(StoreDown, match="READONLY"):
            use(store)
        use(store)


def test_one_refusal_tells_all_threads(pair: Pair, store: Store) -> None:
    together = threading.Barrier(4)

    def use(_: int) -> None:
        with suppress(threading.BrokenBarrierError):
            together.wait(10)
        USES["script"](store)

    with ThreadPoolExecutor(4) as threads:
        # Four scripts that wait for the server at once need four connections.
        with pair.primary.client() as client:
            client.client_pause(100)
        list(threads.map(use, range(4)))
        together.abort()
        assert connections(pair.primary) >= 4
        pair.fail_over()
        with pytest.raises(StoreDown):
            USES["script"](store)
        list(threads.map(use, range(4)))


def connections(node: Node) -> int:
    """Return how many clients a node has, beside the one that asks and its replica."""
    with node.client() as client:
        return len(client.client_list(_type="normal")) - 1


READS: list[Callable[[Store, str], object]] = [
    sites.read, hurried(sites.read), sites.settings,
    lambda store, site: inbox.depth(store, [site]),
]  # fmt: skip


@pytest.mark.parametrize("read", READS)
def test_a_server_that_loads_what_its_new_primary_has_is_left(
    pair: Pair, store: Store, read: Callable[[Store, str], object]
) -> None:
    """As it does after a fail-over: those that were connected to it stay connected."""
    old, new = pair.primary, pair.replica
    with old.client() as client, new.client() as other:
        client.mset({f"key {number}": os.urandom(2000) for number in range(250)})
        until(pair.has_followed)
        client.config_set("loading-process-events-interval-bytes", 1024)
        client.config_set("key-load-delay", 8000)
        read(store, SITE)
        new.lead()
        other.execute_command("DEBUG", "CHANGE-REPL-ID")  # So that all has to be loaded anew.
        old.follow(new.port)
        until(lambda: client.info("persistence")["loading"])
        pair.lead_to(new)
        with pytest.raises(StoreDown, match="LOADING"):
            read(store, SITE)
        read(store, SITE)
        assert client.info("persistence")["loading"], "it had loaded all of it by then"


@pytest.mark.parametrize("read", READS)
def test_a_server_that_lost_its_primary_is_left(
    pair: Pair, store: Store, read: Callable[[Store, str], object]
) -> None:
    old, new = pair.primary, pair.replica
    read(store, SITE)
    with old.client() as client:
        client.config_set("replica-serve-stale-data", "no")
        old.follow(1)  # Where nobody listens.
        new.lead()
        pair.lead_to(new)
        with pytest.raises(StoreDown, match="MASTERDOWN"):
            read(store, SITE)
        read(store, SITE)


def test_a_server_that_lost_its_replicas_is_left(pair: Pair, store: Store) -> None:
    use = USES["command"]
    use(store)
    with pair.primary.client() as client:
        client.config_set("min-replicas-to-write", 2)
        pair.replica.lead()
        pair.lead_to(pair.replica)
        with pytest.raises(StoreDown, match="NOREPLICAS"):
            use(store)
        use(store)


def test_who_waits_on_a_server_that_becomes_a_replica_is_told_and_goes_on(
    pair: Pair, store: Store
) -> None:
    inbox.make_groups(store)
    with ThreadPoolExecutor(1) as thread:
        taken = thread.submit(inbox.take, store, 0, pending=False, count=1, block_ms=900)
        with pair.primary.client() as client:
            until(lambda: client.info("clients")["blocked_clients"])
        pair.fail_over()
        with pytest.raises(StoreDown):
            taken.result()
    assert inbox.take(store, 0, pending=False, count=1) == []


def test_a_replica_is_read_and_refuses_what_writes(pair: Pair, store: Store) -> None:
    sites.create(store, SITE, 7)
    until(lambda: created(pair.replica) == 7)
    pair.lead_to(pair.replica)
    other = Store.connect(pair.url)
    try:
        assert sites.read(other, SITE).created_ms == 7
        with pytest.raises(StoreDown, match="READONLY"):
            other.check_writes()
        pair.fail_over()
        other.check_writes()
    finally:
        other.close()


def created(node: Node) -> int:
    """Return when the site was made, as a node knows it."""
    with node.client() as client:
        return int(client.hget(keys.of_site(SITE).meta, "created") or 0)
