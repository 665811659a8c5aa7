"""Touches a file while this process works, for health checks that can only look at files."""

import functools
from pathlib import Path
from typing import Any

from celery import bootsteps

from moderation.settings import Settings

SECONDS = 5.0


class Alive(bootsteps.StartStopStep):
    """Touches `WINNOW_ALIVE` from the worker's own event loop, which stands still if it hangs."""

    requires = {"celery.worker.components:Timer"}  # noqa: RUF012 - Celery's own protocol

    def __init__(self, parent: Any, **options: Any) -> None:
        self.file = Settings.from_env().alive
        self.entry: Any = None
        super().__init__(parent, **options)

    def start(self, parent: Any) -> None:
        """Touch the file now and every five seconds."""
        if self.file is not None:
            self.file.touch()
            self.entry = parent.timer.call_repeatedly(SECONDS, self.file.touch)

    def stop(self, parent: Any) -> None:
        """Leave the file behind, to grow old."""
        if self.entry is not None:
            self.entry.cancel()


@functools.cache
def _file() -> Path | None:
    return Settings.from_env().alive


def touch() -> None:
    """Touch the file of a process that has no timer, such as beat: it calls this each time."""
    file = _file()
    if file is not None:
        file.touch()
