"""Names of the tasks and queues of the workers, and how a task is sent: by name."""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery import Celery

log = logging.getLogger(__name__)

SCORE_QUEUE = "winnow.score"
JOBS_QUEUE = "winnow.jobs"

SCORE_INBOX = "workers.score_inbox"
SWEEP = "workers.sweep"
TRIM = "workers.trim"
REBUILD_LEARNER = "workers.rebuild_learner"
TELL_SITE = "workers.tell_site"

QUEUE_OF = {
    SCORE_INBOX: SCORE_QUEUE,
    SWEEP: SCORE_QUEUE,
    TRIM: JOBS_QUEUE,
    REBUILD_LEARNER: JOBS_QUEUE,
    TELL_SITE: JOBS_QUEUE,
}

EXPIRES_SECONDS = {SCORE_INBOX: 60, TELL_SITE: 60, REBUILD_LEARNER: 600}
"""A message that nobody took by then is dropped: the sweep, or trimming, has sent it again."""


class Tasks:
    """Sends tasks; a broker that does not answer is logged, for the sweep makes up for it."""

    def __init__(self, broker_url: str) -> None:
        self._app = Celery("winnow", broker=broker_url)
        self._app.conf.update(
            task_ignore_result=True,
            broker_connection_timeout=1,
            broker_transport_options={
                "socket_timeout": 2,
                "socket_connect_timeout": 0.5,
                "retry_on_timeout": False,
            },
        )

    def send(self, name: str, *args: Any) -> bool:
        """Send a task and say whether the broker took it."""
        try:
            self._app.send_task(
                name,
                args=args,
                queue=QUEUE_OF[name],
                expires=EXPIRES_SECONDS[name],
                retry=False,
                ignore_result=True,
            )
        except Exception as error:  # kombu raises its own, the client's and the socket's
            log.warning("the broker did not take %s: %s", name, type(error).__name__)
            return False
        return True

    def send_aside(self, name: str, *args: Any) -> None:
        """Send a task from a thread of its own, for callers that cannot wait for the broker."""
        threading.Thread(target=self.send, args=(name, *args), daemon=True).start()
