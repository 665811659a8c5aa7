"""A promotion whose process, or whose store, is killed between two shards."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from moderation.cli import embedded
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import Verdict
from moderation.flow.authorise import Grant, authorise
from moderation.flow.comments.checking import check
from moderation.flow.comments.draining import sweep
from moderation.flow.models import offering, promoting
from moderation.flow.models.promoting import Why
from moderation.flow.opening import open_runtime
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import keys, migrations
from tests.conftest import SECRET
from tests.cutting import Cutting
from tests.factories import put_settings
from tests.moderation.flow.learning import PROBE, learn_all, texts
from tests.moderation.flow.models.made import model_file
from tests.processes import Running, until
from tests.replicas import Node

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
SITES = ("one.example", "two.example", "three.example", "four.example")
SHARDS = sorted(keys.shard_of(site) for site in SITES)
PLACES = (keys.SHARDS - SHARDS[2], 0, 1, 32, keys.SHARDS - 1)
"""How many shards the choice reaches, the last one first; the first place is between sites."""


@pytest.fixture
def settings(node: Node, tmp_path: Path) -> Settings:
    """Return settings that name a server of this test's own, which can be killed."""
    broker = f"redis+socket://{node.socket}?virtual_host=1"
    return Settings.from_env(
        {
            "WINNOW_DATA": str(tmp_path / "var"),
            "WINNOW_REDIS_URL": node.url,
            "WINNOW_BROKER_URL": broker,
            "WINNOW_SECRET_KEY": SECRET,
        }
    )


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    """Return a process's view of an installation with two candidates and sites that were taught."""
    opened = open_runtime(settings)
    migrations.migrate(opened.store, print)
    first_run.use_shipped(opened.store, settings)
    for name in ("made-1", "made-2"):
        offering.offer(opened, model_file(name, scale=0.5 if name == "made-1" else 0.7), "ann")
    yield opened
    opened.close()


@pytest.fixture
def grants(runtime: Runtime) -> list[Grant]:
    """Return leave to check for each site, which was taught 40 labels."""
    found = []
    for site in SITES:
        first_run.add_site(runtime.store, site)
        # The probe that is sent again and again would count as a campaign.
        put_settings(runtime.store, site, SiteSettings(reputation=False))
        token = first_run.add_token(runtime.store, site, ("submit", "moderate"), "test")
        found.append(authorise(runtime, token, "submit"))
        learn_all(runtime, found[-1], texts(40))
    return found


@pytest.fixture
def way(node: Node) -> Iterator[Cutting]:
    """Return the way by which commands come to the server."""
    made = Cutting(node.socket.with_name("way.sock"), node.socket)
    yield made
    made.close()


def promote(name: str, settings: Settings, way: Cutting) -> Running:
    """Start a process that promotes a candidate."""
    words = ["models", "promote", name, "--override", "--reason", "it looked better"]
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "WINNOW_DATA": str(settings.data),
        "WINNOW_REDIS_URL": way.url,
        "WINNOW_BROKER_URL": settings.broker_url,
        "WINNOW_SECRET_KEY": SECRET,
    }
    return Running([sys.executable, "-m", "moderation", *words], env)


def verdicts(runtime: Runtime, grants: list[Grant]) -> list[Verdict]:
    """Return what each site's next check says."""
    found = [check(runtime, grant, PROBE, record=True).comment.verdict for grant in grants]
    assert all(v is not None and v.decided_by == "model" for v in found)
    return [v for v in found if v is not None]


def kill_process(running: Running, node: Node) -> None:
    running.send(signal.SIGKILL)


def kill_store(running: Running, node: Node) -> None:
    node.process.kill()
    node.process.wait(30)


def start_again(node: Node) -> None:
    """Start the server on what it has kept, if it was killed."""
    if node.process.poll() is not None:
        node.process = subprocess.Popen(node.process.args)
        until(lambda: embedded.answers(node.socket), 30)


Kill = Callable[[Running, Node], None]


def at(kill: Kill, running: Running, node: Node, reached: int, revision: int) -> Callable[[], None]:
    """Return what kills as soon as a choice has reached so many shards."""

    def stop() -> None:
        with node.client() as client:
            for shard in range(keys.SHARDS - reached, keys.SHARDS):
                copied = keys.snapshot_revision(shard)
                until(lambda name=copied: int(client.get(name) or 0) == revision)
        kill(running, node)

    return stop


@pytest.mark.parametrize("kills", [1, pytest.param(len(PLACES), marks=pytest.mark.slow)])
@pytest.mark.parametrize("kill", [kill_process, kill_store])
def test_a_promotion_that_is_killed_between_shards_is_made_good(
    runtime: Runtime,
    grants: list[Grant],
    settings: Settings,
    node: Node,
    way: Cutting,
    kill: Kill,
    kills: int,
) -> None:
    shipped, before = runtime.shipped.name, verdicts(runtime, grants)
    script = runtime.store.script("use_snapshot")
    for number, reached in enumerate(PLACES[:kills], 1):
        with node.client() as client:
            client.script_load(script.text)
        name = f"made-{2 - number % 2}"
        was = promoting.in_use(runtime).name
        running = promote(name, settings, way)
        try:
            way.cut(script.sha, reached, at(kill, running, node, reached, number + 1))
            running.process.wait(60)
            assert running.process.returncode != 0, running.output
        finally:
            running.end()
        start_again(node)
        half = verdicts(runtime, grants)
        assert [v.model for v in half] == [
            f"{name if keys.shard_of(site) >= keys.SHARDS - reached else was}+40" for site in SITES
        ]
        sweep(runtime)
        assert {v.model for v in verdicts(runtime, grants)} == {f"{name}+40"}
        newest = promoting.listed(runtime).changes[0]
        assert (newest.kind, newest.name, newest.reason) == ("promote", name, "it looked better")
    assert promoting.in_use(runtime).revision == 1 + kills, "a promotion was recorded twice"
    for _ in range(kills):
        promoting.roll_back(runtime, Why("ann"))
    assert promoting.in_use(runtime).name == shipped
    assert verdicts(runtime, grants) == before, "a roll-back restores every bit"


@pytest.mark.parametrize("kill", [kill_process, pytest.param(kill_store, marks=pytest.mark.slow)])
def test_a_promotion_that_is_killed_before_it_is_recorded_changes_nothing(
    runtime: Runtime,
    grants: list[Grant],
    settings: Settings,
    node: Node,
    way: Cutting,
    kill: Kill,
) -> None:
    before = verdicts(runtime, grants)
    script = runtime.store.script("promote")
    running = promote("made-1", settings, way)
    try:
        way.cut(script.sha, 0, lambda: kill(running, node))
        running.process.wait(60)
        assert running.process.returncode != 0, running.output
    finally:
        running.end()
    start_again(node)
    sweep(runtime)
    assert promoting.in_use(runtime).revision == 1
    assert verdicts(runtime, grants) == before
