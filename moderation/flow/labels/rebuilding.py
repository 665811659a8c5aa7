"""Making a site's learner anew from every label that holds: by a job, where a request cannot."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress

from classifier import Learner, Model
from moderation.domain.errors import StoreDown, StoreFull
from moderation.flow.caching import Cache
from moderation.flow.labels import replaying, streaming
from moderation.flow.runtime import SITES_KEPT, Runtime
from moderation.flow.tasks import REBUILD_LEARNER
from moderation.store import Store, checkpoints, labels, sites
from moderation.store.checkpoints import MadeFrom

log = logging.getLogger(__name__)

ASK_AGAIN_SECONDS = 60.0
REBUILD_TRIES = 20


class RebuildsAsked(Cache[float]):
    """When this process asked for a site's learner to be made anew, in monotonic seconds."""

    def __init__(self) -> None:
        super().__init__(SITES_KEPT)


def ask_rebuild(runtime: Runtime, site: str) -> None:
    """Ask for a learner made anew, at most once a minute: every verdict until then comes here."""
    now = time.monotonic()
    asked = runtime.own(RebuildsAsked).get(site)
    if asked is not None and now - asked < ASK_AGAIN_SECONDS:
        return
    runtime.own(RebuildsAsked).put(site, now)
    log.warning("the learner of a site must replay too many labels; a job makes it anew")
    with suppress(StoreFull, StoreDown):  # The task goes out again when there is room.
        labels.ask_rebuild(runtime.store, site)
    runtime.tasks.send_aside(REBUILD_LEARNER, site)


def rebuild(
    runtime: Runtime, site: str, note: Callable[[int, int], None] = lambda done, total: None
) -> bool:
    """Make a site's learner anew from every label that holds, whatever its age, if asked for.

    Marks that in the label log, so that every process takes it up at the same place. Labels that
    come in meanwhile are learned too, unless they reach back: then it begins again. `note` is told
    often how much of how much is learned. Return False, and stays asked for, where something came
    in between each of `REBUILD_TRIES` tries.
    """
    making: _Making | None = None
    for _ in range(REBUILD_TRIES):
        asked = labels.rebuild_asked(runtime.store, site)
        if not asked:
            return True
        state = sites.read(runtime.store, site)
        model = runtime.model(state.snapshot)
        if making is None or making.made_with != (model.name, state.epoch, asked):
            making = _Making(model, state.epoch, asked)
        try:
            is_learned = making.learn(runtime.store, site, state.labels, note)
        except streaming.Changed:
            is_learned = False
        if not is_learned:
            making = None
        elif making.put(runtime, site):
            log.info("a site's learner was made anew from %d labels", making.position)
            return True
    return False


class _Making:
    """A learner that is being made anew, and what it was at places on the way."""

    def __init__(self, model: Model, epoch: int, asked: int) -> None:
        self.made_with = model.name, epoch, asked
        self.position = 0
        self._learner = Learner(model)
        self._earlier: dict[int, bytes] = {}

    def learn(self, store: Store, site: str, end: int, note: Callable[[int, int], None]) -> bool:
        """Learn what holds among the entries that follow, up to `end`.

        Return False, with nothing learned, where one of them switches one off or on that was
        learned. Raises `streaming.Changed` where it has to begin again.
        """
        found = streaming.outline(store, site, self.position, end, everything=True)
        if found.reaches <= self.position and self.position:
            return False
        reach = replaying.spacing().reach

        def passing(place: int) -> None:
            if end - place <= reach:
                self._earlier[place] = self._learner.to_bytes()

        streaming.teach(store, site, self._learner, found, passing, note)
        self.position = end
        self._earlier = {at: blob for at, blob in self._earlier.items() if end - at <= reach}
        return True

    def put(self, runtime: Runtime, site: str) -> bool:
        """Keep it as the site's learner; False where something came in meanwhile."""
        snapshot, epoch, asked = self.made_with
        made_from = MadeFrom(self.position, epoch, asked)
        return checkpoints.put_rebuilt(
            runtime.store, site, snapshot, made_from, self._learner.to_bytes(), self._earlier
        )
