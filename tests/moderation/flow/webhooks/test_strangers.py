"""Receivers that no site would have: the log says what each did, and others do not wait."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from moderation.flow.outbound import request
from moderation.flow.people.links import OPERATOR
from moderation.flow.webhooks import endpoints
from tests.clock import Stopwatch
from tests.factories import SITE
from tests.moderation.flow.webhooks.conftest import Hooked
from tests.strangers import BOMB, FAULTS, OK, Speak, Stranger, body, patience, pours, says


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """Return a receiver that is told what to say."""
    made = Stranger(says(b""))
    yield made
    made.close()


def told(hooked: Hooked, stranger: Stranger, speak: Speak) -> tuple[str, str]:
    """Return what became of a message to a receiver, and what the log says of it."""
    stranger.speak = speak
    webhook, _ = hooked.add(stranger.url)
    hooked.check()
    hooked.work()
    (sent,) = hooked.log(webhook)
    return sent.message.outcome, sent.message.answer


@pytest.mark.parametrize("name", FAULTS)
def test_the_log_says_what_a_receiver_did_and_it_is_told_again(
    hooked: Hooked, stranger: Stranger, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak, said = FAULTS[name]
    monkeypatch.setattr(request, "WHOLE_SECONDS", patience(said))
    with Stopwatch() as watch:
        outcome, answer = told(hooked, stranger, speak)
    assert watch.seconds < 15
    assert outcome == "waiting" and said in answer
    assert [one["type"] for one in hooked.heard()] == ["comment.scored"], "the other is told"


@pytest.mark.parametrize(
    "speak",
    [
        says(body(BOMB, b"Content-Encoding: gzip")), pours(OK + b"\r\n", b"z" * 65_536),
        says(body(b"", length=100)), says(OK), says(b"HTTP/1.0 200\r\n\r\n"),
    ],
    ids=["a bomb", "an endless body", "half a body", "half a head", "an old tongue"],
)  # fmt: skip
def test_who_says_yes_is_believed_whatever_comes_after_it(
    hooked: Hooked, stranger: Stranger, speak: Speak
) -> None:
    assert told(hooked, stranger, speak) == ("told", "answered 200")


def test_one_that_leads_back_to_itself_is_asked_once(hooked: Hooked, stranger: Stranger) -> None:
    endpoints.remove(hooked.runtime.store, SITE, hooked.id, OPERATOR)
    moved = b"HTTP/1.1 307 Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"
    speak = says(moved % stranger.url.encode())
    assert told(hooked, stranger, speak)[1] == "answered 307; redirects are not followed"
    assert stranger.heard == 1
