"""A site's comment found by its id."""

from __future__ import annotations

from moderation.domain.comments import Comment
from moderation.domain.errors import NotFound
from moderation.flow.runtime import Runtime
from moderation.store import codec, comments


def find(runtime: Runtime, site: str, comment_id: str, revision: int = 0) -> Comment:
    """Return a site's comment; raises `NotFound` for an id that is not one or not the site's."""
    try:
        found = comments.get(runtime.store, site, codec.id_bytes(comment_id), revision)
    except ValueError:
        found = None
    if found is None:
        raise NotFound("this site has no such comment")
    return found
