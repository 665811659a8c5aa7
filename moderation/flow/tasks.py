"""Names of the tasks and queues of the workers, and how a task is sent: by name."""

from __future__ import annotations

import logging
import threading
from typing import Any

from celery import Celery

from moderation.flow import broker
from moderation.store.faults import is_full, is_silence

log = logging.getLogger(__name__)

SCORE_QUEUE = "winnow.score"
JOBS_QUEUE = "winnow.jobs"
SWEEP_QUEUE = "winnow.sweep"
TRIM_QUEUE = "winnow.trim"
TEND_QUEUE = "winnow.tend"
TRAINING_QUEUE = "winnow.training"
IMPORT_QUEUE = "winnow.imports"
NIGHTLY_QUEUE = "winnow.nightly"
SHADOW_QUEUE = "winnow.shadow"
DIGEST_QUEUE = "winnow.digest"
WEBHOOK_QUEUE = "winnow.webhooks"
LISTS_QUEUE = "winnow.lists"

SCORE_INBOX = "workers.score_inbox"
SWEEP = "workers.sweep"
TRIM = "workers.trim"
REBUILD_LEARNER = "workers.rebuild_learner"
TELL_SITE = "workers.tell_site"
TEND_JOBS = "workers.tend_jobs"
IMPORT_HISTORY = "workers.import_history"
TRAIN = "workers.train"
LOOK_ON = "workers.look_on"
WITHDRAW = "workers.withdraw_labels"
DECIDE_TOGETHER = "workers.decide_together"
RESCORE = "workers.rescore_held"
COMPACT = "workers.compact_labels"
REMOVE_SITE = "workers.remove_site"
ERASE_PERSON = "workers.erase_person"
TRAIN_NIGHTLY = "workers.train_nightly"
SEND_DIGESTS = "workers.send_digests"
SEND_WEBHOOKS = "workers.send_webhooks"
FETCH_LISTS = "workers.fetch_lists"

QUEUE_OF = {
    SCORE_INBOX: SCORE_QUEUE,
    SWEEP: SWEEP_QUEUE,
    TRIM: TRIM_QUEUE,
    REBUILD_LEARNER: JOBS_QUEUE,
    TELL_SITE: JOBS_QUEUE,
    TEND_JOBS: TEND_QUEUE,
    IMPORT_HISTORY: IMPORT_QUEUE,
    TRAIN: TRAINING_QUEUE,
    WITHDRAW: JOBS_QUEUE,
    DECIDE_TOGETHER: JOBS_QUEUE,
    RESCORE: JOBS_QUEUE,
    COMPACT: JOBS_QUEUE,
    REMOVE_SITE: JOBS_QUEUE,
    ERASE_PERSON: JOBS_QUEUE,
    LOOK_ON: SHADOW_QUEUE,
    TRAIN_NIGHTLY: NIGHTLY_QUEUE,
    SEND_DIGESTS: DIGEST_QUEUE,
    SEND_WEBHOOKS: WEBHOOK_QUEUE,
    FETCH_LISTS: LISTS_QUEUE,
}

TASK_OF_JOB = {
    "import": IMPORT_HISTORY,
    "training": TRAIN,
    "evaluation": TRAIN,
    "withdrawal": WITHDRAW,
    "bulk": DECIDE_TOGETHER,
    "rescoring": RESCORE,
    "compaction": COMPACT,
    "removal": REMOVE_SITE,
    "erasure": ERASE_PERSON,
}
"""The task that takes up jobs of a kind."""

EXPIRES_SECONDS = {
    SCORE_INBOX: 60, TELL_SITE: 60, REBUILD_LEARNER: 600, IMPORT_HISTORY: 60, TRAIN: 60,
    WITHDRAW: 60, DECIDE_TOGETHER: 60, RESCORE: 60, COMPACT: 60,
    REMOVE_SITE: 60, ERASE_PERSON: 60, SEND_WEBHOOKS: 60,
}  # fmt: skip
"""A message that nobody took by then is dropped: the sweep, trimming, or who tends jobs has sent it
again."""

MOST_WAITING = {
    SCORE_QUEUE: 16, JOBS_QUEUE: 200, TRAINING_QUEUE: 4, IMPORT_QUEUE: 4, WEBHOOK_QUEUE: 2,
}  # fmt: skip
"""No message goes into a queue in which so many wait already: nobody would take it any sooner than
the one by which the sweep, or trimming, makes up for it."""


def _behind(error: BaseException) -> BaseException:
    """Return the error behind all that Celery and kombu have wrapped it in."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def reason_of(error: BaseException) -> str:
    """Return why the broker took no message: it is full, or the kind of the error."""
    found = _behind(error)
    return "it is full" if is_full(found) else type(found).__name__


class Tasks:
    """Sends tasks; a broker that does not answer is logged, for the sweep makes up for it."""

    def __init__(self, broker_url: str) -> None:
        self._app = Celery("winnow")
        self._app.conf.update(
            **broker.options(broker_url, read_seconds=2.0, connect_seconds=0.5),
            task_ignore_result=True,
            task_queues=[broker.queue(name) for name in MOST_WAITING],
        )

    def send(self, name: str, *args: Any) -> bool:
        """Send a task, unless too many wait before it; say whether the broker could be asked.

        What fails at once is tried again by a new connection: the broker may have been started
        anew since this one was used. A silent one is asked once, as somebody waits for the answer.
        """
        for is_last in (False, True):
            try:
                self._send(name, args)
            except Exception as error:  # kombu raises its own, the client's and the socket's
                if is_last or is_silence(_behind(error)):
                    log.warning("the broker did not take %s: %s", name, reason_of(error))
                    return False
            else:
                return True
        return False

    def _send(self, name: str, args: tuple[Any, ...]) -> None:
        queue = QUEUE_OF[name]
        with self._app.producer_or_acquire() as producer:
            try:
                if broker.waiting(producer.channel, queue) < MOST_WAITING[queue]:
                    self._app.send_task(
                        name,
                        args=args,
                        queue=queue,
                        expires=EXPIRES_SECONDS[name],
                        retry=False,
                        ignore_result=True,
                        producer=producer,
                    )
            except Exception:
                # An answer that comes late must not be taken for that of the next question.
                producer.connection.collect()
                raise

    def send_aside(self, name: str, *args: Any) -> None:
        """Send a task from a thread of its own, for callers that cannot wait for the broker."""
        threading.Thread(target=self.send, args=(name, *args), daemon=True).start()
