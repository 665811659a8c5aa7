"""A site's learner: a pure function of its snapshot and of its labels in order."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from contextlib import suppress

from msgspec import Struct

from classifier import Learner, Model, ModelError
from moderation.domain.decisions import LabelEntry
from moderation.domain.errors import StoreFull
from moderation.flow.judging import SiteContext
from moderation.flow.rows import training_row
from moderation.flow.runtime import SITES_KEPT, Cache, Runtime
from moderation.flow.tasks import REBUILD_LEARNER
from moderation.store import labels, sites
from moderation.store.sites import SiteState

log = logging.getLogger(__name__)

REPLAYABLE = 1000
"""How many labels back a withdrawal is replayed at once; an older one is left to a job."""
CHECKPOINT_EVERY = 256
REPLAY_AT_MOST = 2000
"""Most labels that a request replays; more are left to a job, and the base serves alone."""
ASK_AGAIN_SECONDS = 60.0
REBUILD_TRIES = 20
LEARNER_IDLE_SECONDS = 900.0
"""A learner takes three quarters of a MiB; a site's next verdict reads it from its checkpoint."""


class Learned(Struct, frozen=True):
    """A site's learner as of a place in its label log; swapped whole, never changed."""

    snapshot: str
    epoch: int
    position: int
    learner: Learner
    checkpoint: int


class Learners(Cache[Learned]):
    """The learners that this process holds, by site."""

    def __init__(self) -> None:
        super().__init__(SITES_KEPT, LEARNER_IDLE_SECONDS)


class RebuildsAsked(Cache[float]):
    """When this process asked for a site's learner to be made anew, in monotonic seconds."""

    def __init__(self) -> None:
        super().__init__(SITES_KEPT)


def context(runtime: Runtime, site: str, state: SiteState) -> SiteContext:
    """Return what a site's next verdict is made with, the learner caught up to `state`."""
    settings = runtime.site_settings(site, state.settings)
    model = runtime.model(state.snapshot)
    learned = _learned(runtime, site, state, model) if state.labels else None
    position = learned.position if learned else 0
    epoch = f".{state.epoch}" if state.epoch else ""
    learner = learned.learner if learned else None
    return SiteContext(
        settings=settings,
        policy=state.settings,
        model=model,
        learner=learner,
        bands=learner.bands if learner else model.bands,
        name=f"{model.name}+{position}{epoch}",
    )


def _learned(runtime: Runtime, site: str, state: SiteState, model: Model) -> Learned | None:
    found = runtime.own(Learners).get(site)
    if found is not None and _is_at(found, state, model):
        return found
    with runtime.lock(site):
        found = runtime.own(Learners).get(site)
        if found is not None and _is_at(found, state, model):
            return found
        if found is not None and (found.snapshot, found.epoch) != (model.name, state.epoch):
            found = None
        learned = _advance(runtime, site, state, model, found)
        if learned is None:
            _ask_rebuild(runtime, site)
            return None
        runtime.own(Learners).put(site, learned)
        return learned


def _ask_rebuild(runtime: Runtime, site: str) -> None:
    """Ask for a learner made anew, at most once a minute: every verdict until then comes here."""
    now = time.monotonic()
    asked = runtime.own(RebuildsAsked).get(site)
    if asked is not None and now - asked < ASK_AGAIN_SECONDS:
        return
    runtime.own(RebuildsAsked).put(site, now)
    log.warning("the learner of a site must replay too many labels; a job makes it anew")
    with suppress(StoreFull):  # The task goes out again when there is room.
        labels.ask_rebuild(runtime.store, site)
    runtime.tasks.send_aside(REBUILD_LEARNER, site)


def _is_at(learned: Learned, state: SiteState, model: Model) -> bool:
    return (
        learned.position >= state.labels
        and learned.epoch == state.epoch
        and learned.snapshot == model.name
    )


def _advance(
    runtime: Runtime, site: str, state: SiteState, model: Model, found: Learned | None
) -> Learned | None:
    """Replay from where this process stands, or from the newest checkpoint that still holds."""
    to = state.labels
    if found is not None and to - found.position <= REPLAY_AT_MOST:
        entries = labels.entries(runtime.store, site, found.position, to)
        if holds(found.position, entries):
            learner = replay(found.learner.copy(), entries)
            return _keep(runtime, site, state, model, learner, found.checkpoint)
    kept = labels.checkpoints(runtime.store, site, model.name)
    newest = [seq for seq in sorted(kept, reverse=True) if seq <= to]
    entries = []
    for seq in [*newest, 0]:
        upper = entries[0].seq - 1 if entries else to
        if to - seq > REPLAY_AT_MOST:
            return None
        entries = labels.entries(runtime.store, site, seq, upper) + entries
        if seq and not holds(seq, entries):
            continue
        blob = labels.checkpoint(runtime.store, site, kept[seq]) if seq else None
        if seq and blob is None:
            continue
        try:
            start = Learner.from_bytes(blob, model) if blob is not None else Learner(model)
        except ModelError as error:
            log.warning("a checkpoint of a learner cannot be used (%s); an older one serves", error)
            # Whoever comes next would try it again, and none could be kept in its place.
            labels.drop_checkpoint(runtime.store, site, kept[seq])
            continue
        return _keep(runtime, site, state, model, replay(start, entries), seq)
    return None


def _keep(
    runtime: Runtime, site: str, state: SiteState, model: Model, learner: Learner, since: int
) -> Learned:
    """Return the learner as of `state`; keeps a checkpoint where the last one is far behind."""
    to = state.labels
    if to - since >= CHECKPOINT_EVERY:
        kept = labels.checkpoints(runtime.store, site, model.name)
        drop = [kept[seq] for seq in superfluous(sorted(kept, reverse=True), to)]
        blob = learner.to_bytes()
        # A full store has no room for what only saves time.
        with suppress(StoreFull):
            labels.put_checkpoint(runtime.store, site, model.name, to, state.epoch, blob, drop)
            since = to
    return Learned(model.name, state.epoch, to, learner, since)


def superfluous(kept: Sequence[int], to: int) -> list[int]:
    """Return the checkpoints to drop (`kept` newest first) when one at `to` is added.

    Those within reach of a replay are kept 256 labels apart, older ones at doubling distances.
    """
    last, drop = to, []
    for seq in kept:
        distance = to - seq
        gap = CHECKPOINT_EVERY // 2 if distance <= REPLAYABLE + CHECKPOINT_EVERY else distance // 2
        if last - seq < gap and seq != to:
            drop.append(seq)
        else:
            last = seq
    return drop


def _targets(entry: LabelEntry, rebuilt: int) -> tuple[int, ...]:
    """Return the earlier entries that this one switches off or on again, as far as that holds.

    A withdrawal of a label more than `REPLAYABLE` entries back takes effect only when a job has
    made the learner anew, which an entry of kind `rebuilt` marks.
    """
    return tuple(
        seq
        for seq in (entry.drops, entry.restores)
        if seq and (entry.seq < rebuilt or entry.seq - seq <= REPLAYABLE)
    )


def _last_rebuilt(entries: Sequence[LabelEntry]) -> int:
    return max((e.seq for e in entries if e.kind == "rebuilt"), default=0)


def holds(position: int, entries: Sequence[LabelEntry]) -> bool:
    """Say whether a learner as of `position` is still right once `entries` follow it."""
    rebuilt = _last_rebuilt(entries)
    if rebuilt:
        return False
    return all(seq > position for e in entries for seq in _targets(e, rebuilt))


def replay(learner: Learner, entries: Sequence[LabelEntry], everything: bool = False) -> Learner:
    """Teach a learner the labels that hold among `entries`, in order, and return it.

    `everything`: withdrawals of old labels count too, as for a learner made anew.
    """
    rebuilt = entries[-1].seq + 1 if everything and entries else _last_rebuilt(entries)
    active: dict[int, LabelEntry | None] = {}
    by_seq = {e.seq: e for e in entries}
    for e in entries:
        if e.kind == "label" and e.example is not None:
            active[e.seq] = e
        near = _targets(e, rebuilt)
        if e.drops in near and e.drops in active:
            active[e.drops] = None
        if e.restores in near and e.restores in active:
            active[e.restores] = by_seq[e.restores]
    for seq in sorted(active):
        chosen = active[seq]
        if chosen is not None and chosen.example is not None and chosen.label is not None:
            learner.learn(training_row(chosen.example.row), chosen.label)
    return learner


def rebuild(runtime: Runtime, site: str) -> bool:
    """Make a site's learner anew from every label that holds, whatever its age, if asked for.

    Marks that in the label log, so that every process takes it up at the same place. Labels that
    come in meanwhile are learned too, unless they reach back: then it begins again. Return False,
    and stays asked for, where something came in between each of `REBUILD_TRIES` tries.
    """
    learner, position, erased, made_with = None, 0, False, ("", -1)
    for _ in range(REBUILD_TRIES):
        if not labels.rebuilds_asked(runtime.store, [site]):
            return True
        state = sites.read(runtime.store, site)
        model = runtime.model(state.snapshot)
        if made_with != (model.name, state.epoch):
            learner, position = None, 0
        entries = labels.entries(runtime.store, site, position, state.labels)
        if position and any(0 < seq <= position for e in entries for seq in (e.drops, e.restores)):
            learner, entries = None, labels.entries(runtime.store, site, 0, state.labels)
        if learner is None:
            learner, erased = Learner(model), False
        replay(learner, entries, everything=True)
        erased = erased or any(e.kind == "erased" for e in entries)
        position, made_with = state.labels, (model.name, state.epoch)
        blob = learner.to_bytes()
        if labels.put_rebuilt(
            runtime.store, site, model.name, (position, state.epoch), erased, blob
        ):
            log.info("a site's learner was made anew from %d labels", position)
            return True
    return False
