"""A model file becomes a candidate: validated, kept under its name, bounded in number."""

from __future__ import annotations

from hashlib import sha256

from classifier import Model, ModelError
from moderation.domain.errors import Conflict, InvalidInput
from moderation.domain.models import Origin, Snapshot
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import models

FILE_BYTES = 16 << 20
"""Most bytes of a model file from outside: four times those of the shipped one."""
CANDIDATES_KEPT = 10
USED_KEPT = 30
"""How many are kept of the snapshots that were in use, beside those of the newest changes."""


def offer(
    runtime: Runtime, blob: bytes, by: str, origin: Origin = "made elsewhere"
) -> tuple[Snapshot, bool]:
    """Keep a model file as a candidate; return what is known of it, and whether it is new.

    Raises:
        InvalidInput: it is no model file, damaged, or has features of another version.
        Conflict: another model has its name.
    """
    if len(blob) > FILE_BYTES:
        raise InvalidInput(f"a model file may have {FILE_BYTES >> 20} MiB at most")
    try:
        model = Model.load(blob)
    except ModelError as error:
        raise InvalidInput(str(error)) from error
    snapshot = Snapshot(
        name=model.name,
        origin=origin,
        made_ms=now_ms(),
        by=by,
        size=len(blob),
        sha256=sha256(blob).hexdigest(),
        labels=model.labels,
    )
    done = models.put(runtime.store, snapshot, blob)
    if done == "other":
        raise Conflict("another model has this name; give the file another one")
    _forget_old(runtime, model.name)
    return models.one(runtime.store, model.name) or snapshot, done == "made"


def _forget_old(runtime: Runtime, new: str) -> None:
    """Forget the oldest candidates, and what was in use long ago."""
    in_use, found = models.in_use(runtime.store).name, models.every(runtime.store)
    candidates = [s.name for s in found if not s.first_used_ms and s.name != new]
    for name in candidates[CANDIDATES_KEPT - 1 :]:
        models.drop_candidate(runtime.store, name)
    used = sorted((s for s in found if s.first_used_ms), key=lambda s: -s.first_used_ms)
    changes = models.changes(runtime.store, USED_KEPT)
    needed = {name for change in changes for name in (change.name, change.previous)}
    for snapshot in used[USED_KEPT:]:
        if snapshot.name not in needed | {in_use, runtime.shipped.name}:
            models.forget(runtime.store, snapshot.name)
