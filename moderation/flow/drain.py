"""The workers' side: draining inboxes in batches, and the sweep that makes up for what was lost.

Celery says that there is work; the streams say which. One task drains a lane for as long as
something comes, holding the lane's bell as a lease.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Sequence

from ulid import ULID

from moderation.domain.errors import StoreDown, StoreFull
from moderation.domain.policy import effective_status, unscored
from moderation.domain.verdicts import Verdict
from moderation.flow import akismet_tell, learn
from moderation.flow.learn import SiteContext
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.score import score_batch
from moderation.flow.tasks import SCORE_INBOX
from moderation.store import codec, comments, inbox, keys, sites
from moderation.store.inbox import Waiting

log = logging.getLogger(__name__)

BATCH = 256
LINGER_MS = 30
TURN_SECONDS = 2.0
KEEP_SECONDS = 2.0
SMALLER = 16
TRUSTED_DELIVERIES = 3
"""An entry handed out more often than this has been there when a worker died: it goes alone."""


def drain_lane(runtime: Runtime, lane: int) -> int:
    """Scores what waits in a lane until it is empty or two seconds are over.

    Returns how many verdicts were recorded; 0 at once where another task holds the lane.
    """
    token = str(ULID())
    if not inbox.claim(runtime.store, lane, token):
        return 0
    until = time.monotonic() + TURN_SECONDS
    kept = time.monotonic()
    recorded = _take_over(runtime, lane)
    while True:
        waiting = inbox.read(runtime.store, lane, pending=False, count=BATCH)
        if not waiting:
            waiting = inbox.read(
                runtime.store, lane, pending=False, count=BATCH, block_ms=LINGER_MS
            )
        recorded += score_waiting(runtime, waiting)
        now = time.monotonic()
        if not waiting:
            inbox.release(runtime.store, lane, token)
            # Whoever wrote before the release saw the bell held; so look once more after it.
            if not _waits(runtime, lane):
                return recorded
            if now >= until:
                # What waits may be what another holder was given: a new turn takes that over.
                runtime.tasks.send(SCORE_INBOX, lane)
                return recorded
            if not inbox.claim(runtime.store, lane, token):
                return recorded
        elif now >= until:
            if inbox.hand_over(runtime.store, lane, token):
                runtime.tasks.send(SCORE_INBOX, lane)
            return recorded
        if now - kept >= KEEP_SECONDS:
            if not inbox.keep(runtime.store, lane, token):
                return recorded
            kept = now


def _waits(runtime: Runtime, lane: int) -> bool:
    waiting = inbox.lengths(runtime.store)
    return any(waiting[shard] for shard in range(lane, keys.SHARDS, keys.LANES))


def sweep(runtime: Runtime) -> list[int]:
    """Sends a task for every lane in which something waits, whatever its bell says.

    A lost bell, a flushed broker, a crash between script and task, a killed worker delay a
    comment by this and never lose it. Returns the lanes. Word back to sites that is due goes out
    again with it.
    """
    waiting = inbox.lengths(runtime.store)
    lanes = sorted({shard % keys.LANES for shard, n in enumerate(waiting) if n})
    for lane in lanes:
        runtime.tasks.send(SCORE_INBOX, lane)
    akismet_tell.send_due(runtime)
    return lanes


def _take_over(runtime: Runtime, lane: int) -> int:
    """Scores what an earlier holder of the lane was given and never finished.

    What was handed out again and again may be what kills workers: it is tried alone, and marked
    before that, so that a comment whose marked attempt never ended is held for a person.
    """
    recorded = 0
    while waiting := inbox.read(runtime.store, lane, pending=True, count=BATCH):
        tried = inbox.deliveries(runtime.store, waiting)
        suspects = [w for w in waiting if tried.get(w.entry, 1) > TRUSTED_DELIVERIES]
        innocent = [w for w in waiting if tried.get(w.entry, 1) <= TRUSTED_DELIVERIES]
        recorded += score_waiting(runtime, innocent)
        for w in suspects:
            if inbox.first_alone(runtime.store, w):
                recorded += score_waiting(runtime, [w])
            else:
                recorded += _hold(runtime, w)
    return recorded


def score_waiting(runtime: Runtime, waiting: Sequence[Waiting]) -> int:
    """Scores what waits and records it; what cannot be read or scored is isolated.

    A batch that fails is tried again in parts of 16, then each alone; only a comment that fails
    alone is held for a person. Faults of the store are raised: they are nobody's fault here.
    """
    recorded = 0
    for start in range(0, len(waiting), BATCH):
        recorded += _attempt(runtime, waiting[start : start + BATCH])
    return recorded


def _attempt(runtime: Runtime, waiting: Sequence[Waiting]) -> int:
    try:
        return _score_and_record(runtime, waiting)
    except (StoreDown, StoreFull):
        raise
    except Exception as error:  # whatever a hostile comment may set off
        if len(waiting) == 1:
            log.error("a comment could not be scored: %s", type(error).__name__)
            return _hold(runtime, waiting[0])
        size = SMALLER if len(waiting) > SMALLER else 1
        log.warning(
            "a batch of %d could not be scored (%s); trying it in parts of %d",
            len(waiting), type(error).__name__, size,
        )  # fmt: skip
        parts = (waiting[i : i + size] for i in range(0, len(waiting), size))
        return sum(_attempt(runtime, part) for part in parts)


def _score_and_record(runtime: Runtime, waiting: Sequence[Waiting]) -> int:
    found = inbox.fetch(runtime.store, waiting)
    gone = [w for w, data in zip(waiting, found, strict=True) if data is None]
    if gone:
        inbox.forget_entries(runtime.store, gone)
    there = [(w, data) for w, data in zip(waiting, found, strict=True) if data is not None]
    if not there:
        return 0
    contexts = _contexts(runtime, [w for w, _ in there])
    verdicts = score_batch([(codec.submission_of(data), contexts[w.site]) for w, data in there])
    return _record(runtime, [w for w, _ in there], verdicts, contexts)


def _contexts(runtime: Runtime, waiting: Sequence[Waiting]) -> dict[str, SiteContext]:
    states = sites.read_many(runtime.store, sorted({w.site for w in waiting}))
    return {site: learn.context(runtime, site, state) for site, state in states.items()}


def _hold(runtime: Runtime, waiting: Waiting) -> int:
    state = sites.read(runtime.store, waiting.site)
    context = SiteContext(
        settings=runtime.site_settings(waiting.site, state.settings),
        policy=state.settings,
        model=runtime.shipped,
        learner=None,
        bands=runtime.shipped.bands,
        name="",
    )
    return _record(runtime, [waiting], [unscored("", state.settings)], {waiting.site: context})


def _record(
    runtime: Runtime,
    waiting: Sequence[Waiting],
    verdicts: Sequence[Verdict],
    contexts: dict[str, SiteContext],
) -> int:
    by_shard: defaultdict[int, list[comments.Recorded]] = defaultdict(list)
    for w, verdict in zip(waiting, verdicts, strict=True):
        settings = contexts[w.site].settings
        status = effective_status(verdict, settings)
        ttl = comments.ttls(settings.retention)[codec.STATUS_CODE[status]]
        by_shard[w.shard].append(
            comments.Recorded(w.site, w.entry, w.id, w.revision, verdict, status, ttl)
        )
    now = now_ms()
    return sum(comments.record(runtime.store, shard, part, now) for shard, part in by_shard.items())
