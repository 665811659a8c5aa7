"""A rolling upgrade under load: two versions on one store, and what is refused where they may not
be. The rule is docs/upgrading.md."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.store import Store, keys, processes, schema
from tests.conftest import Server
from tests.e2e import builds
from tests.e2e.hosts import Host
from tests.e2e.kept import check_kept
from tests.e2e.load import Load
from tests.e2e.running import ROOT
from tests.parting import Parting
from tests.processes import until

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(1500)]

ANY = {"If-Match": "*"}
MORE = 100
"""So many comments are accepted in each state of the upgrade."""


class Installation:
    """Two machines behind an address that leads to one of them."""

    def __init__(
        self, folder: Path, server: Server, root: Path, second: tuple[str, ...] = ("web", "worker")
    ) -> None:
        self.server = server
        self.hosts = [Host(folder / name, server.url, server.broker_url, root) for name in "ab"]
        self.hosts[0].run("init")
        self.credentials: dict[str, Any] = self.hosts[0].credentials()
        self.hosts[0].start("web", "worker", "beat")
        self.hosts[1].start(*second)
        for host in self.hosts:
            host.wait()
        self.way = Parting(self.hosts[0].port)
        self.url = f"http://127.0.0.1:{self.way.port}"

    @property
    def output(self) -> str:
        return "\n".join(host.said() for host in self.hosts)

    def upgrade(self, number: int, root: Path) -> None:
        """Take a machine out of the way of requests, upgrade it, and put it back."""
        host, other = self.hosts[number], self.hosts[1 - number]
        self.way.lead_to(other.port)
        parts = list(host.running)
        host.stop()
        host.root = root
        host.start(*parts)
        host.wait()
        self.way.lead_to(host.port)

    def web(self, host: Host) -> int:
        """Return the process that answers on a machine."""
        return next(iter(host.running["web"].process.children())).pid

    def versions(self) -> set[tuple[str, str]]:
        """Return kind and version of the processes that run, as the store knows them."""
        store = Store.connect(self.server.url, any_layout=True)
        found = {(p.kind, p.version) for p in processes.every(store, 0)}
        store.close()
        return found

    def end(self) -> None:
        self.way.close()
        for host in self.hosts:
            host.end()


@pytest.fixture
def made(valkey: Server, tmp_path: Path) -> Iterator[list[Installation]]:
    """Collect installations, to be ended."""
    found: list[Installation] = []
    yield found
    for each in found:
        each.end()


def roll(installation: Installation, load: Load, to: Path) -> None:
    """Upgrade one machine after the other, with both versions at work in between."""

    def more(said: str) -> None:
        before = load.count()
        until(lambda: load.count() >= before + MORE, 120, lambda: f"{said} {installation.output}")

    more("before")
    installation.upgrade(0, to)
    more("what the new version takes")
    installation.way.lead_to(installation.hosts[1].port)
    more("what the old version takes, beside a new worker")
    installation.upgrade(1, to)
    more("after the second machine")


def stop_and_migrate(installation: Installation, load: Load, to: Path) -> None:
    """Upgrade to a release whose layout the one before does not know: it does not roll."""
    host = installation.hosts[0]
    running, host.root = host.root, to
    for command in ("web", "worker", "beat", "search follow"):
        assert "./winnow migrate" in host.fails(*command.split()), "it starts on no older layout"
    if installation.versions():  # A version that tells the store of no process cannot be seen.
        said = host.fails("migrate")
        assert "Stop them first" in said and f"web {installation.web(host)} on " in said
    before = load.count()
    until(lambda: load.count() >= before + MORE, 120, lambda: installation.output)
    host.root = running
    parts = [(each, list(each.running)) for each in installation.hosts]
    for each in installation.hosts:
        each.stop()
        each.root = to
    assert "steps taken" in host.run("migrate")
    for each, names in parts:
        each.start(*names)
    for each in installation.hosts:
        each.wait()


def test_what_one_version_begins_another_goes_on_with(valkey: Server, tmp_path: Path) -> None:
    """Old web servers and new workers, and the other way round, on one store."""
    old = Host(
        tmp_path / "a", valkey.url, valkey.broker_url, builds.copy(tmp_path / "old", "0.0.9")
    )
    new = Host(tmp_path / "b", valkey.url, valkey.broker_url)
    try:
        old.run("init")
        token = old.credentials()["api_token"]
        old.start("web")
        new.start("web", "worker")
        old.wait()
        new.wait()
        with old.client(token) as on_old, new.client(token) as on_new:
            texts = [f"Which port does part {n} use?" for n in range(20)]
            ids = [
                client.post("/v1/comments", json={"content": text}).json()["id"]
                for text in texts
                for client in (on_old, on_new)
            ]

            def are_judged() -> bool:
                found = [on_old.get(f"/v1/comments/{comment}").json() for comment in ids]
                return all(one["verdict"] for one in found)

            until(are_judged, 90, lambda: old.said() + new.said())
            for n, comment in enumerate(ids):
                client = (on_old, on_new)[n // 2 % 2]
                label = ("ham", "spam")[n % 2]
                answer = client.post(
                    f"/v1/comments/{comment}/decision", json={"label": label}, headers=ANY
                )
                assert answer.is_success, answer.text
            verdicts = [
                client.post("/v1/check", json={"content": "Is there a part 99?"}).json()["verdict"]
                for client in (on_old, on_new)
            ]
            assert verdicts[0]["model"] == verdicts[1]["model"]
            assert verdicts[0]["score"] == verdicts[1]["score"], "the same name, the same score"
        until(lambda: "of 0.0.9, " in new.run("doctor"), 30)
    finally:
        old.end()
        new.end()


@pytest.mark.slow
@pytest.mark.parametrize("release", ["copy", "released"])
def test_two_versions_work_on_one_store_while_machines_are_upgraded(
    release: str, made: list[Installation], valkey: Server, tmp_path: Path
) -> None:
    if release == "copy":
        before = builds.copy(tmp_path / "before", "0.0.9")
    else:
        before = builds.released(tmp_path / "before")
    second = ("web",) if release == "copy" else ("web", "worker")
    installation = Installation(tmp_path, valkey, before, second)
    made.append(installation)
    with Load(installation) as load:
        if builds.layout_of(before) == schema.VERSION:
            roll(installation, load, ROOT)
        else:
            stop_and_migrate(installation, load, ROOT)
    check_kept(installation, valkey.url, load)
    assert not any(version == "0.0.9" for _, version in installation.versions())


@pytest.mark.slow
def test_a_layout_that_is_known_beforehand_is_raised_under_load(
    made: list[Installation], valkey: Server, tmp_path: Path
) -> None:
    """First the release that reads the next layout, then the one that writes it."""
    following = schema.VERSION + 1
    ready = builds.copy(tmp_path / "ready", "0.8.0", known=following)
    writes = builds.copy(tmp_path / "writes", "0.9.0", layout=following, known=following)
    installation = Installation(tmp_path, valkey, ready)
    made.append(installation)
    with Load(installation) as load:
        host = installation.hosts[1]
        host.root = writes
        assert "1 steps taken" in host.run("migrate")
        host.root = ready
        roll(installation, load, writes)
    check_kept(installation, valkey.url, load)
    with valkey.client() as client:
        assert int(client.get(keys.SCHEMA)) == following


@pytest.mark.slow
def test_a_layout_that_nobody_knew_waits_until_what_runs_has_ended(
    made: list[Installation], valkey: Server, tmp_path: Path
) -> None:
    following = schema.VERSION + 1
    before = builds.copy(tmp_path / "before", "0.0.9")
    writes = builds.copy(tmp_path / "writes", "0.9.0", layout=following, known=following)
    installation = Installation(tmp_path, valkey, before)
    made.append(installation)
    with Load(installation) as load:
        stop_and_migrate(installation, load, writes)
    check_kept(installation, valkey.url, load)
