"""Scoring what waits, slice by slice: while one is scored, the store works for its neighbours."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct

from moderation import faults
from moderation.domain.comments import Submission
from moderation.domain.errors import StoreDown, StoreFull
from moderation.domain.policy import effective_status, unscored
from moderation.flow.comments import batches
from moderation.flow.comments.batches import Batch
from moderation.flow.comments.isolation import score_apart
from moderation.flow.events import Scored as SiteScored
from moderation.flow.judging import SiteContext, score_all
from moderation.flow.labels import learning
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.vitals import Vitals
from moderation.store import codec, sites
from moderation.store.client import Call
from moderation.store.comments import accepting, inbox, recording
from moderation.store.comments.inbox import Waiting
from moderation.store.comments.recording import Part, Recorded
from moderation.store.signals import Signals
from moderation.store.sites import SiteState

SLICE = 100
"""As many as an entry holds at most, and one call records: of more than that the answers do not fit
between the processes at once, and what is scored falls out of the processor's caches."""
SLICE_BYTES = 8 << 20
"""A comment with all that belongs to it may take a third of a MiB."""
SMALLER = 16


class LeaseLost(Exception):
    """The lane has another holder."""


class _Read(Struct, frozen=True):
    """A slice as it was read: what is stored of each comment, and the states of their sites."""

    waiting: list[Waiting]
    found: list[bytes | None]
    states: dict[str, SiteState]


class _Judged(Struct, frozen=True):
    """Verdicts, the calls that record them, one a part, and whether they were scored in a child."""

    batch: Batch = batches.NONE
    calls: Sequence[Call] = ()
    apart: bool = False


class Scorer:
    """Scores what waits and records it; what cannot be read or scored is isolated.

    `keep` is called before each slice, and ends the work with `LeaseLost`. `recorded` is how many
    verdicts were recorded so far.
    """

    def __init__(self, runtime: Runtime, keep: Callable[[], None]) -> None:
        self._runtime = runtime
        self._keep = keep
        self.recorded = 0
        self._tell: set[str] = set()

    def run(
        self, waiting: Iterable[Waiting], more: Callable[[], Call | None] = lambda: None
    ) -> None:
        """Score and record all that waits, and what the calls of `more` take meanwhile.

        One slice is scored while the verdicts of the one before are sent and the one behind is
        read. Verdicts go out only when those before them are known to be recorded, so an entry
        leaves the inbox with the last of its comments. Faults of the store are raised: they are
        nobody's fault here, and what was not recorded still waits.
        """
        store, queue = self._runtime.store, deque(waiting)
        read: _Read | None = None
        judged = _Judged()
        while queue or read or judged.calls:
            self._keep()
            following = next_slice(queue)
            reading = _reading(following)
            take = more() if len(queue) < SLICE else None
            if take is not None:
                reading.append(take)
            # What is read first is at hand while the store still records: it need not wait then.
            store.send([*reading, *judged.calls])
            sent, scored = judged, read
            judged, failed = self._try(scored)
            answers = store.receive(reading, more=True)
            self._note(sent, store.receive(sent.calls))
            if take is not None:
                queue.extend(inbox.taken(store, answers.pop()))
            read = self._as_read(following, answers) if following else None
            if failed is not None and scored is not None:
                self._isolate(scored.waiting, failed)

    def _try(self, read: _Read | None, apart: bool = False) -> tuple[_Judged, Exception | None]:
        """Return what records a slice's verdicts, and what kept it from being scored or packed.

        Only that counts: what it takes to come to it may fail by nobody's fault.
        """
        if read is None:
            return _Judged(), None
        contexts = {
            site: learning.context(self._runtime, site, state)
            for site, state in read.states.items()
        }
        try:
            return self._score(read, contexts, apart), None
        except (LeaseLost, StoreDown, StoreFull):
            raise
        except Exception as error:  # whatever a hostile comment may set off
            return _Judged(), error

    def _as_read(self, waiting: list[Waiting], answers: list[Any]) -> _Read:
        found = inbox.fetched(self._runtime.store, waiting, answers[0])
        states = dict(zip(_sites(waiting), map(sites.state_of, answers[1:]), strict=True))
        return _Read(waiting, found, states)

    def _score(self, read: _Read, contexts: dict[str, SiteContext], apart: bool) -> _Judged:
        items: list[tuple[Submission, SiteContext]] = []
        scored: list[Waiting] = []
        for w, data in zip(read.waiting, read.found, strict=True):
            submission = None if data is None else codec.unjudged(data)
            if submission is not None:
                items.append((submission, contexts[w.site]))
                scored.append(w)
        if apart and items:
            made = score_apart(lambda: score_all(items), self._keep)
        else:
            made = score_all(items) if items else []
        judged = batches.batch(self._runtime, read.waiting, scored, items, made, self._tells)
        return _judged(judged, apart)

    def run_apart(self, waiting: Sequence[Waiting]) -> None:
        """Score and record what may have ended workers, where it can end none.

        A comment is held only where a child process that scores it alone dies of it.
        """
        self._each_part(waiting, SMALLER, apart=True)

    def _isolate(self, waiting: Sequence[Waiting], error: Exception, apart: bool = False) -> None:
        """Try a slice that failed in parts of 16, then each alone, and hold what fails alone."""
        faults.say("the scoring of a comment", error)
        if len(waiting) == 1:
            self._hold(waiting[0])
            return
        size = SMALLER if len(waiting) > SMALLER else 1
        self._each_part(waiting, size, apart)

    def _each_part(self, waiting: Sequence[Waiting], size: int, apart: bool) -> None:
        for start in range(0, len(waiting), size):
            self._keep()
            self._attempt(waiting[start : start + size], apart)

    def _attempt(self, waiting: Sequence[Waiting], apart: bool) -> None:
        calls = _reading(waiting)
        self._runtime.store.send(calls)
        answers = self._runtime.store.receive(calls)
        judged, failed = self._try(self._as_read(list(waiting), answers), apart)
        if failed is not None:
            self._isolate(waiting, failed, apart)
        else:
            self._record(judged)

    def _hold(self, waiting: Waiting) -> None:
        state = sites.read(self._runtime.store, waiting.site)
        settings = self._runtime.site_settings(waiting.site, state.settings)
        recorded = Recorded(
            site=waiting.site,
            id=waiting.id,
            revision=waiting.revision,
            verdict=unscored("", state.settings),
            status=effective_status(unscored("", state.settings), settings),
            ttls=accepting.ttls(settings.retention),
            tells=self._tells(waiting.site),
            is_looked_up=True,
        )
        self._record(_judged(Batch(batches.parts([waiting], [waiting], [recorded]), {})))
        self._runtime.own(Vitals).unscored()

    def _record(self, judged: _Judged) -> None:
        self._runtime.store.send(judged.calls)
        self._note(judged, self._runtime.store.receive(judged.calls))

    def _note(self, judged: _Judged, answers: Sequence[Any]) -> None:
        """Count what was recorded, and say so where sites are to be told; make anew what was made
        without what is known of its author, before anything else is recorded."""
        for part, answer in zip(judged.batch.parts, answers, strict=True):
            recorded, known = recording.answered(part, answer)
            self.recorded += recorded
            if known:
                self._anew(judged, part, known)
        for site in self._tell if answers else ():
            self._runtime.events.announce(SiteScored(site))

    def _anew(self, first: _Judged, part: Part, known: Sequence[tuple[Recorded, Signals]]) -> None:
        try:
            made = batches.anew(self._runtime, first.batch, part, known, self._tells)
            judged = _judged(Batch([made], {}))
        except (LeaseLost, StoreDown, StoreFull):
            raise
        except Exception as error:  # whatever a hostile comment may set off
            waiting = [first.batch.on(recorded).waiting for recorded, _ in known]
            self._isolate(waiting, error, first.apart)
            judged = _judged(Batch([Part(part.shard, [], part.done)], {}))
        self._record(judged)

    def _tells(self, site: str) -> bool:
        """Say whether a site is to be told of its verdicts, and keep in mind to have it told."""
        tells = self._runtime.may_tell(site)
        if tells:
            self._tell.add(site)
        return tells


def _judged(batch: Batch, apart: bool = False) -> _Judged:
    now = now_ms()
    return _Judged(batch, [recording.record_call(part, now) for part in batch.parts], apart)


def next_slice(queue: deque[Waiting]) -> list[Waiting]:
    """Take the next slice from a queue: whole entries where more than one fits.

    At most 100 comments or 8 MiB, at least one comment of any size.
    """
    size = whole = number = 0
    for w in queue:
        size += w.size
        if number == SLICE or (number and size > SLICE_BYTES):
            break
        number += 1
        if w.last:
            whole = number
    else:
        whole = number
    return [queue.popleft() for _ in range(whole or number)]


def _sites(waiting: Sequence[Waiting]) -> list[str]:
    return list(dict.fromkeys(w.site for w in waiting))


def _reading(waiting: Sequence[Waiting]) -> list[Call]:
    """Return the calls that read comments and the states of their sites."""
    if not waiting:
        return []
    return [inbox.fetch_call(waiting), *map(sites.read_call, _sites(waiting))]
