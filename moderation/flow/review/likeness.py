"""Held comments that are nearly the same, to be decided together."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from classifier import are_alike
from moderation.domain.comments import Comment
from moderation.flow.lookup import raw_id
from moderation.flow.marks import likeness, likenesses
from moderation.flow.runtime import Runtime
from moderation.store import alike
from moderation.store.comments import reading

LISTED_AT_MOST = 100
"""Most comments that are listed as alike: no more are decided together."""
EXAMPLES = 3


class Alike(Struct, frozen=True):
    """How many held comments are alike, this one included, and some of the others."""

    size: int
    examples: list[Comment]


def sizes(runtime: Runtime, comments: Sequence[Comment]) -> list[int]:
    """Return for each comment how many held comments are like it, itself included; 0 for one that
    is not held or has none."""
    held = [comment for comment in comments if comment.status == "held"]
    asked = _asked(held)
    found = dict(zip((c.id for c in held), alike.groups(runtime.store, asked), strict=True))
    groups = [found.get(comment.id) for comment in comments]
    return [0 if group is None else group.size for group in groups]


def _asked(comments: Sequence[Comment]) -> list[tuple[str, bytes, bytes]]:
    marks = likenesses([comment.submission for comment in comments])
    return [(c.site, raw_id(c.id), mark) for c, mark in zip(comments, marks, strict=True)]


def alike_with(runtime: Runtime, comment: Comment) -> Alike | None:
    """Return what is like a held comment, None where nothing is."""
    found = listed(runtime, comment)
    if len(found) < 2:
        return None
    others = [other for other in found if other.id != comment.id]
    (size,) = sizes(runtime, [comment]) if len(found) == LISTED_AT_MOST else (len(found),)
    return Alike(size, others[-EXAMPLES:])


def listed(runtime: Runtime, comment: Comment) -> list[Comment]:
    """Return a held comment with all that are like it, the oldest first, at most a hundred.

    What is held no longer, is gone, or was changed since is taken out on the way.
    """
    asked = _asked([comment])
    (group,) = alike.groups(runtime.store, asked) if comment.status == "held" else (None,)
    if group is None:
        return [comment] if comment.status == "held" else []
    ids = alike.members(runtime.store, comment.site, group.number, LISTED_AT_MOST)
    found = reading.get_many(runtime.store, comment.site, ids)
    fitting, gone = [], []
    for raw, other in zip(ids, found, strict=True):
        if other is not None and other.status == "held" and _is_of(other, group):
            fitting.append(other)
        else:
            gone.append(raw)
    alike.leave(runtime.store, comment.site, group.number, gone)
    if comment.id not in {other.id for other in fitting}:
        fitting = [comment, *fitting[: LISTED_AT_MOST - 1]]
    return fitting


def _is_of(comment: Comment, group: alike.Group) -> bool:
    return are_alike(group.mark, likeness(comment.submission))
