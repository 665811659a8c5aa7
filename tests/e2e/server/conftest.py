"""Two web processes on the real store, and who may call them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from moderation.cli import services
from moderation.flow.akismet import accounts
from moderation.flow.opening import open_runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import migrations
from tests.conftest import SECRET, Server
from tests.e2e.running import free_port
from tests.processes import Running, until


@dataclass
class Web:
    """Two web processes, and who may call them."""

    port: int
    running: Running
    token: str
    moderator: str
    key: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def head(self, path: str, more: str) -> bytes:
        """Return the head of a request with the token."""
        return (
            f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\n{more}\r\n\r\n"
        ).encode()

    def memory(self) -> int:
        """Return what the web processes take, in bytes."""
        return sum(process.memory_info().rss for process in self.running.family())

    def metric(self, name: str) -> float:
        """Return a metric without labels, or the sum over all of them."""
        text = httpx.get(f"{self.url}/metrics", timeout=30).text
        return sum(map(float, re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)))


@pytest.fixture(scope="module")
def web(
    servers: Callable[[str], Server], tmp_path_factory: pytest.TempPathFactory, kernels: None
) -> Iterator[Web]:
    """Return two web processes on a store with one site and one account."""
    server = servers("valkey")
    with server.client() as client:
        client.flushall()
    port = free_port()
    settings = Settings.from_env(
        {
            "WINNOW_DATA": str(tmp_path_factory.mktemp("stalled") / "var"),
            "WINNOW_REDIS_URL": server.url,
            "WINNOW_BROKER_URL": server.broker_url,
            "WINNOW_SECRET_KEY": SECRET,
            "WINNOW_BIND": f"127.0.0.1:{port}",
        }
    )
    runtime = open_runtime(settings)
    migrations.migrate(runtime.store, print)
    first_run.use_shipped(runtime.store, settings)
    first_run.add_site(runtime.store, "blog.example")
    token = first_run.add_token(runtime.store, "blog.example", ("submit",), "test", 0)
    moderator = first_run.add_token(runtime.store, "blog.example", ("moderate",), "test", 0)
    _, key = accounts.create_account(runtime.store, runtime.secret, "account")
    runtime.close()
    running = Running(services.web(settings), services.environment(settings))
    made = Web(port, running, token, moderator, key)

    def ready() -> bool:
        """Say whether both processes answer: a request's id begins with its process's word."""
        found = set()
        with contextlib.suppress(httpx.TransportError):
            for _ in range(20):
                answer = httpx.get(f"{made.url}/readyz", timeout=5)
                assert answer.status_code == 200
                found.add(answer.headers["X-Request-Id"].partition("-")[0])
        return len(found) == 2

    until(ready, 60, lambda: running.output)
    yield made
    running.end()
