"""Whether the worker that `up` started has a process that scores: its own life does not say."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

from moderation.domain.errors import WinnowError
from moderation.flow import heartbeat
from moderation.settings import Settings

PATIENCE_SECONDS = 60.0
"""So long no process of the pool may tell of itself; each does so every five seconds."""


class PoolWatch:
    """Says that no process of the pool becomes ready or goes on, and when one does again.

    Times are this process's own: heartbeats are compared with what was heard before, whatever the
    clocks say.
    """

    def __init__(
        self, settings: Settings, say: Callable[[str], None], patience: float | None = None
    ) -> None:
        self._settings, self._say = settings, say
        self._patience = PATIENCE_SECONDS if patience is None else patience
        self._heard: set[tuple[str, int]] = set()
        self._at = time.monotonic()
        self._is_silent = False

    def look(self) -> None:
        """Look once; a store that does not answer says nothing of the pool."""
        try:
            heard = self._beats()
        except WinnowError:
            self._at = time.monotonic()
            return
        if heard - self._heard:
            self._at = time.monotonic()
            if self._is_silent:
                self._say("the worker's processes are ready")
            self._is_silent = False
        elif not self._is_silent and time.monotonic() - self._at > self._patience:
            self._say(
                f"no process of the worker is ready since {self._patience:g} s: comments wait for "
                "their verdict; the lines of `workers` say why, `/console/health` what runs"
            )
            self._is_silent = True
        self._heard = heard

    def _beats(self) -> set[tuple[str, int]]:
        """Return the heartbeats of this machine's workers, as far as the store keeps them."""
        found, here = heartbeat.heard(self._settings.redis_url), socket.gethostname()
        return {(one.id, one.heard_ms) for one in found if (one.kind, one.host) == ("worker", here)}
