"""Deleting comments with what was kept of them, a bounded part at a time."""

from __future__ import annotations

from msgspec import Struct

from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors


class Forgotten(Struct, frozen=True):
    """What one call deleted: whether there was something, whether a job must make the learner
    anew, whether more is left."""

    found: bool
    far: bool = False
    more: bool = False


Marks = tuple[bytes, bytes]
"""The marks of a comment's authors and of what is like it."""

NO_MARKS: Marks = (b"", b"")


def forget(
    store: Store,
    site: str,
    raw_id: bytes,
    external_id: str,
    replayable: int,
    now_ms: int,
    marks: Marks = NO_MARKS,
    older: int | None = None,
) -> tuple[bool, bool]:
    """Delete a comment and what was kept of it.

    `older` is given for one that cannot be read: its newest older revision that is there, 0 for
    none.

    Return whether there was one, and whether learners still have what it taught until a job makes
    them anew: it was labelled `replayable` labels ago or more.
    """
    some = forget_some(store, site, raw_id, external_id, replayable, now_ms, marks, older)
    found, far = some.found, some.far
    while some.more:
        some = forget_some(store, site, raw_id, external_id, replayable, now_ms, marks, older)
        far = far or some.far
    return found, far


def forget_some(
    store: Store,
    site: str,
    raw_id: bytes,
    external_id: str,
    replayable: int,
    now_ms: int,
    marks: Marks = NO_MARKS,
    older: int | None = None,
) -> Forgotten:
    """Delete a comment and at most a hundred of what was kept of it, in one script."""
    k = keys.of_site(site)
    bucket = k.external + str(keys.external_bucket(external_id)) if external_id else k.meta
    answer = store.run(
        "forget",
        [k.meta, k.comment, k.queued, k.approved, k.held, k.spam, k.day + keys.day_of(now_ms),
         bucket, k.label, k.checkpoints, k.forgetting, k.waiting, k.labelled, k.authors, k.alike,
         k.sample, k.changes],
        [raw_id, external_id, replayable, *marks, site, -1 if older is None else older],
    )  # fmt: skip
    if answer[0] != b"ok":
        return Forgotten(False)
    return Forgotten(True, far=answer[2] == 1, more=answer[3] == 1)


def unfinished(store: Store, site: str) -> list[bytes]:
    """Return the ids of comments whose deletion was cut short."""
    with store_errors():
        found: list[bytes] = store.redis.hkeys(keys.of_site(site).forgetting)
    return found
