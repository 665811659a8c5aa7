"""What hundreds of clients that stall do to the others: nothing. On the real server and store."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from moderation.cli import services
from moderation.flow.akismet import accounts
from moderation.flow.opening import open_runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import schema
from tests.conftest import SECRET, Server
from tests.e2e.running import free_port
from tests.e2e.stalling import Crowd, pieces, slowest
from tests.processes import Running, until

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(240)]

ENOUGH_SECONDS = 40
"""Well beyond the window over which the server looks at a rate."""


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
    servers: Callable[[str], Server], tmp_path_factory: pytest.TempPathFactory
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
    schema.migrate(runtime.store, print)
    first_run.use_shipped(runtime.store, settings)
    first_run.add_site(runtime.store, "blog.example")
    token = first_run.add_token(runtime.store, "blog.example", ("submit",), "test", 0)
    moderator = first_run.add_token(runtime.store, "blog.example", ("moderate",), "test", 0)
    _, key = accounts.create_account(runtime.store, runtime.secret, "account")
    runtime.close()
    running = Running(services.web(settings), services.environment(settings))
    made = Web(port, running, token, moderator, key)

    def ready() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{made.url}/readyz", timeout=5).status_code == 200
        return False

    until(ready, 60, lambda: running.output)
    yield made
    running.end()


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


def send_slowly(web: Web, said: list[Any]) -> None:
    """Send a comment of 60 KiB at 10,000 bytes a second, as over a bad line."""
    body = json.dumps({"content": "This is a long report on a short walk. " * 1570}).encode()
    with socket.create_connection(("127.0.0.1", web.port), 30) as line:
        line.sendall(web.head("/v1/check", f"Content-Length: {len(body)}\r\nConnection: close"))
        for piece in pieces(body, 1000):
            line.sendall(piece)
            time.sleep(0.1)
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    said += [len(body), answer.split(b" ")[1], json.loads(answer.partition(b"\r\n\r\n")[2])]


def test_health_and_checks_go_on_while_500_stall_and_500_are_idle(web: Web) -> None:
    slow: list[Any] = []
    honest = threading.Thread(target=send_slowly, args=(web, slow))
    with httpx.Client(base_url=web.url, timeout=30) as client, Crowd(web.port) as crowd:
        asked = asks(web, client)
        calm = {name: slowest(50, ask) for name, ask in asked.items()}
        refused_before = web.metric("winnow_bodies_refused_total")
        crowd.add(500, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        refused = stall(web, crowd)
        honest.start()
        new = httpx.get(f"{web.url}/healthz", timeout=30)  # By a connection of its own.
        assert new.elapsed.total_seconds() < 1
        until(lambda: web.metric("winnow_bodies_in_flight") > 250, 10)
        assert web.metric("winnow_connections") > 600
        busy = {name: slowest(50, ask) for name, ask in asked.items()}
        print("calm", calm, "busy", busy)
        for name, seconds in busy.items():
            assert seconds < max(1.0, 10 * calm[name]), (name, busy, calm)
        said = crowd.ended(ENOUGH_SECONDS, idle=500)
        honest.join()
    length, status, checked = slow
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
        print(who, before >> 20, most >> 20)
        assert most - before < 300 << 20, (before >> 20, most >> 20)
        assert web.metric("winnow_held_bytes") < 129 << 20
        for name, ask in asked.items():
            assert slowest(20, ask) < 5, name
        crowd.ended(ENOUGH_SECONDS)
    until(lambda: web.metric("winnow_held_bytes") < 1 << 20, 20)


def exchange(web: Web, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes as they are and return the answer, which must come without anything more."""
    with socket.create_connection(("127.0.0.1", web.port), 5) as line:
        line.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer or not _is_whole(answer):
            part = line.recv(65_536)
            assert part, answer
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), dict(text.lower().split(": ", 1) for text in lines), body


def _is_whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    found = re.search(rb"content-length: (\d+)", head.lower())
    return found is not None and len(body) >= int(found[1])


@pytest.mark.parametrize("length", ["Content-Length: 20", "Content-Length: 3000000",
                                    "Transfer-Encoding: chunked",
                                    "Content-Length: 20\r\nExpect: 100-continue"])  # fmt: skip
@pytest.mark.parametrize(
    "path, authorization, status, problem",
    [
        ("/v1/check", "", 401, "unauthorised"),
        ("/v1/comments", "Authorization: Basic YTpi\r\n", 401, "unauthorised"),
        ("/v1/comments/batch", "Authorization: Bearer unknown\r\n", 401, "unauthorised"),
        ("/v1/check", "MODERATOR", 403, "forbidden"),
        ("/v1/comments/01J00000000000000000000000/decision", "TOKEN", 403, "forbidden"),
        ("/v1/nothing", "TOKEN", 404, "not-found"),
        ("/v1/stats", "TOKEN", 405, "method-not-allowed"),
    ],
)
def test_a_token_is_looked_at_before_the_body(
    web: Web, path: str, authorization: str, status: int, problem: str, length: str
) -> None:
    given = {"MODERATOR": web.moderator, "TOKEN": web.token}.get(authorization)
    header = f"Authorization: Bearer {given}\r\n" if given else authorization
    found, headers, body = exchange(
        web,
        f"POST {path} HTTP/1.1\r\nHost: x\r\n{header}Content-Type: application/json\r\n"
        f"{length}\r\n\r\n".encode(),
    )
    assert (found, json.loads(body)["type"]) == (status, f"/problems/{problem}")
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["request_id"] == headers["x-request-id"]


def test_a_body_that_is_too_large_is_not_waited_for(web: Web) -> None:
    found, _, body = exchange(web, web.head("/v1/check", "Content-Length: 5000000"))
    assert (found, json.loads(body)["type"]) == (413, "/problems/too-large")
    found, _, body = exchange(web, web.head("/v1/comments/batch", "Content-Length: 9000000"))
    assert found == 413


@pytest.mark.parametrize(
    "target, host, length, is_read",
    [
        ("?api_key=KEY", "x", 8 << 20, True),
        ("", "KEY.rest.example", 8 << 20, True),
        ("", "x", 8 << 20, True),
        ("?api_key=aaaaaaaaaaaa", "x", 256 << 10, True),
        ("?api_key=aaaaaaaaaaaa", "x", (256 << 10) + 1, False),
        ("", "aaaaaaaaaaaa.rest.example", 1 << 20, False),
        ("?api_key=KEY", "x", (8 << 20) + 1, False),
        ("", "x", (8 << 20) + 1, False),
    ],
)
def test_an_akismet_key_before_the_form_says_how_much_of_it_is_read(
    web: Web, target: str, host: str, length: int, is_read: bool
) -> None:
    head = (
        f"POST /1.1/comment-check{target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n"
        "Expect: 100-continue\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
    ).replace("KEY", web.key)
    with socket.create_connection(("127.0.0.1", web.port), 5) as line:
        line.sendall(head.encode())
        first = line.recv(65_536)
    if is_read:
        assert first == b"HTTP/1.1 100 Continue\r\n\r\n"
    else:
        assert first.startswith(b"HTTP/1.1 413 ")
        assert first.endswith(b"\r\n\r\nfailed")


def test_an_unknown_key_before_the_form_does_no_harm_to_a_good_one_in_it(web: Web) -> None:
    fields = {"api_key": web.key, "blog": "https://blog.example", "user_ip": "1",
              "comment_content": "word " * 20_000}  # fmt: skip
    body = urlencode(fields).encode()
    head = (
        "POST /1.1/comment-check?api_key=aaaaaaaaaaaa HTTP/1.1\r\n"
        f"Host: bbbbbbbbbbbb.rest.example\r\nContent-Length: {len(body)}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    assert len(body) > 100_000
    found, _, said = exchange(web, head.encode() + body)
    assert (found, said) in ((200, b"true"), (200, b"false"))
