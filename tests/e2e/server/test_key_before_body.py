"""Who asks is looked at before a body is waited for, where that can be seen before it."""

from __future__ import annotations

import json
import re
import socket
from urllib.parse import urlencode

import pytest

from tests.e2e.server.conftest import Web


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
