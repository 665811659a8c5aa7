"""A site's learner: a pure function of its snapshot and of its labels in order."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress

from classifier import Model
from moderation import faults
from moderation.domain.errors import StoreDown
from moderation.flow.caching import Cache
from moderation.flow.judging import SiteContext
from moderation.flow.labels.advancing import Advance, Learned, NoTime, OutOfReach, Overtaken
from moderation.flow.labels.rebuilding import RebuildsAsked, ask_rebuild
from moderation.flow.runtime import SITES_KEPT, Runtime
from moderation.flow.vitals import Vitals
from moderation.store import hurry, sites
from moderation.store.sites import SiteState

log = logging.getLogger(__name__)

LEARNER_IDLE_SECONDS = 900.0
"""A learner takes three quarters of a MiB; a site's next verdict reads it from its checkpoint."""
WAIT_SECONDS = 0.05
"""How long what hurries waits for a thread that catches up, before the learner at hand serves."""
WAIT_FOR_OWN_SECONDS = 0.2
"""The same where the learner at hand lacks what this process itself has written."""
TRIES = 3


class Learners(Cache[Learned]):
    """The learners that this process holds, by site."""

    def __init__(self) -> None:
        super().__init__(SITES_KEPT, LEARNER_IDLE_SECONDS)

    def publish(self, site: str, learned: Learned) -> None:
        """Keep a learner that is at the end of the log, unless one that knows more is kept."""
        self.swap(site, lambda held: held if held and held.knows_more(learned) else learned)

    def offer(self, site: str, learned: Learned) -> None:
        """Keep a learner that is on its way, if none is kept or just one further behind on it."""
        self.swap(site, lambda held: learned if held is None or learned.follows(held) else held)


class OwnWords(Cache[SiteState]):
    """A site's state after what this process wrote into its label log last, by site."""

    def __init__(self) -> None:
        super().__init__(SITES_KEPT, LEARNER_IDLE_SECONDS)


def heed(runtime: Runtime, site: str) -> None:
    """Have every verdict of this process from now on know what it has just written of a site."""
    with suppress(StoreDown):  # It is written all the same, and read where the store answers again.
        runtime.own(OwnWords).put(site, sites.read(runtime.store, site))


def context(runtime: Runtime, site: str, state: SiteState) -> SiteContext:
    """Return what a site's next verdict is made with, the learner caught up to `state`.

    While another thread catches it up, what hurries is judged by the learner at hand, whose name
    says how far it is.
    """
    policy = runtime.policy(site, state.settings)
    learned = _learned(runtime, site, state)
    runtime.own(Vitals).judged(site, learned.model.name, state.labels - learned.position)
    learner = learned.learner
    return SiteContext(
        settings=policy.settings,
        rules=policy.rules,
        policy=state.settings,
        labels=state.labels,
        model=learned.model,
        learner=learner,
        bands=learner.bands if learner else learned.model.bands,
        name=learned.name,
    )


def _learned(runtime: Runtime, site: str, state: SiteState) -> Learned:
    model = runtime.model(state.snapshot)
    if not state.labels:
        return Learned(model, state.epoch)
    learners = runtime.own(Learners)
    held = learners.get(site)
    if held is not None and held.serves(model, state):
        return held
    with runtime.lock(site, _patience(runtime, site, held)) as is_ours:
        held = learners.get(site)
        if held is not None and held.serves(model, state):
            return held
        if is_ours or _lacks_own(runtime, site, held):
            learned = _caught_up(runtime, site, state, model)
            if learned is not None:
                return learned
    return learners.get(site) or Learned(model, state.epoch)


def _patience(runtime: Runtime, site: str, held: Learned | None) -> float | None:
    """Return for how many seconds to wait for a thread that catches up; None: to its end."""
    if not hurry.in_a_hurry():
        return None
    return WAIT_FOR_OWN_SECONDS if _lacks_own(runtime, site, held) else WAIT_SECONDS


def _lacks_own(runtime: Runtime, site: str, held: Learned | None) -> bool:
    own = runtime.own(OwnWords).get(site)
    if own is None:
        return False
    return held is None or held.epoch < own.epoch or held.position < own.labels


def _caught_up(runtime: Runtime, site: str, state: SiteState, model: Model) -> Learned | None:
    """Return the learner at the end of the log; None where the one at hand must do for now.

    Raises:
        StoreDown: the store does not answer, and nothing hurries.
    """
    learners = runtime.own(Learners)
    try:
        for _ in range(TRIES):
            way = Advance(runtime, site, state, model, lambda known: learners.offer(site, known))
            try:
                learned = way.run(learners.get(site))
            except Overtaken:
                state = sites.read(runtime.store, site)
                model = runtime.model(state.snapshot)
                continue
            except OutOfReach:
                return _out_of_reach(runtime, site, way) or Learned(model, state.epoch)
            learners.publish(site, learned)
            runtime.own(RebuildsAsked).drop(site)
            way.keep()
            return learned
    except NoTime:
        _finish_aside(runtime, site)
    except StoreDown:
        if not hurry.in_a_hurry():
            raise
    except Exception as error:
        # One site's log that cannot be read must cost neither its verdicts nor its neighbours'.
        faults.say("catching up a site's learner", error)
    return None


def _out_of_reach(runtime: Runtime, site: str, way: Advance) -> Learned | None:
    """Have a job make the learner anew; return the newest that is known of the snapshot.

    Where none is known of it yet, one that was made with another goes on: nobody is to lose for
    a while what his labels taught because a model was promoted.
    """
    learners = runtime.own(Learners)
    held = learners.get(site)
    if held is None or held.model.name != way.model.name:
        newest = way.newest()
        if newest is not None:
            held = newest
            learners.offer(site, held)
    ask_rebuild(runtime, site)
    return held


class Finishing:
    """The sites whose learner a thread of its own is catching up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sites: set[str] = set()

    def begin(self, site: str) -> bool:
        """Say whether nobody did yet."""
        with self._lock:
            is_new = site not in self._sites
            self._sites.add(site)
        return is_new

    def end(self, site: str) -> None:
        """Say that it is done."""
        with self._lock:
            self._sites.discard(site)


def _finish_aside(runtime: Runtime, site: str) -> None:
    """Catch a learner up in a thread of its own: what hurries had no time for all of it."""
    finishing = runtime.own(Finishing)

    def finish() -> None:
        try:
            _learned(runtime, site, sites.read(runtime.store, site))
        except Exception as error:  # The next verdict that has no time for it tries again.
            log.warning("a learner could not be caught up aside: %s", type(error).__name__)
        finally:
            finishing.end(site)

    if finishing.begin(site):
        threading.Thread(target=finish, daemon=True).start()
