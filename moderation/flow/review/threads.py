"""Where a comment stands: what it answers, and what that answers, as far as the site names it."""

from __future__ import annotations

from moderation.domain.comments import Comment
from moderation.flow.runtime import Runtime
from moderation.store.comments import reading

ABOVE_AT_MOST = 3
"""Most comments that are shown above one."""


def above(runtime: Runtime, comment: Comment) -> list[Comment]:
    """Return the comment that this one answers, then the one that that answers, and so on."""
    found: list[Comment] = []
    seen = {comment.id}
    parent = comment.submission.parent_id
    while parent and len(found) < ABOVE_AT_MOST:
        (raw,) = reading.find_externals(runtime.store, comment.site, [parent])
        answered = reading.get(runtime.store, comment.site, raw) if raw else None
        if answered is None or answered.id in seen:
            break
        found.append(answered)
        seen.add(answered.id)
        parent = answered.submission.parent_id
    return found
