"""What people do with models in the console, each noted in the audit log."""

from __future__ import annotations

from msgspec import Struct

from moderation.domain.errors import Conflict, StaleChoice
from moderation.domain.jobs import Job
from moderation.domain.models import InUse, Kind, Snapshot
from moderation.domain.people import Act
from moderation.flow import jobs
from moderation.flow.models import offering, promoting, rescoring, shadow, working
from moderation.flow.models.promoting import Why
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import models, people, shadows


class Actor(Struct, frozen=True):
    """Who acts, and from where."""

    name: str
    address: str


def promote(
    runtime: Runtime, actor: Actor, name: str, reason: str, seen: str, *, override: bool
) -> InUse:
    """Put a snapshot to use as seen under an ETag; sent twice it has one effect.

    Raises:
        NotFound, StaleChoice, GateRefused: as `promoting.promote`.
    """
    why = Why(actor.name, reason)
    try:
        chosen = promoting.promote(runtime, name, why, seen, override=override)
    except StaleChoice:
        return _done_before(runtime, actor, "promote", seen, name)
    _note(runtime, actor, "promoted", name, reason)
    return chosen


def roll_back(runtime: Runtime, actor: Actor, reason: str, seen: str) -> InUse:
    """Withdraw the newest promotion as seen under an ETag; sent twice it has one effect.

    Raises:
        NothingToUndo, StaleChoice: as `promoting.roll_back`.
    """
    try:
        chosen = promoting.roll_back(runtime, Why(actor.name, reason), seen)
    except StaleChoice:
        return _done_before(runtime, actor, "rollback", seen)
    _note(runtime, actor, "rolled_back", chosen.name, reason)
    return chosen


def _done_before(runtime: Runtime, actor: Actor, kind: Kind, seen: str, name: str = "") -> InUse:
    """Return the choice if it is this very one, made a moment ago; else raise `StaleChoice`."""
    current = promoting.in_use(runtime)
    for last in models.changes(runtime.store, 1):
        is_next = seen == InUse("", last.revision - 1).etag and last.revision == current.revision
        is_same = (last.kind, last.by) == (kind, actor.name) and name in ("", last.name)
        if is_next and is_same:
            return current
    raise StaleChoice("another model was put to use since")


def train(runtime: Runtime, actor: Actor) -> Job:
    """Return the job that trains; the one that is under way, if any."""
    job = working.ask_training(runtime, actor.name)
    _note(runtime, actor, "asked_training", job.id)
    return job


def evaluate(runtime: Runtime, actor: Actor, name: str) -> Job:
    """Return the job that judges a candidate; raises `NotFound` where there is none."""
    promoting.known(runtime, name)
    job = working.ask_evaluation(runtime, actor.name, name)
    _note(runtime, actor, "asked_evaluation", name)
    return job


def cancel(runtime: Runtime, actor: Actor, job_id: str) -> Job:
    """Cancel a training or an evaluation; raises `NotFound` where it is neither."""
    job = jobs.find(runtime, job_id)
    if job.kind not in (working.TRAINING, working.EVALUATION):
        raise Conflict("this job is no training")
    done = jobs.cancel(runtime, job_id)
    _note(runtime, actor, "cancelled_job", job_id)
    return done


def judge_anew(runtime: Runtime, actor: Actor) -> Job:
    """Return the job that judges anew what is held on all sites; the one under way, if any."""
    job = rescoring.begin(runtime, actor.name)
    _note(runtime, actor, "asked_rescoring", job.id)
    return job


def hand_in(runtime: Runtime, actor: Actor, blob: bytes) -> Snapshot:
    """Keep a model file as a candidate, and have it judged.

    Raises:
        InvalidInput, Conflict: as `offering.offer`.
    """
    made, is_new = offering.offer(runtime, blob, actor.name)
    if is_new:
        _note(runtime, actor, "handed_in", made.name)
    if made.state(promoting.in_use(runtime).name) == "candidate":
        working.ask_evaluation(runtime, actor.name, made.name)
    return made


def discard(runtime: Runtime, actor: Actor, name: str) -> None:
    """Forget a candidate, which looks on no longer if it did.

    Raises:
        NotFound: there is no such model. Conflict: it is, or was, in use.
    """
    promoting.known(runtime, name)
    if not models.drop_candidate(runtime.store, name):
        raise Conflict("a model that was in use is kept")
    if shadows.current(runtime.store).name == name:
        shadows.end(runtime.store)
    _note(runtime, actor, "discarded", name)


def look_on(runtime: Runtime, actor: Actor, name: str, *, begins: bool) -> None:
    """Have a candidate look on, or no longer; raises as `shadow.begin` and `shadow.end`."""
    (shadow.begin if begins else shadow.end)(runtime, name)
    _note(runtime, actor, "shadow_begun" if begins else "shadow_ended", name)


def _note(runtime: Runtime, actor: Actor, what: str, about: str, note: str = "") -> None:
    act = Act(now_ms(), actor.name, what, actor.address, about=about, note=note)
    people.note(runtime.store, act)
