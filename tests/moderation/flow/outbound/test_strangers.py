"""Whatever a server answers, an exchange ends in time, keeps little, and says what happened."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from moderation.flow.outbound import request
from moderation.flow.outbound.request import BODY_BYTES, OutboundError, Reply, get, post
from tests import strangers
from tests.clock import Stopwatch
from tests.strangers import BOMB, FAULTS, OK, Speak, Stranger, body, patience, pours, says

LOOPBACK = ("127.0.0.0/8",)
SECONDS = 30.0
MOST = 1 << 20

Meet = Callable[[Speak], Stranger]


@pytest.fixture
def meet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Meet]:
    """Start strangers, and give an exchange as long as it needs."""
    monkeypatch.setattr(request, "WHOLE_SECONDS", SECONDS)
    made: list[Stranger] = []

    def start(speak: Speak) -> Stranger:
        made.append(Stranger(speak))
        return made[-1]

    yield start
    for one in made:
        one.close()


def fetched(stranger: Stranger, seconds: float = SECONDS) -> Reply:
    return get(stranger.url, {}, MOST, seconds, LOOPBACK)


def told(stranger: Stranger, _seconds: float) -> Reply:
    return post(stranger.url, b"{}", {}, LOOPBACK)


@pytest.mark.parametrize("how", [fetched, told])
@pytest.mark.parametrize("name", FAULTS)
def test_it_ends_in_time_and_says_what_happened(
    meet: Meet, name: str, how: Callable[..., Reply], monkeypatch: pytest.MonkeyPatch
) -> None:
    speak, said = FAULTS[name]
    monkeypatch.setattr(request, "WHOLE_SECONDS", patience(said))
    stranger = meet(speak)
    with Stopwatch() as watch, pytest.raises(OutboundError, match=said):
        how(stranger, patience(said))
    assert watch.seconds < 15
    assert stranger.heard == 1


@pytest.mark.parametrize(
    "answer",
    [body(b"x" * 2000, length=20_000), body(b"", length=5)],
    ids=["in the middle", "before its body"],
)
def test_a_body_that_breaks_off_is_no_list(meet: Meet, answer: bytes) -> None:
    with pytest.raises(OutboundError, match="broke off"):
        fetched(meet(says(answer)))


@pytest.mark.parametrize(
    "speak",
    [
        pours(OK + b"\r\n", b"z" * 65_536),
        pours(OK + b"Content-Length: 999999999999\r\n\r\n", b"z" * 65_536),
        pours(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"2\r\nzz\r\n" * 9000),
        pours(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"FFFFFFF\r\n" + b"z" * 65_536),
    ],
    ids=["until it closes", "of a length", "in small pieces", "in one piece"],
)
def test_an_endless_body_is_read_as_far_as_it_may_be_and_kept_once(
    meet: Meet, speak: Speak, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "WHOLE_SECONDS", 30.0)
    stranger = meet(speak)
    assert len(post(stranger.url, b"{}", {}, LOOPBACK).body) == BODY_BYTES
    tracemalloc.start()
    try:
        with pytest.raises(OutboundError, match="longer than 1,048,576 bytes"):
            get(stranger.url, {}, MOST, 30.0, LOOPBACK)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * MOST


@pytest.mark.parametrize("named", [b"gzip", b"br, GZIP", b"zstd", b"x-gzip", b"utf-8,deflate"])
def test_what_is_packed_is_not_unpacked(meet: Meet, named: bytes) -> None:
    assert len(BOMB) < MOST < strangers.BOMB_BYTES
    stranger = meet(says(body(BOMB, b"Content-Encoding: " + named)))
    with pytest.raises(OutboundError, match="packed"):
        fetched(stranger)
    assert post(stranger.url, b"{}", {}, LOOPBACK).body == BOMB[:BODY_BYTES]


@pytest.mark.parametrize(
    "status", [b"301 Moved", b"304 Not Modified", b"404 Not Found", b"500 Oops"]
)
def test_a_status_is_told_though_the_page_with_it_is_packed(meet: Meet, status: bytes) -> None:
    packed = b"\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n"
    assert fetched(meet(says(b"HTTP/1.1 " + status + packed))).status == int(status[:3])


@pytest.mark.parametrize("named", [b"identity", b"UTF-8", b"none", b""])
def test_what_is_not_packed_is_read_whatever_its_server_calls_it(meet: Meet, named: bytes) -> None:
    plain = body(b"a.example", b"Content-Encoding: " + named)
    assert fetched(meet(says(plain))).body == b"a.example"


def test_redirects_that_lead_in_a_circle_or_on_and_on_are_not_followed(meet: Meet) -> None:
    stranger = meet(says(b""))
    to = stranger.url.encode()
    for status in (301, 302, 303, 307, 308):
        moved = b"HTTP/1.1 %d Moved\r\nLocation: %snext\r\nContent-Length: 0\r\n\r\n" % (status, to)
        stranger.speak = says(moved)
        before = stranger.heard
        assert fetched(stranger).status == status
        assert post(stranger.url, b"{}", {}, LOOPBACK).status == status
        assert stranger.heard == before + 2


def test_nobody_there_is_said(meet: Meet) -> None:
    stranger = meet(says(b""))
    stranger.close()
    with pytest.raises(OutboundError, match="nobody listens there"):
        fetched(stranger)
