"""Whatever a server answers, an exchange ends in time, keeps little, and says what happened."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from moderation.flow.outbound import request
from moderation.flow.outbound.request import BODY_BYTES, OutboundError, Reply, get, post
from tests import strangers
from tests.clock import Stopwatch
from tests.strangers import BOMB, FAULTS, OK, Speak, Stranger, body, pours, says

LOOPBACK = ("127.0.0.0/8",)
SECONDS = 1.0
MOST = 1 << 20

Meet = Callable[[Speak], Stranger]


@pytest.fixture
def meet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Meet]:
    """Start strangers, and give an exchange a second."""
    monkeypatch.setattr(request, "WHOLE_SECONDS", SECONDS)
    made: list[Stranger] = []

    def start(speak: Speak) -> Stranger:
        made.append(Stranger(speak))
        return made[-1]

    yield start
    for one in made:
        one.close()


def fetched(stranger: Stranger, most: int = MOST) -> Reply:
    return get(stranger.url, {}, most, SECONDS, LOOPBACK)


@pytest.mark.parametrize("how", [fetched, lambda one: post(one.url, b"{}", {}, LOOPBACK)])
@pytest.mark.parametrize("name", FAULTS)
def test_it_ends_in_time_and_says_what_happened(meet: Meet, name: str, how: Callable) -> None:
    speak, said = FAULTS[name]
    stranger = meet(speak)
    with Stopwatch() as watch, pytest.raises(OutboundError, match=said):
        how(stranger)
    assert watch.seconds < 5 * SECONDS
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


@pytest.mark.parametrize("named", [b"gzip", b"br, gzip", b"zstd", b"x"])
def test_what_is_packed_is_not_unpacked(meet: Meet, named: bytes) -> None:
    assert len(BOMB) < MOST < strangers.BOMB_BYTES
    stranger = meet(says(body(BOMB, b"Content-Encoding: " + named)))
    with pytest.raises(OutboundError, match="packed"):
        fetched(stranger)
    assert post(stranger.url, b"{}", {}, LOOPBACK).body == BOMB[:BODY_BYTES]


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
