"""The embedded store: what survives a kill, who may use a folder, what is left behind."""

import contextlib
import ctypes.util
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from moderation.cli import connect, embedded
from moderation.cli.embedded import EmbeddedStore, FolderLock, Refused
from moderation.cli.supervisor import Supervisor
from moderation.settings import Settings
from moderation.store import Store
from tests.processes import until


@pytest.fixture
def alone(tmp_path: Path) -> Settings:
    """Return settings of an installation without an outside store."""
    return Settings.from_env({"WINNOW_DATA": str(tmp_path / "var")})


def test_what_was_answered_survives_a_kill_in_the_midst_of_writing(alone: Settings) -> None:
    answered = 0
    with Supervisor(lambda _: None) as supervisor, connect.own_store(alone, supervisor) as own:
        for _ in range(3):
            writing = threading.Event()

            def kill(wanted: threading.Event = writing) -> None:
                wanted.wait()
                os.kill(supervisor.children[0].pid, signal.SIGKILL)

            killer = threading.Thread(target=kill)
            killer.start()
            with (
                redis.Redis.from_url(own.redis_url) as client,
                contextlib.suppress(redis.RedisError),
            ):
                while True:
                    client.set(f"written:{answered}", "x" * 2000)
                    answered += 1
                    if answered % 500 == 0:
                        writing.set()
            killer.join()
            while not embedded.answers_at(own.redis_url):
                supervisor.tend()
                supervisor.wait(0.02)
        with redis.Redis.from_url(own.redis_url) as client:
            lost = [n for n in range(answered) if not client.exists(f"written:{n}")]
            assert lost == []
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    assert not Path(own.redis_url.removeprefix("unix://").split("?")[0]).parent.exists()


def test_the_store_listens_on_no_port(alone: Settings) -> None:
    with Supervisor(lambda _: None) as supervisor, connect.own_store(alone, supervisor) as own:
        with redis.Redis.from_url(own.redis_url) as client:
            assert client.config_get("port") == {"port": "0"}
        socket = Path(own.redis_url.removeprefix("unix://").split("?")[0])
        assert socket.parent.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("fsync, appendfsync", [("everysec", "no"), ("always", "always")])
def test_the_durability_setting_reaches_the_server(
    fsync: str, appendfsync: str, tmp_path: Path
) -> None:
    settings = Settings.from_env({"WINNOW_DATA": str(tmp_path), "WINNOW_FSYNC": fsync})
    with (
        Supervisor(lambda _: None) as supervisor,
        connect.own_store(settings, supervisor) as own,
        redis.Redis.from_url(own.redis_url) as client,
    ):
        assert client.config_get("appendfsync") == {"appendfsync": appendfsync}
        assert client.config_get("appendonly") == {"appendonly": "yes"}


def test_the_file_is_put_on_the_disk_after_each_write_and_not_without(
    alone: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    synced = threading.Condition()

    def record(fd: int) -> None:
        with synced:
            sizes.append(os.fstat(fd).st_size)
            synced.notify_all()

    monkeypatch.setattr(embedded, "_put_on_disk", record)
    with (
        Supervisor(lambda _: None) as supervisor,
        connect.own_store(alone, supervisor) as own,
        redis.Redis.from_url(own.redis_url) as client,
        synced,
    ):
        for n in range(2):
            client.set(f"key:{n}", "x" * 1000)
            assert synced.wait_for(lambda n=n: sizes and sizes[-1] > 1000 * (n + 1), 5)
        calls = len(sizes)
        assert not synced.wait(1.5), "nothing was written, so there is nothing to sync"
        assert len(sizes) == calls


def test_a_folder_in_use_is_refused_with_one_line(alone: Settings) -> None:
    with connect.sole_use(alone), pytest.raises(Refused) as refused, connect.sole_use(alone):
        pass
    assert str(refused.value) == (
        f"Winnow already runs on {alone.data}: stop it, or set WINNOW_DATA to another folder"
    )


def test_a_folder_that_cannot_be_made_is_refused_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings = Settings.from_env({"WINNOW_DATA": str(tmp_path / "file" / "var")})
    with pytest.raises(Refused) as refused, connect.sole_use(settings):
        pass
    assert str(refused.value) == (
        f"{settings.data} cannot be used (Not a directory): set WINNOW_DATA to another folder"
    )


def test_what_is_kept_is_readable_by_its_owner_alone(alone: Settings) -> None:
    with connect.open_store(alone):
        assert alone.data.stat().st_mode & 0o077 == 0
        assert (alone.data / "store").stat().st_mode & 0o077 == 0
        assert (alone.data / "run.json").stat().st_mode & 0o077 == 0


def test_an_orphaned_store_is_stopped_and_its_data_taken_over(tmp_path: Path) -> None:
    with EmbeddedStore(tmp_path, "everysec") as store:
        lock, run_file, runtime = store.lock.fd, store.run_file.path.read_text(), store.runtime
        orphan = subprocess.Popen(store.argv(), pass_fds=[lock], start_new_session=True)
        while not embedded.answers(store.socket):
            time.sleep(0.01)
        with redis.Redis(unix_socket_path=str(store.socket)) as client:
            client.set("kept", "yes")
        kept = runtime.with_name(runtime.name + "-kept")
        runtime.rename(kept)
    kept.rename(runtime)
    store.run_file.path.write_text(run_file)

    with EmbeddedStore(tmp_path, "everysec") as heir:
        assert orphan.wait(30) == 0
        assert not runtime.exists()
        assert heir.runtime != runtime
        assert heir.folder == store.folder
    assert b"kept" in b"".join(p.read_bytes() for p in store.folder.glob("appendonlydir/*.aof"))


def test_a_lock_that_no_store_holds_is_waited_for_and_then_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_ORPHAN_SECONDS", 0.2)
    lock = FolderLock(tmp_path / "lock")
    assert lock.take()
    with (
        pytest.raises(Refused, match=r"another process holds .*lock"),
        EmbeddedStore(tmp_path, "everysec"),
    ):
        pass
    lock.release()


def test_a_long_temporary_folder_does_not_break_the_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 120)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    folder = embedded.make_runtime_folder()
    assert len(str(folder / "store.sock")) < 100
    folder.rmdir()


def test_a_store_whose_file_is_damaged_is_not_started_anew(alone: Settings) -> None:
    folder = alone.data / "store" / "appendonlydir"
    folder.mkdir(parents=True)
    (folder / "appendonly.aof.manifest").write_text("file appendonly.aof.1.base.rdb seq 1 type b\n")
    (folder / "appendonly.aof.1.base.rdb").write_bytes(b"no base")
    with (
        Supervisor(lambda _: None) as supervisor,
        pytest.raises(Refused, match=r"the store ended with status 1: see .*valkey\.log"),
        connect.own_store(alone, supervisor),
    ):
        pass


@pytest.mark.second_store
def test_a_store_that_would_lose_data_is_warned_of(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    connect.check(store)
    assert caplog.messages == []
    store.redis.config_set("maxmemory-policy", "allkeys-lru")
    store.redis.config_set("appendonly", "no")
    try:
        connect.check(store)
    finally:
        store.redis.config_set("maxmemory-policy", "noeviction")
        store.redis.config_set("appendonly", "yes")
    assert "set it to noeviction" in caplog.messages[0]
    assert "set appendonly to yes" in caplog.messages[1]


def test_a_store_that_is_too_old_or_away_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.redis, "info", lambda: {"redis_version": "6.2.14"})
    with pytest.raises(Refused, match=r"Winnow needs Redis 7\.0 or Valkey 8"):
        connect.check(store)
    gone = Store.connect("redis://127.0.0.1:1/0")
    with pytest.raises(Refused, match=r"the store at 127\.0\.0\.1 does not answer"):
        connect.check(gone)
    gone.close()


def test_a_command_without_a_running_store_brings_its_own_and_keeps_the_data(
    alone: Settings,
) -> None:
    with connect.open_store(alone) as (store, _):
        store.redis.set("kept", "yes")
    with connect.open_store(alone) as (store, opened):
        assert store.redis.get("kept") == b"yes"
        with connect.open_store(alone) as (second, joined):
            assert second.redis.get("kept") == b"yes"
            assert joined.redis_url == opened.redis_url
            assert joined.broker_url == opened.broker_url
    assert not (alone.data / "run.json").exists()


@contextlib.contextmanager
def ended(server: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Have a server end as `up` does."""
    try:
        yield
    finally:
        server.terminate()
        server.wait(30)


def test_a_store_that_still_reads_its_file_does_not_answer_yet(tmp_path: Path) -> None:
    once = Retry(NoBackoff(), 0)
    with EmbeddedStore(tmp_path, "everysec") as store:
        # It takes its time for each key, as a large one does for its file.
        slowly = ["--key-load-delay", "500"]
        for options, found in (([], 0), (slowly, 4096)):
            lock = store.lock.fd
            server = subprocess.Popen([*store.argv(), *options], pass_fds=[lock])
            with (
                redis.Redis(unix_socket_path=str(store.socket), retry=once) as client,
                ended(server),
            ):
                until(lambda: embedded.answers(store.socket), 60)
                assert client.dbsize() == found, "it said that it answers before it had read all"
                pipe = client.pipeline(transaction=False)
                for n in range(found, 4096):
                    pipe.set(f"key:{n}", "")
                pipe.execute()


def mapped(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text()


@pytest.mark.parametrize("has_jemalloc", [True, False])
def test_the_store_takes_memory_from_jemalloc_where_the_machine_has_it(
    alone: Settings, monkeypatch: pytest.MonkeyPatch, has_jemalloc: bool
) -> None:
    found = ctypes.util.find_library("jemalloc")
    if has_jemalloc and found is None:
        pytest.skip("NOT TESTED WITH JEMALLOC: apt-get install libjemalloc2")
    monkeypatch.setenv("LD_PRELOAD", "libanl.so.1")
    monkeypatch.setattr(ctypes.util, "find_library", lambda _: found if has_jemalloc else None)
    with Supervisor(lambda _: None) as supervisor, connect.own_store(alone, supervisor) as own:
        libraries = mapped(supervisor.children[0].pid)
        assert ("jemalloc" in libraries) == has_jemalloc
        assert "libanl.so.1" in libraries, "what the operator has preloaded stays"
        with redis.Redis.from_url(own.redis_url) as client:
            assert client.set("word", "x" * 100_000) and client.get("word") == b"x" * 100_000
