"""The files of servers and Sentinels in docs/many-servers.md start a pair that is watched."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from moderation.cli import embedded
from moderation.domain.errors import StoreDown
from moderation.store import Store
from tests.conftest import program
from tests.e2e.running import free_port
from tests.processes import until
from tests.structure.tree import ROOT


def written() -> tuple[str, str]:
    """Return `sentinel.conf` and `redis.conf` as the page has them."""
    page = (ROOT / "docs" / "many-servers.md").read_text()
    found = re.findall(r"```\n(# The address of this machine\.\n.*?)```", page, re.S)
    sentinel, server = found
    assert "sentinel monitor" in sentinel and "replicaof" in server
    return sentinel, server


@pytest.fixture(params=["valkey", "redis"])
def sentinels(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[int]]:
    """Return the ports of three Sentinels, which watch a primary and its replica."""
    folder = embedded.make_runtime_folder()
    binary = program(request.param) or embedded.arguments(folder, folder, "no")[0]
    of_sentinel, of_server = written()
    servers, watching = [free_port() for _ in range(2)], [free_port() for _ in range(3)]
    running: list[subprocess.Popen[bytes]] = []

    def start(port: int, text: str, *more: str) -> None:
        place = tmp_path / str(port)
        place.mkdir()
        (place / "conf").write_text(re.sub(r"10\.0\.0\.\d", "127.0.0.1", text))
        argv = [binary, str(place / "conf"), *more]
        running.append(subprocess.Popen(argv, cwd=place, stdout=subprocess.DEVNULL))

    try:
        for port in servers:
            text = of_server.replace("port 6379", f"port {port}")
            text = text.replace("10.0.0.1 6379", f"10.0.0.1 {servers[0]}")
            start(port, text if port != servers[0] else text.partition("# On all but")[0])
        for port in watching:
            text = of_sentinel.replace("port 26379", f"port {port}")
            start(port, text.replace("10.0.0.1 6379", f"10.0.0.1 {servers[0]}"), "--sentinel")
        yield watching
    finally:
        for process in running:
            process.kill()
            process.wait(30)
        shutil.rmtree(folder)


def can_replace(port: int) -> bool:
    try:
        with redis.Redis("127.0.0.1", port) as client:
            told = client.execute_command("SENTINEL", "CKQUORUM", "winnow")
            return bool(told) and bool(client.execute_command("SENTINEL", "REPLICAS", "winnow"))
    except redis.RedisError:
        return False


def test_a_pair_by_these_files_can_be_replaced_and_is_met(sentinels: list[int]) -> None:
    until(lambda: all(can_replace(port) for port in sentinels), 60)
    hosts = ",".join(f"127.0.0.1:{port}" for port in sentinels)
    store = Store.connect(f"redis+sentinel://:password@{hosts}/winnow?replicas=1")
    try:
        # On a busy machine a Sentinel's tenth of a second may be too short.
        until(lambda: is_kept_twice(store))
    finally:
        store.close()


def is_kept_twice(store: Store) -> bool:
    try:
        (facts,) = store.check_kind()
    except StoreDown:
        return False
    replica = facts.get("slave0", {"state": ""})
    return bool(facts["aof_enabled"]) and facts["role"] == "master" and replica["state"] == "online"
