"""A store that cannot write to its disk refuses even PING: it is full, and not away."""

from __future__ import annotations

import shutil
import socket
import threading
from pathlib import Path

import msgspec
import pytest
import redis

from moderation.app import create_app
from moderation.cli import connect, embedded, first_run
from moderation.cli.disk import DiskWatch
from moderation.domain.errors import StoreFull
from moderation.flow.opening import open_runtime
from moderation.settings import Settings
from moderation.store import Store
from tests.processes import until
from tests.replicas import Node


@pytest.fixture
def full(node: Node, settings: Settings) -> Settings:
    """Return settings of a prepared store whose folder has gone."""
    opened = msgspec.structs.replace(settings, redis_url=node.url)
    store = Store.connect(node.url)
    assert first_run.ensure(store, opened)
    with node.client() as client:
        client.config_set("save", "3600 1")
        shutil.rmtree(node.folder)
        client.bgsave()
        until(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err")
        with pytest.raises(redis.ResponseError, match="MISCONF"):
            client.ping()
    store.close()
    return opened


@pytest.mark.usefixtures("kernels")
def test_full_is_not_down_at_start(node: Node, full: Settings) -> None:
    assert embedded.answers(node.socket)
    store = Store.connect(full.redis_url)
    store.ping()
    connect.check(store)
    assert first_run.ensure(store, full) is False
    with pytest.raises(StoreFull):
        store.check_writes()
    store.close()
    open_runtime(full).close()
    client = create_app(full).test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert (answer.status_code, "full" in answer.json["detail"]) == (503, True)


def test_a_server_that_still_reads_its_file_does_not_answer_yet(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        listener.settimeout(30)

        # What is asked is answered only by a server that has read its file: not ECHO, nor PING.
        def loading() -> None:
            connection, _ = listener.accept()
            assert connection.recv(100) == b"EXISTS winnow\r\n"
            connection.sendall(b"-LOADING Valkey is loading the dataset in memory\r\n")
            connection.close()

        server = threading.Thread(target=loading)
        server.start()
        assert not embedded.answers(tmp_path / "s")
        server.join()


def test_a_disk_is_full_until_twice_as_much_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []
    free = 1000

    class Found:
        f_frsize, f_blocks = 1 << 20, 10_000

        @property
        def f_bavail(self) -> int:
            return free

    monkeypatch.setattr("os.statvfs", lambda _: Found())
    watch = DiskWatch(tmp_path, lambda command: asked.append(command) or b"+OK\r\n")
    seen = []
    for free in (1000, 33, 31, 31, 40, 63, 64, 63, 31):  # noqa: B007 - `Found` reads it.
        asked.clear()
        watch.look()
        seen.append((watch.is_full, [command.split()[-1] for command in asked]))
    assert seen == [
        (False, []), (False, []), (True, [b"1"]), (True, [b"1"]), (True, [b"1"]), (True, [b"1"]),
        (False, [b"0"]), (False, []), (True, [b"1"]),
    ]  # fmt: skip


def test_room_is_held_beyond_the_end_of_the_file_that_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "appendonlydir"
    folder.mkdir()
    file = folder / "appendonly.aof.1.incr.aof"
    file.write_bytes(b"x" * 1000)
    watch = DiskWatch(tmp_path, lambda _: b"+OK\r\n")
    watch.look()
    assert file.stat().st_size == 1000, "its length is what was written"
    held = file.stat().st_blocks * 512
    assert held > 1 << 20
    with file.open("ab") as out:
        out.write(b"x" * held)
    watch.look()
    assert file.stat().st_size == 1000 + held
    assert file.stat().st_blocks * 512 > 1000 + held + (1 << 20), "as much again when it is used"
