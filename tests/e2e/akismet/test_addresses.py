"""Who calls, over a real server on a socket for both versions of IP, behind a proxy of ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx
import msgspec
import pytest

from moderation.cli import services
from moderation.flow.akismet.keys import UNKNOWN_AT_MOST
from tests.e2e.akismet.conftest import Installation
from tests.e2e.running import free_port
from tests.processes import Running, until

Lines = list[tuple[str, str]]


@pytest.fixture
def port(installation: Installation, kernels: None) -> Iterator[int]:
    """Return the port of a web process that listens on `[::]` and trusts 127.0.0.1."""
    found = free_port()
    settings = msgspec.structs.replace(installation.settings, bind=("::", found), web_workers=1)
    env = services.environment(settings) | {"WINNOW_TRUSTED_PROXIES": "127.0.0.1"}
    web = Running(services.web(settings), env)

    def answers() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{found}/1.1/test", timeout=5).text == "connected"
        return False

    until(answers, 60, lambda: web.output)
    yield found
    web.end()


def via(address: str) -> Lines:
    return [("X-Forwarded-For", address)]


def said(port: int, key: int, headers: Lines, host: str = "127.0.0.1") -> str:
    """Return what is said to a caller of an unknown key."""
    form = {"key": f"{key:012x}", "blog": "https://blog.example"}
    url = f"http://{host}:{port}/1.1/verify-key"
    return httpx.post(url, data=form, headers=headers, timeout=30).text


def test_every_caller_counts_for_himself_however_a_proxy_writes_him(port: int) -> None:
    for n in range(UNKNOWN_AT_MOST):
        assert said(port, n, via(f"203.0.113.6:{40000 + n}")) == "invalid"
    for same in ("203.0.113.6", "203.0.113.6:1", "::ffff:203.0.113.6", "[::ffff:203.0.113.6]:2"):
        assert said(port, 99, via(same)) == "failed", same
        assert said(port, 99, via(f"198.51.100.1, {same}")) == "failed", same
    assert said(port, 99, [*via("198.51.100.1"), *via("203.0.113.6")]) == "failed"
    for other in ("203.0.113.7:40000", "[2001:db8::7]", "[2001:db8::7]:40000", "unknown"):
        assert said(port, 99, via(other)) == "invalid", other


def test_nobody_but_the_proxy_is_believed(port: int) -> None:
    for n in range(UNKNOWN_AT_MOST):
        assert said(port, n, via(f"203.0.113.{n}"), "[::1]") == "invalid"
    assert said(port, 99, via("198.51.100.1"), "[::1]") == "failed"
    assert said(port, 99, via("198.51.100.1")) == "invalid"


def test_a_header_that_only_looks_like_the_proxys_is_not_read(port: int) -> None:
    """Through a proxy that passes on what it does not know, before or behind its own line."""
    spoofed = [("X_Forwarded_For", "198.51.100.1"), ("x_forwarded-for", "198.51.100.2")]
    for n in range(UNKNOWN_AT_MOST):
        lines = [*spoofed, *via("203.0.113.8")] if n % 2 else [*via("203.0.113.8"), *spoofed]
        assert said(port, n, lines) == "invalid"
    for lines in ([*spoofed, *via("203.0.113.8")], [*via("203.0.113.8"), *spoofed]):
        assert said(port, 99, lines) == "failed"
    assert said(port, 99, via("198.51.100.1")) == "invalid"
