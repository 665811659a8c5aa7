"""HTTP/1.1 as clients write it: what the application is given, what they are answered."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from moderation.server.reader import PIPELINED
from tests.moderation.server.conftest import MOST, Running, Talk

Open = Callable[[], Talk]


def test_what_an_application_is_given(talk: Open) -> None:
    line = talk()
    line.send(
        b"GET /gr%C3%BC%C3%9Fe%2Fx?a=%20b&c HTTP/1.1\r\nHost: me.example:81\r\nAccept: a\r\n"
        b"accept: b\r\nCookie: one\r\nCookie: two\r\nX-Forwarded-For: 192.0.2.1\r\n"
        b"X_Forwarded_For: 192.0.2.2\r\nContent-Type: text/plain\r\n\r\n"
    )
    status, said = line.answer()
    assert status == 200
    assert said["PATH_INFO"].encode("latin-1").decode() == "/grüße/x"
    assert (said["QUERY_STRING"], said["REQUEST_METHOD"]) == ("a=%20b&c", "GET")
    assert (said["HTTP_HOST"], said["CONTENT_TYPE"]) == ("me.example:81", "text/plain")
    assert (said["HTTP_ACCEPT"], said["HTTP_COOKIE"]) == ("a,b", "one;two")
    assert (said["REMOTE_ADDR"], said["SERVER_PROTOCOL"]) == ("127.0.0.1", "HTTP/1.1")
    assert said["wsgi.url_scheme"] == "http"
    assert said["HTTP_X_FORWARDED_FOR"] == "192.0.2.1", "an underscore passes for no hyphen"


@pytest.mark.parametrize(
    "target, path, query",
    [
        (b"http://me.example/a/b?c=d", "/a/b", "c=d"),
        (b"http://me.example", "/", ""),
        (b"/a#b?c", "/a", ""),
        (b"//x//y", "//x//y", ""),
        (b"*", "*", ""),
    ],
)
def test_targets_in_all_their_forms(talk: Open, target: bytes, path: str, query: str) -> None:
    line = talk()
    line.send(b"OPTIONS %s HTTP/1.1\r\nHost: x\r\n\r\n" % target)
    _, said = line.answer()
    assert (said["PATH_INFO"], said["QUERY_STRING"]) == (path, query)


@pytest.mark.parametrize("pieces", [1, 2, 7, 60])
@pytest.mark.parametrize("how", ["length", "chunks"])
def test_a_body_comes_in_any_pieces(talk: Open, pieces: int, how: str) -> None:
    body = bytes(range(32, 127)) * 40
    if how == "length":
        request = b"POST /a HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    else:
        sent = b"".join(b"%x;a=b\r\n%s\r\n" % (len(c), c) for c in re.findall(rb".{1,99}", body))
        request = (
            b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + sent + b"0\r\nX: y\r\n\r\n"
        )
    line, step = talk(), len(request) // pieces + 1
    for _ in range(2):
        for at in range(0, len(request), step):
            line.send(request[at : at + step])
            if pieces > 1:
                time.sleep(0.001)
        status, said = line.answer()
        assert (status, said["body"]) == (200, body.decode())
        assert said["CONTENT_LENGTH"] == str(len(body))
        assert "HTTP_X" not in said and "HTTP_TRANSFER_ENCODING" not in said


def test_requests_sent_together_are_answered_in_their_order(talk: Open) -> None:
    line = talk()
    line.send(b"".join(b"POST /%d HTTP/1.1\r\nContent-Length: 2\r\n\r\nab" % n for n in range(10)))
    assert [line.answer()[1]["PATH_INFO"] for _ in range(10)] == [f"/{n}" for n in range(10)]
    line.send(b"GET /more HTTP/1.1\r\n\r\n")
    assert line.answer()[1]["PATH_INFO"] == "/more"


def test_of_far_too_many_requests_at_once_the_first_are_answered(talk: Open) -> None:
    line = talk()
    line.send(b"GET /x HTTP/1.1\r\n\r\n" * 500)
    for _ in range(PIPELINED):
        assert "connection" not in line.headers
        assert line.answer()[1]["PATH_INFO"] == "/x"
    assert line.headers["connection"] == "close"
    assert line.ends()


def test_a_request_that_comes_while_another_is_answered_waits(server: Running, talk: Open) -> None:
    line = talk()
    line.send(b"GET /wait HTTP/1.1\r\n\r\n")
    line.post("/next", b"abc", length=6)
    server.asked.hold.set()
    assert line.answer()[1]["PATH_INFO"] == "/wait"
    line.send(b"def")
    assert line.answer()[1]["body"] == "abcdef"


@pytest.mark.parametrize(
    "version, header, closes",
    [
        ("1.1", "", False),
        ("1.1", "Connection: close\r\n", True),
        ("1.0", "", True),
        ("1.0", "Connection: keep-alive\r\n", False),
    ],
)
def test_connections_go_on_as_clients_wish(
    talk: Open, version: str, header: str, closes: bool
) -> None:
    line = talk()
    line.send(f"GET /a HTTP/{version}\r\n{header}\r\n".encode())
    status, headers = line.head()
    assert status == 200 and int(headers["content-length"]) > 0
    assert re.fullmatch(r"[a-z]{3}, \d\d [a-z]{3} \d{4} [\d:]{8} gmt", headers["date"])
    if closes:
        assert headers["connection"] == "close"
    elif version == "1.0":
        assert headers["connection"] == "keep-alive"
    line.socket.settimeout(0.3)
    left = b""
    try:
        while part := line.socket.recv(65_536):
            left += part
        assert closes
    except TimeoutError:
        assert not closes


def test_a_head_is_answered_without_a_body(talk: Open) -> None:
    line = talk()
    line.send(b"HEAD /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n")
    assert int(line.head()[1]["content-length"]) > 0
    assert line.answer()[1]["PATH_INFO"] == "/b"


@pytest.mark.parametrize(
    "request_, status",
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GET /a\r\n\r\n", 505),
        (b"GET /a HTTP/2.0\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET /a HTTP/1.1\r\nA b\r\n\r\n", 400),
        (b"GET a HTTP/1.1\r\n\r\n", 400),
        (b"GET /a HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
        (b"POST /a HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /a HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0", 400),
        (b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
        (b"POST /a HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
        (b"GET /%s HTTP/1.1\r\n\r\n" % (b"a" * 200_000), 431),
        (b"GET /a HTTP/1.1\r\n" + b"".join(b"A%d: b\r\n" % n for n in range(101)) + b"\r\n", 431),
        (b"GET /a HTTP/1.1\r\nA: %s\r\n\r\n" % (b"b" * 200_000), 431),
    ],
)  # fmt: skip
def test_what_is_no_proper_request_is_refused(
    server: Running, talk: Open, request_: bytes, status: int
) -> None:
    line = talk()
    line.send(request_)
    found, headers = line.head()
    assert (found, headers["connection"]) == (status, "close")
    assert line.ends()
    assert server.asked.answered == []


def test_another_protocol_is_not_spoken_and_the_request_is_answered(talk: Open) -> None:
    line = talk()
    line.post("/a", b"abc", more="Connection: Upgrade\r\nUpgrade: h2c\r\n")
    assert line.answer()[1]["body"] == "abc"


def test_a_body_that_is_wanted_is_asked_for(talk: Open) -> None:
    line = talk()
    line.post("/a", b"", length=3, more="Expect: 100-continue\r\n")
    assert line.head()[0] == 100
    line.send(b"abc")
    assert line.answer()[1]["body"] == "abc"
    line.post("/refused", b"", length=3, more="Expect: 100-continue\r\n")
    status, said = line.answer()
    assert (status, said["body"]) == (400, "unasked")
    assert line.ends()


@pytest.mark.parametrize("count", [1, 5])
def test_who_sends_no_more_hears_every_answer(talk: Open, count: int) -> None:
    line = talk()
    for n in range(count):
        line.post(f"/{n}", b"abc")
    line.socket.shutdown(1)
    assert [line.answer()[1]["PATH_INFO"] for _ in range(count)] == [f"/{n}" for n in range(count)]
    assert line.ends()


def test_who_sends_no_more_within_a_request_is_not_waited_for(talk: Open) -> None:
    line = talk()
    line.post("/a", b"abc")
    line.post("/b", b"abc", length=9)
    line.socket.shutdown(1)
    assert line.answer()[1]["PATH_INFO"] == "/a"
    assert line.ends()


@pytest.mark.parametrize("length", ["declared", "chunked"])
def test_a_body_that_is_too_large_is_refused_and_its_sender_hears_of_it(
    server: Running, talk: Open, length: str
) -> None:
    # More than the kernels hold: who is hung up on while it sends cannot send on.
    line, body = talk(), b"a" * (20 * MOST)
    if length == "declared":
        line.post("/a", body)
    else:
        head = b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(body)
        line.send(head + body + b"\r\n0\r\n\r\n")
    status, said = line.answer()
    assert (status, said["body"]) == (400, "large")
    assert line.ends()


@pytest.mark.parametrize("path", ["/broken", "/raises"])
def test_an_application_that_fails_is_no_answer(
    talk: Open, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    line = talk()
    line.send(f"GET {path} HTTP/1.1\r\n\r\n".encode())
    status, headers = line.head()
    assert (status, headers["content-length"]) == (500, "0")
    assert "set-cookie" not in headers
    assert line.ends()
    assert "a request, outside of its application, failed unexpectedly" in caplog.text


@pytest.mark.parametrize(
    "around",
    [b"0\r\nA: " + b"b" * 3_000_000, b"1;" + b"c" * 3_000_000, b"0\r\n" + b"A: b\r\n" * 500_000],
    ids=["a long trailer", "a long extension", "many trailers"],
)
def test_what_stands_around_a_body_in_chunks_is_bounded(talk: Open, around: bytes) -> None:
    """Whoever sends it without end keeps the process busy, and needs no key for it."""
    line = talk()
    line.send(b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + around)
    status, _ = line.answer()
    assert status in (400, 431)
    assert line.ends()


def test_a_body_in_chunks_of_one_byte_is_read(talk: Open) -> None:
    line = talk()
    line.send(b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    line.send(b"1\r\na\r\n" * 30_000 + b"0\r\n\r\n")
    status, said = line.answer()
    assert status == 200
    assert said["CONTENT_LENGTH"] == "30000"
