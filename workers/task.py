"""The base of every task."""

import logging
import re
from typing import Any

from celery import Task

from moderation.domain.errors import StoreDown, StoreFull
from moderation.minutely import Minutely
from workers import logs

log = logging.getLogger(__name__)

_left = Minutely()

# A request id comes from outside: only what cannot forge a log line is written.
_PLAIN = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


class LoggedTask(Task):
    """A task whose log lines carry its id and, where a request caused it, the request's id.

    One that the store keeps from its work is a line a minute: it is sent again by beat, or found
    again in the store.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Do it."""
        try:
            return super().__call__(*args, **kwargs)
        except (StoreDown, StoreFull) as error:
            more = _left.due((self.name, type(error)))
            if more is not None:
                again = f", and {more} times before" if more else ""
                log.warning("left undone, as %s%s", error, again)

    def before_start(self, task_id: str, args: Any, kwargs: Any) -> None:
        """Bind the ids for as long as the task runs."""
        request_id = str((self.request.headers or {}).get("request_id", ""))
        logs.current.set((self.name, task_id, request_id if _PLAIN.fullmatch(request_id) else ""))

    def after_return(self, *_: Any) -> None:
        """Forget the ids."""
        logs.current.set(("", "", ""))
