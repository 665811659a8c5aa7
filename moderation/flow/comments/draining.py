"""The workers' side: draining inboxes in batches, and the sweep that makes up for what was lost.

Celery says that there is work; the streams say which. One task drains a lane for as long as
something comes, holding the lane's bell as a lease.
"""

from __future__ import annotations

import time
from contextlib import suppress

from ulid import ULID

from moderation.flow.comments.slices import LeaseLost, Scorer
from moderation.flow.events import Swept
from moderation.flow.runtime import Runtime
from moderation.flow.tasks import SCORE_INBOX
from moderation.flow.vitals import Vitals
from moderation.store import keys
from moderation.store.client import Call
from moderation.store.comments import inbox

TAKEN_ENTRIES = 64
"""Most entries taken of an inbox at a time, of up to a hundred comments each; what is taken is
scored before a turn ends."""
LINGER_MS = 30
TURN_SECONDS = 2.0
KEEP_SECONDS = 2.0
TRUSTED_DELIVERIES = 3
"""An entry handed out more often than this may have been there when workers died, or just when the
store was slow: what is in it is scored where it can end no worker."""


def drain_lane(runtime: Runtime, lane: int) -> int:
    """Score what waits in a lane until it is empty or two seconds are over.

    Return how many verdicts were recorded; 0 at once where another task holds the lane.
    """
    token = str(ULID())
    if not inbox.claim(runtime.store, lane, token):
        return 0
    turn = _Turn(runtime, lane, token)
    try:
        with suppress(LeaseLost):  # Another holder takes over what was not recorded.
            turn.run()
    finally:
        runtime.own(Vitals).scored(turn.scorer.recorded)
    return turn.scorer.recorded


class _Turn:
    """One holding of a lane."""

    def __init__(self, runtime: Runtime, lane: int, token: str) -> None:
        self._runtime, self._lane, self._token = runtime, lane, token
        self._kept = time.monotonic()
        self._until = self._kept + TURN_SECONDS
        self.scorer = Scorer(runtime, self._keep)

    def run(self) -> None:
        store, lane = self._runtime.store, self._lane
        _take_over(self.scorer, self._runtime, lane)
        while time.monotonic() < self._until:
            waiting = inbox.take(
                store, lane, pending=False, count=TAKEN_ENTRIES, block_ms=LINGER_MS
            )
            if waiting:
                self.scorer.run(waiting, self._more)
                continue
            inbox.release(store, lane, self._token)
            # Whoever wrote before the release saw the bell held; so look once more after it.
            if not _waits(self._runtime, lane) or not inbox.claim(store, lane, self._token):
                return
        # What waits may be what another holder was given: a new turn takes that over.
        if inbox.hand_over(store, lane, self._token):
            self._runtime.tasks.send(SCORE_INBOX, lane)

    def _more(self) -> Call | None:
        if time.monotonic() >= self._until:
            return None
        return inbox.take_call(self._lane, pending=False, count=TAKEN_ENTRIES)

    def _keep(self) -> None:
        now = time.monotonic()
        if now - self._kept >= KEEP_SECONDS:
            if not inbox.keep(self._runtime.store, self._lane, self._token):
                raise LeaseLost
            self._kept = now


def _waits(runtime: Runtime, lane: int) -> bool:
    waiting = inbox.lengths(runtime.store)
    return any(waiting[shard] for shard in range(lane, keys.SHARDS, keys.LANES))


def sweep(runtime: Runtime) -> list[int]:
    """Send a task for every lane in which something waits, whatever its bell says.

    A lost bell, a flushed broker, a crash between script and task, a killed worker delay a
    comment by this and never lose it. Return the lanes. `Swept` is announced
    with it.
    """
    waiting = inbox.lengths(runtime.store)
    lanes = sorted({shard % keys.LANES for shard, n in enumerate(waiting) if n})
    for lane in lanes:
        runtime.tasks.send(SCORE_INBOX, lane)
    runtime.events.announce(Swept())
    return lanes


def _take_over(scorer: Scorer, runtime: Runtime, lane: int) -> None:
    """Score what an earlier holder of the lane was given and never finished.

    What was handed out again and again may be what kills workers, so it is scored in a process
    of its own. How often it was handed out says no more than that: whoever died, or waited for
    the store in vain, while it was read or recorded leaves it to the next as well.
    """
    store = runtime.store
    while waiting := inbox.take(store, lane, pending=True, count=TAKEN_ENTRIES):
        tried = inbox.deliveries(store, waiting)
        scorer.run(w for w in waiting if tried.get(w.entry, 1) <= TRUSTED_DELIVERIES)
        scorer.run_apart([w for w in waiting if tried.get(w.entry, 1) > TRUSTED_DELIVERIES])
