"""What every test may ask for: a real server, settings that name it, a store connected to it."""

import logging
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
from hypothesis import settings as hypothesis_settings

from moderation import faults
from moderation.cli import embedded
from moderation.cli.kernels import compile_kernels
from moderation.flow.opening import open_runtime
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.minutely import Minutely
from moderation.settings import Settings
from moderation.store import Store, migrations, routes
from moderation.store.scripts import Script
from tests.clusters import Cluster
from tests.replicas import Node, Pair
from tests.sentinels import Watched
from tests.webserver import Site, told_well

# How long an example takes says how busy the machine is.
hypothesis_settings.register_profile("any machine", deadline=None)
hypothesis_settings.load_profile("any machine")

pytest_plugins = ("tests.skips", "tests.limits")
# A variable of whoever runs the suite must not reach what it tests.
for name in [name for name in os.environ if name.startswith("WINNOW_")]:
    del os.environ[name]

SEVERAL: dict[str, type[Cluster] | type[Watched]] = {
    "cluster": Cluster, "redis-cluster": Cluster, "sentinel": Watched, "redis-sentinel": Watched,
}  # fmt: skip
"""Stores of several servers: of Valkey, and of Debian's Redis."""

SECRET = "a secret of the test suite, long enough to sign"


@pytest.fixture(autouse=True)
def _faults_are_said_in_each_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log a fault although another test met it within the minute, or ran a command, which says
    itself that the store is full.
    """
    monkeypatch.setattr(faults, "_said", Minutely())
    logging.getLogger("moderation.store.faults").setLevel(logging.NOTSET)


@pytest.fixture(autouse=True)
def _scripts_touch_one_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a script is given keys of several slots, though one server would run it."""
    real = Script.call

    def call(script: Script, names: Sequence[Any], args: Sequence[Any]) -> tuple[Any, ...]:
        assert len({routes.slot_of(name) for name in names}) <= 1, names
        return real(script, names, args)

    monkeypatch.setattr(Script, "call", call)


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    """Return the logger of all; its handlers and its level are as before afterwards."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield root
    root.handlers[:] = before
    root.setLevel(level)


@dataclass(frozen=True)
class Server:
    """A running Valkey or Redis on a unix socket, with the embedded store's configuration."""

    name: str
    socket: Path
    pid: int

    @property
    def url(self) -> str:
        """For the store."""
        return f"unix://{self.socket}?db=0"

    @property
    def broker_url(self) -> str:
        """For Celery: a database of its own."""
        return f"redis+socket://{self.socket}?virtual_host=1"

    def client(self) -> redis.Redis:
        """Return a plain client, to look into the store or to break it."""
        return redis.Redis(unix_socket_path=str(self.socket))


@dataclass(frozen=True)
class Servers:
    """A running Cluster, or a pair behind Sentinels; beside it a server for Celery's messages."""

    name: str
    several: Cluster | Watched
    broker: Server

    @property
    def url(self) -> str:
        """For the store."""
        return self.several.url

    @property
    def broker_url(self) -> str:
        """For Celery."""
        return self.broker.broker_url

    @property
    def socket(self) -> Path:
        """Skip the test: there is no one socket that leads to all of it."""
        pytest.skip("of one server")

    def client(self) -> redis.Redis | redis.RedisCluster:
        """Return a plain client, to look into the store."""
        return self.several.client()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the suite be run on another store."""
    parser.addoption(
        "--store",
        default="valkey",
        choices=["valkey", "redis", *SEVERAL],
        help="what every test runs on that does not say; a Cluster of three finds each call and "
        "script whose keys lie in several slots",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Return tests marked `second_store` run on the embedded Valkey and on Debian's Redis, those
    marked `any_store` on several servers too.
    """
    if metafunc.definition.get_closest_marker("any_store"):
        metafunc.parametrize("server_name", ["valkey", "redis", "cluster", "sentinel"])
    elif metafunc.definition.get_closest_marker("second_store"):
        metafunc.parametrize("server_name", ["valkey", "redis"])


@pytest.fixture
def server_name(request: pytest.FixtureRequest) -> str:
    """Return which server the test runs on; `--store` and `second_store` change it."""
    return str(request.config.getoption("--store"))


def program(name: str) -> str:
    """Return the path of a server's program, '' for the embedded one."""
    if not name.startswith("redis"):
        return ""
    return shutil.which("redis-server") or pytest.skip(
        "NOT TESTED ON REDIS: apt-get install redis-server"
    )


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Server]]:
    """Return servers by name, each started when first asked for."""
    running: dict[str, tuple[Server, subprocess.Popen[bytes]]] = {}
    runtime = embedded.make_runtime_folder()

    def get(name: str) -> Server:
        if name not in running:
            socket = runtime / f"{name}.sock"
            argv = embedded.arguments(tmp_path_factory.mktemp(name), socket, "everysec")
            process = subprocess.Popen([program(name) or argv[0], *argv[1:]])
            running[name] = Server(name, socket, process.pid), process
            while not embedded.answers(socket):
                assert process.poll() is None, f"{name} did not start"
                time.sleep(0.01)
        return running[name][0]

    yield get
    for _, process in running.values():
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    shutil.rmtree(runtime)


@pytest.fixture(scope="session")
def pairs() -> Iterator[Callable[[str], Pair]]:
    """Return pairs of servers by name, each started when first asked for."""
    running: dict[str, Pair] = {}
    folders: list[Path] = []

    def get(name: str) -> Pair:
        if name not in running:
            found = program(name)
            folders.append(embedded.make_runtime_folder())
            running[name] = Pair(folders[-1], found)
        return running[name]

    yield get
    for made in running.values():
        made.end()
    for folder in folders:
        shutil.rmtree(folder)


@pytest.fixture
def pair(pairs: Callable[[str], Pair], server_name: str) -> Pair:
    """Return an empty primary with its replica, and an address that leads to the primary."""
    found = pairs(server_name)
    found.restore()
    with found.primary.client() as client:
        client.flushall()
    return found


@pytest.fixture
def node() -> Iterator[Node]:
    """Return an empty server of its own, to be broken in ways that cannot be mended."""
    folder = embedded.make_runtime_folder()
    made = Node(folder, "alone")
    yield made
    made.end()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def kernels() -> None:
    """Return the classifier's kernels in their cache, so that a process under test does not
    compile.
    """
    compile_kernels()


@pytest.fixture(scope="session")
def several(servers: Callable[[str], Server]) -> Iterator[Callable[[str], Servers]]:
    """Return several servers that are one store, by name, each started when first asked for."""
    running: dict[str, Servers] = {}
    folders: list[Path] = []

    def get(name: str) -> Servers:
        if name not in running:
            folders.append(embedded.make_runtime_folder())
            made = SEVERAL[name](folders[-1], program(name))
            running[name] = Servers(name, made, servers("valkey"))
        return running[name]

    yield get
    for made in running.values():
        made.several.end()
    for folder in folders:
        shutil.rmtree(folder)


@pytest.fixture
def valkey(
    request: pytest.FixtureRequest,
    servers: Callable[[str], Server],
    several: Callable[[str], Servers],
    server_name: str,
) -> Server | Servers:
    """Return an empty server, or several that are empty."""
    if server_name in SEVERAL:
        if request.node.get_closest_marker("one_server"):
            pytest.skip("of one server")
        found = several(server_name)
        found.several.clear()
        with found.broker.client() as client:
            client.flushall()
        return found
    server = servers(server_name)
    with server.client() as client:
        client.config_set("maxmemory", 0)
        client.flushall()
    return server


@pytest.fixture
def settings(valkey: Server, tmp_path: Path) -> Settings:
    """Return settings that name the empty server and an empty data folder."""
    return Settings.from_env(
        {
            "WINNOW_DATA": str(tmp_path / "var"),
            "WINNOW_REDIS_URL": valkey.url,
            "WINNOW_BROKER_URL": valkey.broker_url,
            "WINNOW_SECRET_KEY": SECRET,
        }
    )


@pytest.fixture
def store(settings: Settings) -> Iterator[Store]:
    """Return a connection to the empty server."""
    connected = Store.connect(settings.redis_url)
    yield connected
    connected.close()


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    """Return a process's view of an installation that has just been set up, without a site."""
    opened = open_runtime(settings)
    migrations.migrate(opened.store, print)
    first_run.use_shipped(opened.store, settings)
    yield opened
    opened.close()


@pytest.fixture
def blog() -> Iterator[Site]:
    """Return the web server of a site that does what it is told by word back."""
    made = Site()
    made.body = told_well
    yield made
    made.close()
