"""The protocol over a real server: many at once, old HTTP, an absent store."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import msgspec
import pytest

from moderation.cli import services
from moderation.flow.akismet.statistics import recorded_this_month
from tests.conftest import Server
from tests.e2e.akismet.conftest import BLATANT, Installation
from tests.e2e.running import free_port
from tests.processes import Running, until

HAM = "Thanks, the second example fixed my build, number"
CLIENTS, EACH = 64, 12


@pytest.fixture(scope="module")
def url(installation: Installation, kernels: None) -> Iterator[str]:
    """Return two web processes on this machine, behind a proxy on it."""
    port = free_port()
    settings = msgspec.structs.replace(
        installation.settings, bind=("127.0.0.1", port), web_workers=2
    )
    env = services.environment(settings) | {"WINNOW_TRUSTED_PROXIES": "127.0.0.1"}
    web = Running(services.web(settings), env)
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{address}/1.1/test", timeout=5).text == "connected"
        return False

    until(answers, 60, lambda: web.output)
    yield address
    web.end()


def form(installation: Installation, blog: str, text: str, **more: str) -> dict[str, str]:
    fields = {"comment_author": "Ada", "user_ip": "203.0.113.7", "comment_content": text}
    return {"api_key": installation.key, "blog": blog, **fields, **more}


def test_sixty_four_clients_at_once_get_correct_answers(
    url: str, installation: Installation
) -> None:
    blogs = [installation.blog(f"many-{n}") for n in range(4)]
    before = recorded_this_month(installation.runtime.store, installation.account)
    guids: list[str] = []
    wrong: list[tuple[str, str, str]] = []
    start = threading.Barrier(CLIENTS)

    def talk(n: int) -> None:
        asked = [
            ("false", "", {"text": f"{HAM} {n}"}),
            ("true", "", {"text": f"x {n}", "comment_author": "viagra-test-123"}),
            ("true", "discard", {"text": f"{BLATANT} {n}", "comment_author": "pills"}),
            ("invalid", "", {"text": "x", "api_key": f"{n:012x}"}),
        ]
        with httpx.Client(base_url=url, timeout=60) as client:
            start.wait(60)
            for turn in range(EACH):
                said, tip, more = asked[turn % len(asked)]
                more = dict(more)
                text = f"{more.pop('text')} {turn}"
                sent = form(installation, blogs[n % 4], text, **more)
                # Each comes from an address of its own, or its unknown keys would count together.
                via = {"X-Forwarded-For": f"198.51.100.{n}"}
                answer = client.post("/1.1/comment-check", data=sent, headers=via)
                got = answer.text, answer.headers.get("X-akismet-pro-tip", "")
                if answer.status_code != 200 or got != (said, tip):
                    wrong.append((text, said, str(got)))
                if said != "invalid":
                    guids.append(answer.headers["X-akismet-guid"])

    threads = [threading.Thread(target=talk, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(guids) == len(set(guids)) == CLIENTS * EACH * 3 // 4
    recorded = recorded_this_month(installation.runtime.store, installation.account) - before
    assert recorded == CLIENTS * EACH * 2 // 4, "ham and blatant spam are kept, magic words not"


def spoken(url: str, request: bytes) -> bytes:
    """Send bytes as they are and return what comes until the server ends the connection."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), 10) as line:
        line.sendall(request)
        parts = []
        while part := line.recv(65_536):
            parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_old_http_gets_the_same_answer_with_its_length(
    url: str, installation: Installation, version: bytes
) -> None:
    body = f"key={installation.key}&blog=http://old.example".encode()
    answer = spoken(
        url,
        b"POST /1.1/verify-key HTTP/%s\r\nHost: rest.example\r\nConnection: close\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s"
        % (version, len(body), body),
    )
    head, _, said = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/%s 200" % version)
    assert b"content-length: 5" in head.lower()
    assert said == b"valid"


def test_a_body_beyond_the_bound_is_answered_and_the_connection_goes_on(
    url: str, installation: Installation
) -> None:
    with httpx.Client(base_url=url, timeout=30) as client:
        for _ in range(2):
            sent = form(installation, "https://long.example", "word " * 800_000)
            answer = client.post("/1.1/comment-check", data=sent)
            assert (answer.status_code, answer.text) in ((200, "false"), (200, "true"))


def test_a_form_in_parts_is_read_and_a_file_in_it_is_not(
    url: str, installation: Installation
) -> None:
    sent = form(installation, "https://parts.example", HAM, comment_author="viagra-test-123")
    picture = {"picture": ("x.png", os.urandom(3 << 20), "image/png")}
    with httpx.Client(base_url=url, timeout=30) as client:
        for fields in (sent, dict(reversed(sent.items()))):
            answer = client.post("/1.1/comment-check", data=fields, files=picture)
            assert (answer.status_code, answer.text) == (200, "true")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_form_that_is_too_long_is_refused_and_the_client_hears_it(
    url: str, installation: Installation, chunked: bool
) -> None:
    body = urlencode(form(installation, "https://long.example", "word " * (2 << 20))).encode()
    assert len(body) > 8 << 20
    content = (body[at : at + 65_536] for at in range(0, len(body), 65_536)) if chunked else body
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    with httpx.Client(base_url=url, timeout=30) as client:
        answer = client.post("/1.1/comment-check", content=content, headers=kind)
        assert (answer.status_code, answer.text) == (413, "failed")
        assert client.get("/1.1/test").text == "connected"


def test_without_the_store_a_check_is_false_in_time_and_works_again_after(
    url: str, installation: Installation, servers: object
) -> None:
    server: Server = servers("valkey")  # type: ignore[operator]
    sent = form(installation, "https://store.example", HAM)
    with httpx.Client(base_url=url, timeout=30) as client:
        for _ in range(8):
            assert client.post("/1.1/comment-check", data=sent).text == "false"
        os.kill(server.pid, signal.SIGSTOP)
        try:
            said = Counter[str]()
            for path in ("comment-check", "submit-spam", "verify-key"):
                began = time.monotonic()
                answer = client.post(f"/1.1/{path}", data=sent)
                assert answer.status_code == 200
                if path == "comment-check":
                    assert time.monotonic() - began < 1
                said[answer.text] += 1
            assert said == {"false": 1, "failed": 2}
        finally:
            os.kill(server.pid, signal.SIGCONT)
        until(lambda: client.post("/1.1/comment-check", data=sent).text == "false", 10)
        until(lambda: client.post("/1.1/verify-key", data=sent).text == "valid", 10)
