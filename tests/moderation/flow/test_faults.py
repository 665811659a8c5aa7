"""A fault is said once, with where it came from, and with nothing of what was sent."""

from __future__ import annotations

import logging

import pytest

from moderation import faults
from moderation.minutely import KINDS_AT_MOST, Minutely

SENT = "what somebody wrote"


def broken(sent: str) -> None:
    raise KeyError(sent)


def other(sent: str) -> None:
    raise ValueError(sent)


def deep(left: int) -> None:
    deep(left + 1)


def fail(function: object, *sent: object) -> None:
    try:
        function(*sent)  # type: ignore[operator]
    except Exception as error:
        faults.say("a check", error)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time that faults go by; it stands until it is set."""
    now = [1e6]
    monkeypatch.setattr(faults, "_said", Minutely(lambda: now[0]))
    return now


def test_a_flood_of_one_fault_is_one_line_a_minute(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(1000):
        fail(broken, SENT)
    assert len(caplog.records) == 1
    clock[0] += 59
    fail(broken, SENT)
    assert len(caplog.records) == 1
    clock[0] += 2
    fail(broken, SENT)
    fail(other, SENT)
    assert [line.partition(" at ")[0] for line in caplog.messages] == [
        "a check failed unexpectedly: KeyError",
        "a check failed unexpectedly: KeyError",
        "a check failed unexpectedly: ValueError",
    ]
    assert caplog.messages[1].endswith("broken, and 1000 times before")


def test_a_line_leads_to_the_fault_and_holds_nothing_that_was_sent(
    clock: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    fail(broken, SENT)
    fail(deep, 0)
    assert "flow/test_faults.py" in caplog.messages[0] and " broken" in caplog.messages[0]
    assert "RecursionError" in caplog.messages[1] and len(caplog.messages[1]) < 1000
    for record in caplog.records:
        assert record.levelno == logging.ERROR and record.exc_info is None
    assert SENT not in caplog.text


def test_what_is_remembered_of_faults_is_bounded(clock: list[float]) -> None:
    for n in range(2 * KINDS_AT_MOST):
        try:
            raise type(f"Fault{n}", (Exception,), {})
        except Exception as error:
            faults.say("a check", error)
    assert len(faults._said) <= KINDS_AT_MOST
