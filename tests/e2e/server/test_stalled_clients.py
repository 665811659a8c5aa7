"""What hundreds of clients that stall do to the others: nothing. On the real server and store."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.e2e.server.conftest import Web
from tests.e2e.server.crowd import Crowd, pieces, slowest
from tests.processes import until

pytestmark = pytest.mark.timeout(240)

ENOUGH_SECONDS = 40
"""Well beyond the window over which the server looks at a rate."""


def asks(web: Web, client: httpx.Client) -> dict[str, Callable[[], Any]]:
    """Return what goes on being asked: health, checks with a good token, checks with a good key."""
    fields = {
        "api_key": web.key, "blog": "https://blog.example", "user_ip": "192.0.2.1",
        "comment_content": "Thanks, the second example fixed my build.",
    }  # fmt: skip

    def ok(answer: httpx.Response) -> httpx.Response:
        assert answer.status_code == 200, answer.text
        return answer

    def check() -> None:
        body = {"content": "Does this also work with the version from last year?"}
        headers = {"Authorization": f"Bearer {web.token}"}
        assert ok(client.post("/v1/check", json=body, headers=headers)).json()["verdict"]

    def comment_check() -> None:
        assert ok(client.post("/1.1/comment-check", data=fields)).text in ("true", "false")

    return {
        "alive": lambda: ok(client.get("/healthz")),
        "ready": lambda: ok(client.get("/readyz")),
        "check": check,
        "comment-check": comment_check,
    }


def stall(web: Web, crowd: Crowd) -> int:
    """Open 500 connections that stall, in every way there is; return how many of them end by a
    408.
    """
    form = "Content-Type: application/x-www-form-urlencoded"
    check, chunked = "/v1/check", "Transfer-Encoding: chunked"
    crowd.add(70, web.head(check, "Content-Length: 100000") + b'{"c')
    crowd.add(60, web.head(check, "Content-Length: 500") + b'{"content":')
    crowd.add(60, web.head(check, chunked) + b"3\r\nabc\r\n")
    crowd.add(50, web.head(check, "Content-Length: 100000"), trickle=b"a")
    crowd.add(50, web.head(check, chunked), trickle=b"1\r\na\r\n")
    crowd.add(50, web.head(check, "Content-Length: 9000\r\nExpect: 100-continue"))
    # None of these will hear a 408: they are of another protocol, or no requests yet.
    crowd.add(
        60,
        f"POST /1.1/comment-check HTTP/1.1\r\nContent-Length: 100000\r\n{form}\r\n\r\nabc".encode(),
    )
    crowd.add(30, b"GET /healthz HTTP/1.1\r\nHost: x\r\nA: ", trickle=b"b")
    crowd.add(30, web.head(check, "Content-Length: 100000") + b"{", half_close=True)
    crowd.add_unread(40, b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
    return 70 + 60 + 60 + 50 + 50 + 50


def send_slowly(web: Web) -> tuple[int, bytes, Any]:
    """Send a comment of 60 KiB at 10,000 bytes a second, as over a bad line; return its answer."""
    body = json.dumps({"content": "This is a long report on a short walk. " * 1570}).encode()
    with socket.create_connection(("127.0.0.1", web.port), 30) as line:
        line.sendall(web.head("/v1/check", f"Content-Length: {len(body)}\r\nConnection: close"))
        for piece in pieces(body, 1000):
            line.sendall(piece)
            time.sleep(0.1)
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    return len(body), answer.split(b" ")[1], json.loads(answer.partition(b"\r\n\r\n")[2])


def test_health_and_checks_go_on_while_500_stall_and_500_are_idle(web: Web) -> None:
    with (
        ThreadPoolExecutor(1) as pool,
        httpx.Client(base_url=web.url, timeout=30) as client,
        Crowd(web.port) as crowd,
    ):
        asked = asks(web, client)
        calm = {name: slowest(50, ask) for name, ask in asked.items()}
        refused_before = web.metric("winnow_bodies_refused_total")
        crowd.add(500, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        refused = stall(web, crowd)
        honest = pool.submit(send_slowly, web)
        new = httpx.get(f"{web.url}/healthz", timeout=30)  # By a connection of its own.
        # Where the kernel's queue is full for a moment, it is knocked again after one second, two.
        assert new.elapsed.total_seconds() < 5
        until(lambda: web.metric("winnow_bodies_in_flight") > 250)
        assert web.metric("winnow_connections") > 600
        busy = {name: slowest(50, ask) for name, ask in asked.items()}
        for name, seconds in busy.items():
            assert seconds < max(1.0, 10 * calm[name]), (name, busy, calm)
        said = crowd.ended(ENOUGH_SECONDS, idle=500)
        length, status, checked = honest.result()
    assert length > 60_000 and status == b"200" and checked["recorded"] is True
    timeouts = [answer for answer in said if b"/problems/request-timeout" in answer]
    assert len(timeouts) == refused
    assert all(b" 408 " in answer for answer in timeouts)
    assert sum(answer.endswith(b"failed") for answer in said) == 60
    until(lambda: web.metric("winnow_bodies_in_flight") == 0, 20)
    assert web.metric("winnow_bodies_refused_total") - refused_before >= refused + 60
    assert web.metric("winnow_connections_ended_total") >= 30


@pytest.mark.parametrize("who", ["somebody known", "strangers"])
def test_what_500_bodies_take_is_bounded(web: Web, who: str) -> None:
    form = b"POST /1.1/comment-check HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    head = web.head("/v1/check", "Content-Length: 1000000") if who != "strangers" else form
    with httpx.Client(base_url=web.url, timeout=30) as client, Crowd(web.port) as crowd:
        asked = asks(web, client)
        slowest(20, asked["check"])
        before, most = web.memory(), 0
        crowd.add(500, head)
        push = threading.Thread(target=crowd.push, args=(b"a" * 900 * 1024, 30))
        push.start()
        while push.is_alive():
            assert slowest(5, asked["check"]) < 5
            most = max(most, web.memory())
        most = max(most, web.memory())
        # Two processes may hold 64 MiB each; sent are 440.
        assert most - before < 300 << 20, (before >> 20, most >> 20)
        assert web.metric("winnow_held_bytes") < 129 << 20
        for name, ask in asked.items():
            assert slowest(20, ask) < 5, name
    until(lambda: web.metric("winnow_held_bytes") < 1 << 20, 20)


def test_connections_of_a_process_that_was_killed_are_counted_no_more(web: Web) -> None:
    with Crowd(web.port) as crowd:
        crowd.add(60, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        until(lambda: web.metric("winnow_connections") >= 60)
        # The one that holds most of them: it may have been quicker than the other.
        killed = max(web.running.process.children(), key=lambda p: len(p.net_connections()))
        killed.kill()
        until(lambda: len(web.running.process.children()) == 2)
        until(lambda: web.metric("winnow_connections") <= crowd.open() + 2, 30)
        assert 0 < crowd.open() < 60
    assert "Traceback" not in web.running.output
