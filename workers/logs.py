"""Log lines that carry the ids of the task and of the request that caused it."""

import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from time import monotonic

current: ContextVar[tuple[str, str, str]] = ContextVar("current", default=("", "", ""))
"""What is being worked on: (task name, task id, request id); empty between tasks."""

SAID_EVERY_SECONDS = 60.0
_WORDS = ("task", "task_id", "request_id")


class _Formatter(logging.Formatter):
    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802
        """Return RFC 3339 in UTC, to the millisecond."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")

    def format(self, record: logging.LogRecord) -> str:
        """Return the line with ` key=value` for each id that is known, before any traceback."""
        record.ids = "".join(
            f" {word}={value}" for word, value in zip(_WORDS, current.get(), strict=True) if value
        )
        return super().format(record)


class Seldom(logging.Filter):
    """Lets a line of one kind through once a minute, without its traceback: a broker that takes
    nothing, as a full one does, is asked again every second and says the same each time.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether this line is written."""
        if record.levelno < logging.WARNING:
            return True
        kind, now = str(record.msg), monotonic()
        record.exc_info = None
        if now - self._said.get(kind, -SAID_EVERY_SECONDS) < SAID_EVERY_SECONDS:
            return False
        self._said[kind] = now  # As many kinds as Celery's consumer has messages.
        return True


def configure(level: str) -> None:
    """Send every log line of this process to standard error, in UTC."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        _Formatter("%(asctime)s %(levelname)s %(name)s[%(process)d]%(ids)s %(message)s")
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
