"""While a node of a Cluster is away the sites of its shards are answered by their `fail_mode`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from moderation.domain.errors import StoreDown
from moderation.flow.authorise import Grant, authorise
from moderation.flow.comments.checking import check
from moderation.flow.comments.draining import drain_lane, sweep
from moderation.flow.comments.submitting import submit
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.store import keys
from moderation.store.comments import inbox
from tests.clusters import Cluster
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
        waits = inbox.found_waiting(runtime.store)
        assert not any(waits[keys.shard_of(site)] for site in grants if site not in of_it)
    finally:
        away.start()
        until(cluster.is_settled, 60)
    while any(inbox.lengths(runtime.store)):
        for lane in range(keys.LANES):
            drain_lane(runtime, lane)
    assert inbox.depth(runtime.store, list(grants)) == 0
