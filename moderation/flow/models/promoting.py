"""Which snapshot is in use: promoted and rolled back, by whom and why."""

from __future__ import annotations

import logging
from contextlib import suppress
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.errors import (
    Conflict,
    GateRefused,
    NotFound,
    NothingToUndo,
    StaleChoice,
    StoreFull,
)
from moderation.domain.gate import Refusal
from moderation.domain.models import InUse, Kind, Promotion, Snapshot, before_promotion
from moderation.domain.reports import Report
from moderation.flow.events import Swept
from moderation.flow.labels.advancing import Advance, Learned, OutOfReach, Overtaken
from moderation.flow.labels.replaying import REPLAY_AT_MOST
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import models, sites

log = logging.getLogger(__name__)

PREPARE_SECONDS = 5.0
"""For how long a request makes learners ready for another snapshot before it is put to use."""
PREPARED_MS = 86_400_000
SHOWN = 50


class Models(Struct, frozen=True):
    """What `GET /v1/models` shows: the choice, every snapshot, the newest changes first."""

    in_use: InUse
    snapshots: list[Snapshot]
    changes: list[Promotion]


class Why(Struct, frozen=True):
    """Who changes the snapshot in use, and why."""

    by: str
    reason: str = ""
    overridden: tuple[str, ...] = ()


def listed(runtime: Runtime) -> Models:
    """Return every snapshot, the one in use and the newest changes."""
    changes = models.changes(runtime.store, SHOWN)[::-1]
    return Models(models.in_use(runtime.store), models.every(runtime.store), changes)


def in_use(runtime: Runtime) -> InUse:
    """Return the snapshot in use."""
    return models.in_use(runtime.store)


def candidate(runtime: Runtime) -> str:
    """Return the newest candidate that waits for somebody's word: one made since the last change
    of the snapshot in use; '' where there is none."""
    found = listed(runtime)
    since = found.changes[0].at_ms if found.changes else 0
    waiting = (
        one.name
        for one in found.snapshots
        if one.state(found.in_use.name) == "candidate" and one.made_ms > since
    )
    return next(waiting, "")


def known(runtime: Runtime, name: str) -> Snapshot:
    """Return what is known of a snapshot; raises `NotFound`."""
    found = models.one(runtime.store, name)
    if found is None:
        raise NotFound("there is no model of this name")
    return found


def report(runtime: Runtime, name: str) -> Report:
    """Return how a candidate was judged; raises `NotFound`."""
    known(runtime, name)
    found = models.report(runtime.store, name)
    if found is None:
        raise NotFound("this model was not judged yet; a job does it after it was handed in")
    return found


def promote(
    runtime: Runtime,
    name: str,
    why: Why,
    seen: str | None = None,
    *,
    override: bool = False,
    seconds: float = PREPARE_SECONDS,
) -> InUse:
    """Put a snapshot to use from the next verdict of every process on.

    `seen` is the `etag` of the choice that the caller knows. Learners of sites with many labels
    are made ready first, for at most so many seconds; of the rest those made with the snapshot
    before serve until a job has made them anew. `override` is an administrator's word against the
    gate, and recorded as such.

    Raises:
        NotFound: there is no such snapshot. StaleChoice: another choice was made meanwhile.
        GateRefused: rules speak against it. Conflict: it is withdrawn, which nobody overrides.
    """
    asked = known(runtime, name)
    current = _current(runtime, seen)
    if current.name == name:
        return current
    _refuse_withdrawn(asked)
    refused = refusals(runtime, asked, current)
    if refused and not override:
        raise GateRefused([refusal.text for refusal in refused])
    why = replace(why, overridden=tuple(refusal.rule for refusal in refused))
    return _use(runtime, "promote", name, current, why, seconds)


def refusals(runtime: Runtime, asked: Snapshot, current: InUse) -> list[Refusal]:
    """Return the rules that speak against a snapshot; none against one that was in use before."""
    if asked.first_used_ms:
        return []
    if runtime.settings.promote == "never" and asked.origin == "trained":
        return [Refusal("promote", "no trained model is to be promoted here (WINNOW_PROMOTE)")]
    found = models.report(runtime.store, asked.name)
    if found is None:
        return [Refusal("evaluated", "it was not judged yet")]
    if found.current != current.name:
        text = f"it was judged beside {found.current}, which is in use no longer"
        return [Refusal("evaluated", text), *found.refusals]
    return found.refusals


def roll_back(
    runtime: Runtime, why: Why, seen: str | None = None, seconds: float = PREPARE_SECONDS
) -> InUse:
    """Withdraw the newest promotion that stands: the snapshot before it is in use again.

    Raises:
        NothingToUndo: no promotion stands. StaleChoice: another choice was made meanwhile.
        Conflict: the snapshot before is withdrawn.
    """
    current = _current(runtime, seen)
    before = before_promotion(models.changes(runtime.store))
    if before is None:
        raise NothingToUndo("no promotion stands that could be withdrawn")
    _refuse_withdrawn(models.one(runtime.store, before))
    return _use(runtime, "rollback", before, current, why, seconds)


def _refuse_withdrawn(asked: Snapshot | None) -> None:
    if asked is not None and asked.withdrawn_ms:
        raise Conflict(
            f"{asked.name} had learned labels of somebody who was erased: it is not put to use "
            "again; promote another model"
        )


def _current(runtime: Runtime, seen: str | None) -> InUse:
    current = models.in_use(runtime.store)
    if seen is not None and seen != current.etag:
        raise StaleChoice("another model was put to use since")
    return current


def _use(
    runtime: Runtime, kind: Kind, name: str, current: InUse, why: Why, seconds: float
) -> InUse:
    if runtime.model(name).name != name:
        raise Conflict("this model cannot be used by this version of Winnow")
    with suppress(StoreFull):  # What saves time only must not keep anybody from rolling back.
        _make_ready(runtime, name, monotonic() + seconds)
    change = Promotion(kind, name, current.name, now_ms(), why.by, why.reason, why.overridden)
    chosen = models.use(runtime.store, change, current)
    if chosen is None:
        raise StaleChoice("another model was put to use since")
    log.info("model %s is in use instead of %s (%s)", name, current.name, kind)
    return chosen


def _make_ready(runtime: Runtime, name: str, deadline: float) -> None:
    """Keep checkpoints made with a snapshot for the sites that a request could not replay: those
    with the fewest labels first, so that there is time for as many of them as can be."""
    store = runtime.store
    models.keep_checkpoints(store, name, now_ms() + PREPARED_MS)
    states = sites.read_all(store)
    model = runtime.model(name)
    for site, state in sorted(states.items(), key=lambda item: item[1].labels):
        if state.labels <= REPLAY_AT_MOST:
            continue
        if monotonic() > deadline:
            break
        way = Advance(
            runtime, site, state, model, _keep_to_itself, may_be_long=True, until=deadline
        )
        try:
            way.run(None)
        except (OutOfReach, Overtaken):
            continue  # The job that is asked for at the site's next verdict makes it anew.
        way.keep()


def _keep_to_itself(learned: Learned) -> None:
    """Offer no learner of a snapshot that is not in use."""


def listen(runtime: Runtime) -> None:
    """Have a choice that a crash kept from some shards reach them at the next sweep."""
    runtime.events.listen(Swept, lambda swept: models.copy_pointer(runtime.store, now_ms()))
