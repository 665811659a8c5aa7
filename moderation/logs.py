"""Log lines: one form for every process, as text or as JSON, each with its time and process."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal, cast

from moderation.minutely import Minutely

Form = Literal["text", "json"]
FORMS: tuple[Form, ...] = ("text", "json")
Ids = Callable[[], Mapping[str, str]]
"""What is being worked on, by name: the ids that a line carries."""

OF_AN_OUTAGE = (
    "celery",
    "kombu",
    "amqp",
    "redis",
    "moderation.flow",
    "moderation.store",
    "workers",
)
"""Beginnings of the names of those who say the same again and again while the store is away."""
_CONSUMER = "celery.worker.consumer"
_FULL = re.compile(r"\b(?:MISCONF|OOM)\b")
"""What a server answers that has no room on its disk, or in memory."""
_NUMBER = re.compile(r"\d+")


def nothing() -> Mapping[str, str]:
    """Return no ids."""
    return {}


class Lines(logging.Formatter):
    """Lines with their time (RFC 3339, UTC, to the millisecond), level, logger and process."""

    def __init__(self, form: Form, ids: Ids = nothing) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s[%(process)d]%(ids)s %(message)s")
        self._form, self._ids = form, ids

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """Return when something was said."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return what was said in one line: some of Celery's messages have several."""
        record.message = " ".join(record.message.split("\n")).rstrip()
        return super().formatMessage(record)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback follows it as text, and stands within it as JSON."""
        ids = {word: value for word, value in self._ids().items() if value}
        if self._form == "text":
            record.ids = "".join(f" {word}={value}" for word, value in ids.items())
            return super().format(record)
        said = {
            "time": self.formatTime(record), "level": record.levelname, "logger": record.name,
            "process": record.process, **ids, "message": record.getMessage(),
        }  # fmt: skip
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


class Seldom(logging.Filter):
    """Lets through once a minute what differs from an earlier line by numbers alone, of those who
    repeat themselves while the store is away; the next line tells how often it was said before."""

    def __init__(self) -> None:
        super().__init__()
        self._said = Minutely()

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is written."""
        if record.levelno < logging.WARNING or not record.name.startswith(OF_AN_OUTAGE):
            return True
        error = record.exc_info[1] if record.exc_info else None
        is_of_broker = record.name.startswith(_CONSUMER)
        if is_of_broker or isinstance(error, OSError) or "ConnectionError" in type(error).__name__:
            # That nobody answers, or a full one refuses, is no fault of ours: the way to it says
            # nothing.
            record.exc_info = record.exc_text = None
        if is_of_broker and _FULL.search(record.getMessage()):
            record.msg, record.args = "the broker is full and takes no messages: docs/drills.md", ()
        place = record.name, record.levelno, _NUMBER.sub("#", record.getMessage())
        more = self._said.due(place)
        if more is None:
            return False
        if more:
            record.msg, record.args = f"{record.getMessage()} (and {more} times before)", ()
        return True


def configure(level: str, form: str = "text", ids: Ids = nothing) -> None:
    """Send every log line of this process to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines(cast(Form, form), ids))
    handler.addFilter(Seldom())
    logging.basicConfig(level=level, handlers=[handler], force=True)
