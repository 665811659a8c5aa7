"""Log lines that carry the ids of the task and of the request that caused it."""

import logging
from contextvars import ContextVar
from datetime import UTC, datetime

current: ContextVar[tuple[str, str, str]] = ContextVar("current", default=("", "", ""))
"""What is being worked on: (task name, task id, request id); empty between tasks."""

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


def configure(level: str) -> None:
    """Send every log line of this process to standard error, in UTC."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        _Formatter("%(asctime)s %(levelname)s %(name)s[%(process)d]%(ids)s %(message)s")
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
