"""While a node of a Cluster is away the sites of its shards are answered by their `fail_mode`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest

from moderation.domain.errors import StoreDown
from moderation.flow.authorise import Grant, authorise
from moderation.flow.comments import draining
from moderation.flow.comments.checking import check
from moderation.flow.comments.draining import drain_lane, sweep
from moderation.flow.comments.submitting import submit
from moderation.flow.comments.trimming import trim
from moderation.flow.events import Swept
from moderation.flow.people.links import OPERATOR
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.flow.webhooks import endpoints, listening
from moderation.store import Store, keys, webhooks
from moderation.store.comments import inbox
from tests.clusters import Cluster, ClusterNode
from tests.conftest import Servers
from tests.factories import submission
from tests.processes import until

HAM = "Thanks, the second example fixed my build."


@pytest.fixture
def server_name() -> str:
    """Return which store the runtime works on."""
    return "cluster"


@pytest.fixture
def cluster(several: Callable[[str], Servers]) -> Cluster:
    """Return the Cluster that the runtime works on."""
    found = several("cluster").several
    assert isinstance(found, Cluster)
    return found


@pytest.fixture
def grants(runtime: Runtime) -> dict[str, Grant]:
    """Return the grants of sites on every node, each seen by a check."""
    found = {}
    for number in range(16):
        site = f"site-{number}.example"
        first_run.add_site(runtime.store, site)
        token = first_run.add_token(runtime.store, site, ("submit",), "test")
        found[site] = authorise(runtime, token, "submit")
        assert check(runtime, found[site], submission(HAM)).recorded
    return found


def test_only_the_sites_of_its_shards_are_answered_by_fail_mode(
    cluster: Cluster, runtime: Runtime, grants: dict[str, Grant]
) -> None:
    installation = cluster.owner(keys.SCHEMA)
    away = next(node for node in cluster.primaries if node is not installation)
    of_it = {site for site in grants if cluster.owner(keys.of_site(site).meta) is away}
    assert 0 < len(of_it) < len(grants)
    for grant in grants.values():
        submit(runtime, grant, [submission(HAM)])
    away.end()
    try:
        recorded: dict[str, list[bool]] = {site: [] for site in grants}
        for _ in range(3):
            for site, grant in grants.items():
                done = check(runtime, grant, submission(HAM))
                recorded[site].append(done.recorded)
                if site in of_it:
                    assert done.comment.verdict is not None
                    assert done.comment.verdict.decided_by == "fail_mode"
        assert not any(any(recorded[site]) for site in of_it)
        others = [one for site, found in recorded.items() if site not in of_it for one in found]
        # A busy machine may keep one of them from its answer in time.
        assert others.count(True) > 0.9 * len(others)
        with pytest.raises(StoreDown):
            submit(runtime, grants[min(of_it)], [submission(HAM)])
        sweep(runtime)
        for lane in range(keys.LANES):
            drain_lane(runtime, lane)
        waits = found_waiting(runtime)
        assert not any(keys.shard_of(site) in waits for site in grants if site not in of_it)
    finally:
        away.start()
        until(cluster.is_settled, 60)
    while any(inbox.lengths(runtime.store)):
        for lane in range(keys.LANES):
            drain_lane(runtime, lane)
    assert inbox.depth(runtime.store, list(grants)) == 0


def test_a_node_that_hangs_is_waited_for_once_and_left_for_a_while(
    cluster: Cluster, runtime: Runtime, grants: dict[str, Grant], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each wait for it takes a second, in which nothing of other shards is scored."""
    monkeypatch.setattr(draining, "SILENT_SECONDS", 3600.0)
    hangs = next(n for n in cluster.primaries if n is not cluster.owner(keys.SCHEMA))
    there = {shard for shard in range(keys.SHARDS) if cluster.owner(keys.inbox(shard)) is hangs}
    for grant in grants.values():
        submit(runtime, grant, [submission(HAM)])
    asked = note_what_is_asked(monkeypatch)
    hangs.pause()
    try:
        sweep(runtime)
        assert asked.pop() >= there
        for lane in range(keys.LANES):
            drain_lane(runtime, lane)
        assert len(asked) >= keys.LANES and not any(map(there.intersection, asked)), (
            "it was asked again"
        )
    finally:
        hangs.go_on()
    assert found_waiting(runtime), "what it has waits"
    monkeypatch.setattr(draining, "SILENT_SECONDS", 0.0)
    until(lambda: drained(runtime), 60)


def drained(runtime: Runtime) -> bool:
    for lane in range(keys.LANES):
        drain_lane(runtime, lane)
    return not found_waiting(runtime)


def found_waiting(runtime: Runtime) -> set[int]:
    """Return the inboxes in which something is known to wait."""
    return inbox.look(runtime.store, range(keys.SHARDS), set())


def test_a_lane_that_only_a_hanging_node_has_is_left_for_a_while(
    cluster: Cluster, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No other answer makes up for the silent ones there."""
    hangs = next(n for n in cluster.primaries if n is not cluster.owner(keys.SCHEMA))
    lane = next(n for n in range(keys.LANES) if cluster.owner(keys.bell(n)) is not hangs)
    shards = range(lane, keys.SHARDS, keys.LANES)
    there = [[shard] for shard in shards if cluster.owner(keys.inbox(shard)) is hangs]
    monkeypatch.setattr(inbox, "parts", lambda _store, _lane: there)
    asked = note_what_is_asked(monkeypatch)
    assert drain_lane(runtime, lane) == 0, "it is there"
    monkeypatch.setattr(draining, "SILENT_SECONDS", 3600.0)
    hangs.pause()
    try:
        with pytest.raises(StoreDown):
            drain_lane(runtime, lane)
        asked.clear()
        runtime.store.redis.delete(keys.bell(lane))  # It lapses, if nobody is so quick.
        assert drain_lane(runtime, lane) == 0
        assert asked and not any(asked), "it was asked again"
    finally:
        hangs.go_on()


def note_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> list[set[int]]:
    """Return of which inboxes it is asked whether something waits there, call by call."""
    asked: list[set[int]] = []
    look = inbox.look

    def noted(store: Store, shards: Sequence[int], silent: set[int]) -> set[int]:
        asked.append(set(shards))
        return look(store, shards, silent)

    monkeypatch.setattr(inbox, "look", noted)
    return asked


@contextmanager
def full(node: ClusterNode) -> Iterator[None]:
    """Have a node without a disk to write to."""
    with node.client() as client:
        saved = client.config_get("save")["save"]
        # What is saved cannot be put where a folder is.
        target = node.folder / client.config_get("dbfilename")["dbfilename"]
        target.unlink(missing_ok=True)
        target.mkdir()
        client.config_set("save", "3600 1")
        client.bgsave()
        try:
            until(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err", 60)
            yield
        finally:
            target.rmdir()
            client.bgsave()
            until(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "ok", 60)
            client.config_set("save", saved)


def test_a_node_with_a_full_disk_keeps_no_other_shard_waiting(
    cluster: Cluster, runtime: Runtime, grants: dict[str, Grant]
) -> None:
    owners = {site: cluster.owner(keys.of_site(site).meta) for site in grants}
    installation = cluster.owner(keys.SCHEMA)
    node = next(node for node in cluster.primaries if node is not installation)
    for grant in grants.values():
        submit(runtime, grant, [submission(HAM)])
    with full(node):
        for lane in range(keys.LANES):
            drain_lane(runtime, lane)
        waits = found_waiting(runtime)
        left = {site for site in grants if keys.shard_of(site) in waits}
        assert left and all(owners[site] is node for site in left)


def test_a_bell_on_a_full_node_refuses_no_comment(
    cluster: Cluster, runtime: Runtime, grants: dict[str, Grant]
) -> None:
    node = cluster.owner(keys.bell(0))
    site = next(site for site in grants if cluster.owner(keys.of_site(site).meta) is not node)
    with node.client() as client:
        client.config_set("maxmemory", 1)
        try:
            (accepted,) = submit(runtime, grants[site], [submission(HAM)])
        finally:
            client.config_set("maxmemory", 0)
    assert accepted.status == "queued"


def test_webhooks_and_trimming_of_other_sites_go_on(
    cluster: Cluster, runtime: Runtime, grants: dict[str, Grant]
) -> None:
    installation = cluster.owner(keys.SCHEMA)
    away = next(node for node in cluster.primaries if node is not installation)
    there = {site for site in grants if cluster.owner(keys.of_site(site).meta) is not away}
    for site in grants:
        endpoints.make(
            runtime.store,
            runtime.secret,
            site,
            "http://127.0.0.1:9/",
            ("comment.scored",),
            OPERATOR,
        )
        runtime.store.redis.xadd(keys.of_site(site).outbox, {"kind": "scored", "id": "x"})
    every = webhooks.every(runtime.store)
    assert set(webhooks.waiting(runtime.store, every, 0).sites) == set(grants)
    away.end()
    try:
        assert set(webhooks.waiting(runtime.store, every, 0).sites) == there
        assert webhooks.failing(runtime.store, every) == {}
        assert listening.look(runtime)
        trim(runtime)
    finally:
        away.start()
        until(cluster.is_settled, 60)


def test_a_listener_that_raises_keeps_no_other_from_a_sweep(runtime: Runtime) -> None:
    heard = []

    def fail(error: Exception) -> None:
        raise error

    runtime.events.listen(Swept, lambda _: fail(StoreDown("the store does not answer")))
    runtime.events.listen(Swept, lambda _: fail(KeyError("x")))
    runtime.events.listen(Swept, heard.append)
    sweep(runtime)
    assert heard == [Swept()]
