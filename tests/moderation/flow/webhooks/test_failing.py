"""A receiver that fails, hangs, leads elsewhere or wants to be left alone, by real requests."""

from __future__ import annotations

import itertools
import socket
import threading
from email.utils import formatdate
from typing import Any

import pytest

from moderation.domain.webhooks import AGAIN_SECONDS, JITTER, again_seconds
from moderation.flow.labels.deciding import Word, decide
from moderation.flow.outbound import request
from moderation.flow.people.links import OPERATOR
from moderation.flow.runtime import Runtime
from moderation.flow.webhooks import endpoints, sending
from moderation.store import processes, webhooks
from tests.factories import SITE
from tests.moderation.flow.webhooks.conftest import Hooked
from tests.processes import until

ANN = Word("ann", "console")


def _outcomes(hooked: Hooked) -> list[tuple[str, int, str]]:
    return [
        (one.message.outcome, one.message.tries, one.message.answer)
        for one in reversed(hooked.log())
    ]


def test_what_failed_is_sent_again_by_the_schedule_under_the_same_id(hooked: Hooked) -> None:
    hooked.receiver.status = 500
    hooked.check()
    hooked.work()
    for tries, seconds in enumerate(AGAIN_SECONDS, 1):
        hooked.clock.advance(seconds - 1)
        hooked.work()
        assert len(hooked.receiver.heard) == tries, "sooner than by the schedule"
        hooked.clock.advance(1 + seconds * JITTER)
        hooked.work()
        assert len(hooked.receiver.heard) == tries + 1
    assert len({one["id"] for one in hooked.heard()}) == 1
    assert [o[:2] for o in _outcomes(hooked)] == [("given up", len(AGAIN_SECONDS) + 1)]
    stamps = [int(headers["webhook-timestamp"]) for _, headers, _ in hooked.receiver.heard]
    assert stamps == sorted(stamps) and stamps[-1] - stamps[0] >= sum(AGAIN_SECONDS)


def test_the_schedule_is_the_specifications_with_jitter() -> None:
    assert AGAIN_SECONDS == (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
    for tries, planned in enumerate(AGAIN_SECONDS, 1):
        found = {again_seconds(tries) for _ in range(50)}
        assert len(found) > 1
        assert all(planned <= one <= planned * (1 + JITTER) for one in found if one is not None)
    assert again_seconds(len(AGAIN_SECONDS) + 1) is None


def test_order_is_kept_for_each_comment_and_others_do_not_wait(hooked: Hooked) -> None:
    first, other = hooked.check("The first comment."), None
    hooked.receiver.status = 503
    hooked.work()
    decide(hooked.runtime, SITE, first.id, "spam", ANN, None)
    hooked.receiver.status = 200
    other = hooked.check("Another comment.")
    hooked.work()
    told = hooked.heard(since=1)
    assert [one["data"]["id"] for one in told] == [other.id]
    hooked.clock.advance(10)
    hooked.work()
    of_first = [one for one in hooked.heard(since=1) if one["data"]["id"] == first.id]
    assert [one["type"] for one in of_first] == ["comment.scored", "comment.changed"]


@pytest.mark.parametrize("status", [429, 503])
def test_a_receiver_that_says_when_to_come_again_is_left_alone_until_then(
    hooked: Hooked, status: int
) -> None:
    hooked.receiver.status = status
    hooked.receiver.headers = {"Retry-After": "900"}
    hooked.check("One.")
    hooked.work()
    hooked.receiver.status = 200
    hooked.check("Another, which waits too.")
    hooked.clock.advance(880)
    hooked.work()
    assert len(hooked.receiver.heard) == 1
    hooked.clock.advance(30)
    hooked.work()
    assert len(hooked.receiver.heard) == 3


def test_a_date_says_when_to_come_again_as_well(hooked: Hooked) -> None:
    hooked.receiver.status = 429
    at = hooked.clock.now_ms() / 1000 + 7200
    hooked.receiver.headers = {"Retry-After": formatdate(at, usegmt=True)}
    hooked.check()
    hooked.work()
    due = hooked.log()[0].message.due_ms
    assert abs(due / 1000 - at) < 5


@pytest.mark.parametrize(
    "said", ["-1", "soon", "", "9" * 400, "1e9", "٣", "Thu, 99 Foo 2026 99:99:99 GMT", "\xff"]
)
def test_a_strange_retry_after_delays_by_no_more_than_a_day(hooked: Hooked, said: str) -> None:
    hooked.receiver.status = 429
    hooked.receiver.headers = {"Retry-After": said.encode().decode("latin-1")}
    hooked.check()
    hooked.work()
    waits = hooked.log()[0].message.due_ms - hooked.clock.now_ms()
    assert 0 < waits <= 86_400_000


def test_410_disables_and_nothing_more_is_noted(hooked: Hooked) -> None:
    hooked.receiver.status = 410
    hooked.check()
    hooked.work()
    health = hooked.health()
    assert (health.disabled, health.answer) == ("gone", "answered 410")
    hooked.check()
    hooked.clock.advance(86_400)
    hooked.work()
    assert len(hooked.receiver.heard) == 1
    counted = processes.counted(hooked.runtime.store)
    assert counted["webhooks disabled"] == 1
    hooked.receiver.status = 200
    endpoints.change(
        hooked.runtime.store, SITE, hooked.id, endpoints.Wanted(enabled=True), OPERATOR
    )
    hooked.check("After it was enabled.")
    hooked.work()
    assert hooked.heard()[-1]["data"]["content"] == "After it was enabled."
    assert hooked.health().disabled is None


def test_one_that_fails_for_days_is_disabled_and_one_that_did_well_between_is_not(
    hooked: Hooked, caplog: pytest.LogCaptureFixture
) -> None:
    hooked.receiver.status = 500
    hooked.check("One.")
    hooked.work()
    hooked.clock.advance(2.5 * 86_400)
    hooked.receiver.status = 200
    hooked.work()
    assert hooked.health().failing_ms == 0
    hooked.receiver.status = 500
    hooked.check("Two.")
    hooked.work()
    hooked.clock.advance(2.5 * 86_400)
    hooked.work()
    assert hooked.health().disabled is None
    hooked.clock.advance(0.6 * 86_400)
    hooked.check("Three.")
    hooked.work()
    assert hooked.health().disabled == "failing"
    assert "is disabled" in caplog.text
    pair = (SITE, hooked.id)
    assert webhooks.failing(hooked.runtime.store, [pair]) == {pair: True}


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("metadata.example", "169.254.169.254"), ("home.example", "127.0.0.2"),
        ("inside.example", "10.0.0.5"), ("six.example", "::1"), ("169.254.169.254", ""),
        ("[::1]", ""), ("127.0.0.2", ""),
    ],
)  # fmt: skip
def test_an_address_that_is_not_public_is_not_reached(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch, host: str, address: str
) -> None:
    real = socket.getaddrinfo

    def look(name: str, *more: Any, **options: Any) -> list[Any]:
        return real(address if name == host and address else name, *more, **options)

    monkeypatch.setattr(request.socket, "getaddrinfo", look)
    endpoints.remove(hooked.runtime.store, SITE, hooked.id, OPERATOR)
    hooked.id, _ = hooked.add(f"http://{host}:{hooked.receiver.port}/hook")
    hooked.check()
    hooked.work()
    assert not hooked.receiver.heard
    assert "not public" in hooked.log()[0].message.answer


def test_a_redirect_is_not_followed(hooked: Hooked) -> None:
    hooked.receiver.status = 302
    hooked.receiver.headers = {"Location": f"http://127.0.0.1:{hooked.receiver.port}/elsewhere"}
    hooked.check()
    hooked.work()
    assert [path for path, _, _ in hooked.receiver.heard] == ["/hook"]
    assert hooked.log()[0].message.answer == "answered 302; redirects are not followed"


def test_a_receiver_that_is_away_is_told_when_it_is_back(hooked: Hooked) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    endpoints.remove(hooked.runtime.store, SITE, hooked.id, OPERATOR)
    hooked.id, hooked.secret = hooked.add(f"http://127.0.0.1:{port}/hook")
    hooked.check()
    hooked.work()
    assert hooked.log()[0].message.answer == "no answer: nobody listens there"
    endpoints.change(
        hooked.runtime.store, SITE, hooked.id, endpoints.Wanted(url=hooked.url), OPERATOR
    )
    hooked.clock.advance(10)
    hooked.work()
    assert len(hooked.heard()) == 1


def test_a_receiver_that_hangs_is_given_up_and_holds_up_nobody_else(
    hooked: Hooked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request, "WHOLE_SECONDS", 0.5)
    over = threading.Event()
    hooked.receiver.body = lambda sent: over.wait(60) and b""
    try:
        hooked.check()
        hooked.work()
        assert hooked.log()[0].message.answer == "no answer in time"
    finally:
        over.set()


def test_slow_receivers_leave_threads_for_others(hooked: Hooked, receiver: Any) -> None:
    over, others = threading.Event(), itertools.count()
    slow = [hooked.add(f"{hooked.url}/slow/{n}")[0] for n in range(3)]

    def answer(sent: bytes) -> bytes:
        if "/slow/" in receiver.heard[-1][0]:
            over.wait(60)
        next(others)
        return b""

    receiver.body = answer
    for n in range(2 * sending.EACH):
        hooked.check(f"Is there a manual, part {n}?")
    senders = sending.Senders(hooked.runtime)
    try:
        senders.look()
        quick = lambda: [m.message.outcome for m in hooked.log()]  # noqa: E731
        until(lambda: quick() == ["told"] * 2 * sending.EACH, 60)
        until(lambda: sum("/slow/" in p for p, _, _ in receiver.heard) == 3 * sending.EACH, 60)
    finally:
        over.set()
    until(lambda: all(m.message.outcome == "told" for s in slow for m in hooked.log(s)), 60)


def test_a_sender_that_died_is_followed_by_another(hooked: Hooked, again: Runtime) -> None:
    hooked.check()
    sending.spread(hooked.runtime, SITE)
    now = hooked.clock.now_ms()
    assert webhooks.take(hooked.runtime.store, SITE, hooked.id, now, sending.LEASE_MS)
    assert not sending.send_one(again, SITE, hooked.id)
    hooked.clock.advance(sending.LEASE_MS / 1000 + 1)
    assert sending.send_one(again, SITE, hooked.id)
    assert [one[0] for one in _outcomes(hooked)] == ["told"]


def test_a_late_sender_does_not_settle_what_another_has_settled(hooked: Hooked) -> None:
    comment = hooked.check()
    sending.spread(hooked.runtime, SITE)
    store, now = hooked.runtime.store, hooked.clock.now_ms()
    taken = webhooks.take(store, SITE, hooked.id, now, 0)
    assert taken
    hooked.work()
    decide(hooked.runtime, SITE, comment.id, "spam", ANN, None)
    sending.spread(hooked.runtime, SITE)
    webhooks.settle(store, SITE, hooked.id, taken, outcome="told", answer="late", now_ms=now)
    hooked.work()
    assert [one["type"] for one in hooked.heard()] == ["comment.scored", "comment.changed"]
