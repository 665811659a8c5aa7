"""Has a worker connect anew when the broker did not hear that its messages were taken."""

from __future__ import annotations

from typing import Any

from celery import bootsteps
from celery.worker import state

SECONDS = 5.0


class Unheard(bootsteps.StartStopStep):
    """Looks whether the worker waits for room that it has.

    A Redis that dies between a message and its acknowledgement leaves kombu with messages that
    count as being worked on for ever. With as many of them as the worker may have at a time it asks
    for no more, so it never learns either that its connection is gone.
    """

    requires = {"celery.worker.consumer.tasks:Tasks"}  # noqa: RUF012 - Celery's own protocol

    def __init__(self, parent: Any, **options: Any) -> None:
        self.entry: Any = None
        self.was_stuck = False
        super().__init__(parent, **options)

    def start(self, parent: Any) -> None:
        """Look every five seconds, from the worker's own event loop."""
        self.was_stuck = False
        self.entry = parent.timer.call_repeatedly(SECONDS, self._look, (parent,))

    def stop(self, parent: Any) -> None:
        """Look no more."""
        if self.entry is not None:
            self.entry.cancel()

    def _look(self, parent: Any) -> None:
        """Raise what a lost connection raises where nothing is under way and no room is left."""
        # RabbitMQ counts by itself what it has not heard of.
        counted = getattr(parent.task_consumer.channel, "qos", None)
        is_stuck = bool(counted and not counted.can_consume() and not state.reserved_requests)
        was_stuck, self.was_stuck = self.was_stuck, is_stuck
        if is_stuck and was_stuck:
            raise ConnectionResetError("the broker did not hear that messages were taken")
