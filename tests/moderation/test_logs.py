"""Log lines: as text or JSON, with time and process; an outage is said once."""

from __future__ import annotations

import json
import logging
import os
from datetime import datetime

import pytest
from redis.exceptions import ConnectionError as Away

from moderation import logs
from moderation.minutely import EVERY_SECONDS, Minutely

pytestmark = pytest.mark.usefixtures("root_logger")


def fail(error: Exception, message: str, name: str = "moderation.flow.test") -> None:
    try:
        raise error
    except Exception:
        logging.getLogger(name).warning(message, exc_info=True)


def test_a_line_of_json_is_one_object_whatever_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("INFO", "json", lambda: {"task": "t", "request_id": ""})
    logging.getLogger("a").info('it\'s "so" %s\n2026 CRITICAL forged é', "\x1b[0m")
    fail(ValueError("x"), "wrong")
    first, second = map(json.loads, capsys.readouterr().err.splitlines())
    assert datetime.fromisoformat(first["time"]).utcoffset() is not None
    assert (first["level"], first["logger"], first["process"]) == ("INFO", "a", os.getpid())
    assert first["message"] == 'it\'s "so" \x1b[0m\n2026 CRITICAL forged é'
    assert first["task"] == "t" and "request_id" not in first
    assert "ValueError: x" in second["traceback"]


def test_a_line_of_text_has_its_time_and_process(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    logging.getLogger("a").info("said")
    time, level, who, said = capsys.readouterr().err.split()
    assert datetime.fromisoformat(time).utcoffset() is not None
    assert (level, who, said) == ("INFO", f"a[{os.getpid()}]", "said")


def test_an_outage_is_said_once_a_minute_and_without_its_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr(logs, "Minutely", lambda: Minutely(lambda: now))
    logs.configure("INFO")
    for n in range(30):
        fail(Away("refused"), f"again in {n} seconds", "celery.worker.consumer.consumer")
    fail(Away("refused"), "another thing", "celery.worker.consumer.consumer")
    assert len(capsys.readouterr().err.splitlines()) == 2
    now += EVERY_SECONDS
    fail(Away("refused"), "again in 9 seconds", "celery.worker.consumer.consumer")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith("again in 9 seconds (and 29 times before)")


def test_what_is_no_outage_is_said_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    for n in range(3):
        logging.getLogger("moderation.server").error("web process %d ended", n)
        logging.getLogger("moderation.flow.x").info("done %d", n)
    assert len(capsys.readouterr().err.splitlines()) == 6
