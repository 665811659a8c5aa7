"""Clients that send slowly or not at all, or take nothing: they end, and nobody waits for them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable

import msgspec
import pytest

from tests.clock import Stopwatch
from tests.moderation.server.conftest import QUICK, Running, Talk
from tests.processes import until

Open = Callable[[], Talk]

STALLED = {
    "of a length": b"POST /a HTTP/1.1\r\nContent-Length: 100000\r\n\r\nabc",
    "of a small length": b"POST /a HTTP/1.1\r\nContent-Length: 11\r\n\r\nabc",
    "in chunks": b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    "within a chunk": b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\nabc",
    "of nothing": b"POST /a HTTP/1.1\r\nContent-Length: 100000\r\n\r\n",
    "behind another": b"GET /b HTTP/1.1\r\n\r\nPOST /a HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc",
}


@pytest.mark.parametrize("request_", STALLED.values(), ids=STALLED)
def test_a_body_that_stalls_is_given_up(server: Running, talk: Open, request_: bytes) -> None:
    line, began = talk(), time.monotonic()
    line.send(request_)
    if b"/b" in request_:
        assert line.answer()[0] == 200
    status, said = line.answer()
    assert (status, said["body"]) == (400, "slow")
    assert QUICK.window_seconds * 0.9 < time.monotonic() - began < 10
    assert line.ends()
    until(lambda: server.asked.counts.refused == {"slow": 1})
    until(lambda: (server.asked.counts.bodies, server.asked.counts.held) == (0, 0))


def steadily(line: Talk, piece: bytes, pause: float) -> threading.Event:
    """Send a piece again and again, until told to stop or the server has enough."""
    stop = threading.Event()

    def send() -> None:
        while not stop.wait(pause):
            try:
                line.send(piece)
            except OSError:
                return

    threading.Thread(target=send, daemon=True).start()
    return stop


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_body_that_trickles_is_given_up(talk: Open, framing: str) -> None:
    line = talk()
    if framing == "length":
        line.post("/a", b"", length=100_000)
        stop = steadily(line, b"a", 0.01)
    else:
        line.send(b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        stop = steadily(line, b"1\r\na\r\n", 0.01)
    assert line.answer()[1]["body"] == "slow"
    stop.set()


def test_framing_is_no_progress(talk: Open) -> None:
    line = talk()
    line.send(b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
    stop = steadily(line, b"1;%s\r\na\r\n" % (b"x" * 5000), 0.01)
    assert line.answer()[1]["body"] == "slow"
    stop.set()


def test_a_slow_client_that_is_steady_is_heard(talk: Open) -> None:
    line, piece = talk(), b"a" * 500
    line.post("/a", b"", length=30 * len(piece))
    for _ in range(30):  # 10,000 bytes a second, over three windows
        time.sleep(0.05)
        line.send(piece)
    status, said = line.answer()
    assert (status, said["body"]) == (200, "a" * 15_000)


def test_a_body_has_a_deadline_however_steady_it_is(talk: Open) -> None:
    line, began = talk(), time.monotonic()
    line.post("/a", b"", length=900_000)
    stop = steadily(line, b"a" * 500, 0.05)
    assert line.answer()[1]["body"] == "late"
    stop.set()
    assert time.monotonic() - began > QUICK.body_seconds * 0.9


@pytest.mark.parametrize("sent", [b"G", b"GET /a HTTP/1.1\r\n", b"GET /a HTTP/1.1\r\nHost: x\r\nA"])
def test_a_head_that_does_not_come_is_given_up(server: Running, talk: Open, sent: bytes) -> None:
    line = talk()
    line.send(sent)
    status, headers = line.head()
    assert (status, headers["connection"]) == (408, "close")
    assert line.ends()
    until(lambda: server.asked.counts.ended == {"head": 1})


def test_a_head_that_trickles_is_given_up(talk: Open) -> None:
    line = talk()
    line.send(b"GET /a HTTP/1.1\r\n")
    stop = steadily(line, b"A: b\r\n", 0.02)
    assert line.head()[0] == 408
    stop.set()


def test_idle_connections_end_the_new_ones_sooner(talk: Open) -> None:
    new, used, began = talk(), talk(), time.monotonic()
    used.send(b"GET /a HTTP/1.1\r\n\r\n")
    assert used.answer()[0] == 200
    assert new.ends()
    assert time.monotonic() - began < QUICK.idle_seconds
    used.send(b"GET /a HTTP/1.1\r\n\r\n")
    assert used.answer()[0] == 200
    assert used.ends()


def narrow(port: int) -> socket.socket:
    """Return a connection that has little room for what it does not read."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", port))
    return line


@pytest.mark.parametrize("requests", [1, 5])
def test_who_takes_no_answer_is_hung_up_on(server: Running, requests: int) -> None:
    with narrow(server.port) as line:
        line.sendall(b"GET /large HTTP/1.1\r\n\r\n" * requests)
        until(lambda: server.asked.counts.held > 1 << 20)
        until(lambda: server.asked.counts.ended == {"unread": 1}, 10)
        until(lambda: (server.asked.counts.held, server.asked.counts.connections) == (0, 0))


def test_who_takes_an_answer_slowly_gets_all_of_it(server: Running) -> None:
    with narrow(server.port) as line:
        line.sendall(b"GET /large HTTP/1.1\r\nConnection: close\r\n\r\n")
        began, size = time.monotonic(), 0
        while part := line.recv(65_536):
            size += len(part)
            if time.monotonic() - began < 3 * QUICK.window_seconds:
                time.sleep(0.02)
        assert size > 8 << 20


def test_only_what_comes_late_or_large_is_asked_about(server: Running, talk: Open) -> None:
    line = talk()
    line.post("/whole", b"a" * 30_000)
    assert line.answer()[0] == 200
    line.post("/parts", b"ab", length=4)
    time.sleep(QUICK.unasked_seconds / 10)
    line.send(b"cd")
    assert line.answer()[1]["body"] == "abcd"
    assert server.asked.admitted == []
    line.post("/late", b"ab", length=4)
    until(lambda: server.asked.admitted == ["/late"])
    line.send(b"cd")
    assert line.answer()[1]["body"] == "abcd"
    line.post("/large", b"a", length=40_000)
    until(lambda: server.asked.admitted == ["/late", "/large"])
    line.send(b"a" * 39_999)
    assert line.head()[0] == 200
    assert server.asked.admitted == ["/late", "/large"]


def test_who_may_send_no_body_is_answered_without_it(server: Running, talk: Open) -> None:
    line = talk()
    line.post("/refused", b"abc", length=100)
    status, said = line.answer()
    assert (status, said["body"]) == (400, "unasked")
    line.send(b"a" * 97)  # It is still listened to, so that it hears the answer.
    assert line.ends()


def test_what_cannot_be_said_of_a_body_in_time_is_not_waited_for(
    server: Running, talk: Open
) -> None:
    lines = [talk() for _ in range(6)]
    for line in lines:
        line.post("/unsaid", b"abc", length=100_000)
    until(lambda: server.asked.admitted.count("/unsaid") == 2)  # Others wait for these two.
    assert [line.answer()[1]["body"] for line in lines] == ["crowded"] * 6
    quick = talk()
    quick.post("/a", b"abc")
    assert quick.answer()[1]["body"] == "abc"
    server.asked.hold.set()


def test_health_is_answered_while_every_thread_is_busy(server: Running, talk: Open) -> None:
    busy = [talk() for _ in range(5)]
    for line in busy:
        line.send(b"GET /wait HTTP/1.1\r\n\r\n")
    until(lambda: server.asked.answered.count("/wait") == 2)
    stalled = [talk() for _ in range(20)]
    for line in stalled:
        line.post("/a", b"abc", length=100_000)
    watching = talk()
    with Stopwatch() as watch:
        watching.send(b"GET /apart?now HTTP/1.1\r\n\r\n")
        assert watching.answer()[1]["PATH_INFO"] == "/apart"
    assert watch.seconds < 1
    assert server.asked.answered.count("/wait") == 2
    server.asked.hold.set()
    assert [line.answer()[0] for line in busy] == [200] * 5


def test_what_is_held_is_bounded_and_who_stalls_longest_goes_first(
    start: Callable[..., Running],
) -> None:
    most = 500_000
    limits = msgspec.structs.replace(
        QUICK, window_seconds=20, held=2 * most, held_for_strangers=most
    )
    server = start(limits)
    known = server.talk()
    known.post("/known", b"k" * 40_000, length=40_001, more="Key: good\r\n")
    small = server.talk()
    small.post("/a", b"s", length=2)
    until(lambda: server.asked.counts.held > 40_000)
    stalled = []
    for _ in range(40):
        stalled.append(server.talk())
        stalled[-1].post("/a", b"a" * 60_000, length=100_000)
        time.sleep(0.03)  # They are told apart by when they last sent something.
    until(lambda: sum(server.asked.counts.refused.values()) >= 30, 15)
    counts = server.asked.counts
    assert set(counts.refused) == {"crowded"}
    assert counts.held <= most + 110_000
    assert stalled[0].answer()[1]["body"] == "crowded"
    honest = server.talk()
    honest.post("/a", b"a" * 50_000, length=100_000)
    time.sleep(0.1)
    honest.send(b"a" * 50_000)
    assert len(honest.answer()[1]["body"]) == 100_000
    known.send(b"k")
    assert len(known.answer()[1]["body"]) == 40_001, "whoever has shown a key keeps the room"
    small.send(b"s")
    assert small.answer()[1]["body"] == "ss", "it would have made no room"


def test_bodies_are_counted_and_strangers_make_room(start: Callable[..., Running]) -> None:
    limits = msgspec.structs.replace(QUICK, window_seconds=20, bodies=6, tick_seconds=0.01)
    server = start(limits)
    known = server.talk()
    known.post("/known", b"ab", length=20_000, more="Key: good\r\n")
    until(lambda: server.asked.counts.bodies == 1)
    stalled = []
    for _ in range(12):
        stalled.append(server.talk())
        stalled[-1].post("/a", b"abc", length=100_000)
        time.sleep(0.03)
    until(lambda: server.asked.counts.refused == {"crowded": 7})
    assert server.asked.counts.bodies == 6
    assert [line.answer()[1]["body"] for line in stalled[:7]] == ["crowded"] * 7
    known.send(b"a" * 19_998)
    assert known.answer()[0] == 200


def test_a_new_connection_takes_the_place_of_the_one_that_was_idle_longest(
    start: Callable[..., Running],
) -> None:
    limits = msgspec.structs.replace(
        QUICK, connections=6, idle_seconds=60, head_seconds=60, tick_seconds=0.01
    )
    server = start(limits)
    lines = []
    for n in range(9):
        lines.append(server.talk())
        lines[-1].send(b"GET /%d HTTP/1.1\r\n\r\n" % n)
        assert lines[-1].answer()[0] == 200
        time.sleep(0.03)
    assert [line.ends() for line in lines[:3]] == [True] * 3
    for line in lines[3:]:
        line.send(b"GET /a HTTP/1.1\r\n\r\n")
        assert line.answer()[0] == 200
    until(lambda: server.asked.counts.ended == {"crowded": 3})


def test_a_stop_waits_for_what_was_begun_and_for_nothing_else(server: Running, talk: Open) -> None:
    idle, busy = talk(), talk()
    idle.send(b"GET /a HTTP/1.1\r\n\r\n")
    assert idle.answer()[0] == 200
    busy.send(b"GET /wait HTTP/1.1\r\n\r\n")
    until(lambda: "/wait" in server.asked.answered)
    server.stop()
    assert idle.ends()
    server.asked.hold.set()
    assert busy.answer()[0] == 200
    assert busy.ends()
