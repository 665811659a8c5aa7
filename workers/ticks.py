"""Beat's scheduler: by a clock that nobody sets, and of each kind of tick one waits at most."""

from __future__ import annotations

import datetime as dt
import logging
from functools import cached_property
from time import monotonic
from typing import Any

from celery.beat import ScheduleEntry, Scheduler, SchedulingError
from celery.schedules import schedule
from kombu.exceptions import OperationalError

from moderation.flow import broker
from moderation.flow.tasks import QUEUE_OF, reason_of
from moderation.minutely import Minutely
from workers.alive import touch

log = logging.getLogger(__name__)


class Ticks(Scheduler):
    """Sends what is due every so many seconds by monotonic time, and what is due at an hour by the
    clock on the wall.

    Celery's own compares times of the wall clock: set back by an hour, it would send nothing for an
    hour, and a comment whose bell was lost would wait as long.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self._due: dict[str, float] = {}
        self._said = Minutely()
        super().__init__(*args, **options)

    def tick(self, *_: Any, **__: Any) -> float:
        """Send what is due; return in how many seconds to look again."""
        wait = float(self.max_interval)
        for name, entry in list(self.schedule.items()):
            is_due, seconds = self._look(name, entry)
            if is_due:
                self.apply_entry(self.reserve(entry), producer=self.producer)
            wait = min(wait, seconds)
        return max(0.0, wait)

    def _look(self, name: str, entry: ScheduleEntry) -> tuple[bool, float]:
        """Say whether an entry is due, and in how many seconds it may be due next."""
        if isinstance(entry.schedule, schedule):
            now, every = monotonic(), entry.schedule.run_every.total_seconds()
            is_due = now >= self._due.setdefault(name, now)
            if is_due:
                self._due[name] = now + every
            return is_due, self._due[name] - now
        if entry.last_run_at > dt.datetime.now(dt.UTC):
            # It was sent by a clock that was ahead; else it would wait until that time comes.
            entry.last_run_at = dt.datetime.now(dt.UTC)
        is_due, seconds = entry.is_due()
        return is_due, seconds

    def apply_entry(self, entry: ScheduleEntry, producer: Any = None) -> None:
        """Send a tick; a broker that does not take it is spoken of once a minute."""
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except (SchedulingError, *self._errors) as error:
            if self._said.due(entry.name) is not None:
                log.error(
                    "the broker did not take %s: %s",
                    entry.task,
                    reason_of(error.__context__ or error),
                )

    def apply_async(
        self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **kwargs: Any
    ) -> Any:
        """Send a tick unless one of its kind waits; touch the file of health checks.

        A broker that cannot be asked is not sent anything either: the next tick is soon due.
        """
        sent = None
        if not self._one_waits(QUEUE_OF[entry.task]):
            sent = super().apply_async(entry, producer=producer, advance=advance, **kwargs)
        touch()
        return sent

    def _one_waits(self, queue: str) -> bool:
        with self.app.connection_for_write() as connection:
            retries = broker.retries(self.app.conf.broker_url)
            connection.ensure_connection(max_retries=retries, interval_start=0)
            with connection.channel() as channel:
                return broker.waiting(channel, queue) > 0

    @cached_property
    def _errors(self) -> tuple[type[BaseException], ...]:
        """What connecting and asking raise."""
        connection = self.app.connection_for_write()
        return (OperationalError, *connection.connection_errors, *connection.channel_errors)
