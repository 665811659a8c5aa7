"""The base of every task."""

import re
from typing import Any

from celery import Task

from workers import logs

# A request id comes from outside: only what cannot forge a log line is written.
_PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


class LoggedTask(Task):
    """A task whose log lines carry its id and, where a request caused it, the request's id."""

    abstract = True

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        """Bind the ids for as long as the task runs."""
        request_id = str((self.request.headers or {}).get("request_id", ""))
        logs.current.set((self.name, task_id, request_id if _PLAIN.fullmatch(request_id) else ""))

    def after_return(self, *_: Any) -> None:
        """Forget the ids."""
        logs.current.set(("", "", ""))
