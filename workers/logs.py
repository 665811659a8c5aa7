"""Log lines that carry the ids of the task and of the request that caused it."""

from collections.abc import Mapping
from contextvars import ContextVar

from moderation import logs

current: ContextVar[tuple[str, str, str]] = ContextVar("current", default=("", "", ""))
"""What is being worked on: (task name, task id, request id); empty between tasks."""

_WORDS = ("task", "task_id", "request_id")


def _ids() -> Mapping[str, str]:
    return dict(zip(_WORDS, current.get(), strict=True))


def configure(level: str, form: str = "text") -> None:
    """Send every log line of this process to standard error, in UTC."""
    logs.configure(level, form, _ids)
