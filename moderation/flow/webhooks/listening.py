"""When there is something to send: what the core announces, and the sweep that makes up for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import msgspec

from moderation.domain.errors import StoreDown, StoreFull
from moderation.flow.events import Decided, Rejudged, Scored, Swept
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.tasks import SEND_WEBHOOKS
from moderation.store import models, webhooks

RINGS_SECONDS = 0.05
"""So long what happens is gathered before the workers hear of it."""


class Bell:
    """Asks workers to send, once for all that happens within a moment, and keeps nobody waiting."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rings = False

    def ring(self, send: Callable[[], object]) -> None:
        """Have `send` called in a moment, unless it is to be called already."""
        with self._lock:
            if self._rings:
                return
            self._rings = True
        timer = threading.Timer(RINGS_SECONDS, self._ring, (send,))
        timer.daemon = True
        timer.start()

    def _ring(self, send: Callable[[], object]) -> None:
        with self._lock:
            self._rings = False
        send()


def listen(runtime: Runtime) -> None:
    """Have workers send what happens in this process, and at each sweep what is left."""

    def hear(event: Scored | Decided | Rejudged) -> None:
        if runtime.may_tell(event.site):
            runtime.own(Bell).ring(lambda: runtime.tasks.send(SEND_WEBHOOKS))

    runtime.events.listen(Scored, hear)
    runtime.events.listen(Decided, hear)
    runtime.events.listen(Rejudged, hear)
    runtime.events.listen(Swept, lambda _: look(runtime))


def look(runtime: Runtime) -> bool:
    """Ask workers to send what is due or was not taken yet; say whether there was any."""
    every = webhooks.every(runtime.store)
    if not every:
        return False
    # Where a server of a Cluster is away or full the next sweep tells them, to all once more.
    with suppress(StoreDown, StoreFull):
        _tell_promotions(runtime, {site for site, _ in every})
    found = webhooks.waiting(runtime.store, every, now_ms())
    if not found.sites and not found.webhooks:
        return False
    runtime.tasks.send(SEND_WEBHOOKS)
    return True


def _tell_promotions(runtime: Runtime, sites: set[str]) -> None:
    """Put what was promoted since into the outboxes; what a crash cuts short is told once more."""
    revision = models.in_use(runtime.store).revision
    told = webhooks.promoted(runtime.store, revision)
    if told >= revision:
        return
    for change in models.changes(runtime.store):
        if told < change.revision <= revision:
            data = msgspec.json.encode(change)
            webhooks.tell_promoted(runtime.store, sorted(sites), change.revision, data)
    webhooks.note_promoted(runtime.store, revision)
