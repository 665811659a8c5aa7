"""A site's comment found by its id."""

from __future__ import annotations

from moderation.domain.comments import Comment
from moderation.domain.errors import NotFound
from moderation.flow.runtime import Runtime
from moderation.store import codec
from moderation.store.comments import reading


def find(runtime: Runtime, site: str, comment_id: str, revision: int = 0) -> Comment:
    """Return a site's comment; raises `NotFound` for an id that is not one or not the site's."""
    found = reading.get(runtime.store, site, raw_id(comment_id), revision)
    if found is None:
        raise _not_found()
    return found


def raw_id(comment_id: str) -> bytes:
    """Return an id as the store has it; raises `NotFound` for what cannot be one."""
    try:
        return codec.id_bytes(comment_id)
    except ValueError:
        raise _not_found() from None


def _not_found() -> NotFound:
    return NotFound("this site has no such comment")
