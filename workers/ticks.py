"""Beat's scheduler: of each kind of tick, one waits for a worker at most."""

from typing import Any

from celery.beat import ScheduleEntry, Scheduler
from kombu.exceptions import OperationalError

from moderation.flow.tasks import QUEUE_OF, waiting
from workers.alive import touch


class Ticks(Scheduler):
    """Sends no tick while the one before waits: a worker that comes back finds one of a kind."""

    def apply_async(
        self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **kwargs: Any
    ) -> Any:
        """Send a tick unless one of its kind waits; touch the file of health checks."""
        sent = None
        if not self._one_waits(QUEUE_OF[entry.task]):
            sent = super().apply_async(entry, producer=producer, advance=advance, **kwargs)
        touch()
        return sent

    def _one_waits(self, queue: str) -> bool:
        connection = self.app.connection_for_write()
        try:
            with connection, connection.channel() as channel:
                return waiting(channel, queue) > 0
        except (OperationalError, *connection.connection_errors, *connection.channel_errors):
            return False  # Sending says what is the matter with the broker.
