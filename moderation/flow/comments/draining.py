"""The workers' side: draining inboxes in batches, and the sweep that makes up for what was lost.

Celery says that there is work; the streams say which. One task drains a lane for as long as
something comes, holding the lane's bell as a lease. On a Cluster it goes from shard to shard, so
that one whose server is away keeps no other from its verdicts.
"""

from __future__ import annotations

import functools
import itertools
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

from ulid import ULID

from moderation.domain.errors import StoreDown, StoreFull
from moderation.flow.comments.slices import LeaseLost, Scorer
from moderation.flow.events import Swept
from moderation.flow.runtime import Runtime
from moderation.flow.tasks import SCORE_INBOX
from moderation.flow.vitals import Vitals
from moderation.store import keys
from moderation.store.client import Call, Store
from moderation.store.comments import inbox

TAKEN_ENTRIES = 64
"""Most entries taken of an inbox at a time, of up to a hundred comments each; what is taken is
scored before a turn ends."""
LINGER_MS = 30
TURN_SECONDS = 2.0
KEEP_SECONDS = 2.0
SILENT_SECONDS = 5.0
"""For so long a process leaves shards whose server was silent: it costs a second each time."""
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


class _Silent:
    """The shards whose server was silent when this process asked last, and when that was."""

    def __init__(self) -> None:
        self._since: dict[int, float] = {}

    def look(self, store: Store, shards: Iterable[int]) -> set[int]:
        """Return in which of these something is known to wait; leave those that were silent."""
        late = time.monotonic() - SILENT_SECONDS
        asked = [shard for shard in shards if self._since.get(shard, late) <= late]
        silent: set[int] = set()
        try:
            return inbox.look(store, asked, silent)
        finally:
            self._since.update(dict.fromkeys(silent, time.monotonic()))


class _Turn:
    """One holding of a lane."""

    def __init__(self, runtime: Runtime, lane: int, token: str) -> None:
        self._runtime, self._lane, self._token = runtime, lane, token
        self._kept = time.monotonic()
        self._until = self._kept + TURN_SECONDS
        self._parts = inbox.parts(runtime.store, lane)
        self.scorer = Scorer(runtime, self._keep)

    def run(self) -> None:
        store, lane = self._runtime.store, self._lane
        for shards in self._waiting_parts() if store.is_spread else self._parts:
            with self._apart(shards):
                _take_over(self.scorer, self._runtime, shards)
        while time.monotonic() < self._until:
            if self._score():
                continue
            inbox.release(store, lane, self._token)
            # Whoever wrote before the release saw the bell held; so look once more after it.
            if not self._waiting_parts() or not inbox.claim(store, lane, self._token):
                return
        # What waits may be what another holder was given: a new turn takes that over.
        if inbox.hand_over(store, lane, self._token):
            self._runtime.tasks.send(SCORE_INBOX, lane)

    def _score(self) -> bool:
        """Score what waits or comes in a moment; say whether something did."""
        store = self._runtime.store
        if not store.is_spread:
            return self._score_part(self._parts[0], LINGER_MS)
        if not self._waiting_parts():
            # No call waits for what comes on several servers, so it is looked for once more.
            time.sleep(LINGER_MS / 1000)
        scored = False
        for shards in self._waiting_parts():
            with self._apart(shards):
                scored |= self._score_part(shards, None)
        return scored

    def _score_part(self, shards: list[int], block_ms: int | None) -> bool:
        waiting = inbox.take_part(
            self._runtime.store, shards, pending=False, count=TAKEN_ENTRIES, block_ms=block_ms
        )
        if waiting:
            self.scorer.run(waiting, functools.partial(self._more, shards))
        return bool(waiting)

    def _more(self, shards: list[int]) -> Call | None:
        if time.monotonic() >= self._until:
            return None
        return inbox.take_call(shards, pending=False, count=TAKEN_ENTRIES)

    def _waiting_parts(self) -> list[list[int]]:
        """Return the parts of the lane in which something is known to wait."""
        shards = itertools.chain(*self._parts)
        waits = self._runtime.own(_Silent).look(self._runtime.store, shards)
        return [part for part in self._parts if waits.intersection(part)]

    @contextmanager
    def _apart(self, shards: list[int]) -> Iterator[None]:
        """Leave a part of the lane for this turn where its server does not answer, or has no
        room, and others may: what waits there waits for the sweep."""
        try:
            yield
        except (StoreDown, StoreFull):
            self._parts = [part for part in self._parts if part != shards]
            if not self._parts:
                raise

    def _keep(self) -> None:
        now = time.monotonic()
        if now - self._kept >= KEEP_SECONDS:
            if not inbox.keep(self._runtime.store, self._lane, self._token):
                raise LeaseLost
            self._kept = now


def sweep(runtime: Runtime) -> list[int]:
    """Send a task for every lane in which something waits, whatever its bell says.

    A lost bell, a flushed broker, a crash between script and task, a killed worker delay a
    comment by this and never lose it. Return the lanes. `Swept` is announced
    with it.
    """
    waits = runtime.own(_Silent).look(runtime.store, range(keys.SHARDS))
    lanes = sorted({shard % keys.LANES for shard in waits})
    for lane in lanes:
        runtime.tasks.send(SCORE_INBOX, lane)
    runtime.events.announce_apart(Swept())
    return lanes


def _take_over(scorer: Scorer, runtime: Runtime, shards: list[int]) -> None:
    """Score what an earlier holder of a part of the lane was given and never finished.

    What was handed out again and again may be what kills workers, so it is scored in a process
    of its own. How often it was handed out says no more than that: whoever died, or waited for
    the store in vain, while it was read or recorded leaves it to the next as well.
    """
    store = runtime.store
    while waiting := inbox.take_part(store, shards, pending=True, count=TAKEN_ENTRIES):
        tried = inbox.deliveries(store, waiting)
        scorer.run(w for w in waiting if tried.get(w.entry, 1) <= TRUSTED_DELIVERIES)
        scorer.run_apart([w for w in waiting if tried.get(w.entry, 1) > TRUSTED_DELIVERIES])
