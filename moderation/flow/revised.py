"""Comments that came again with another text: who wrote the text before alone has them no more."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from moderation.domain.comments import Comment
from moderation.domain.errors import StoreDown, StoreFull
from moderation.flow.marks import author_mark
from moderation.flow.runtime import Runtime
from moderation.store import authors, codec
from moderation.store.comments import reading
from moderation.store.comments.accepting import Written

_TRIES = 5
"""How often a comment is looked at that is revised again meanwhile."""


def note(runtime: Runtime, site: str, written: Sequence[Written]) -> None:
    """Take those that are a new revision out of the records of who wrote the text before and did
    not write the one that stands now; a hundred at most. It may be done again.

    Where the store fails meanwhile those records stay as they were: the comments are written.
    """
    places = [(one.id, one.revision - 1) for one in written if one.kind == "revision"]
    if not places:
        return
    with suppress(StoreDown, StoreFull):
        for _ in range(_TRIES):
            found = reading.with_older(runtime.store, site, places)
            gone = [
                (raw_id, 0 if now is None else now.revision, mark)
                for (raw_id, _), (old, now) in zip(places, found, strict=True)
                if old is not None and (mark := _without(runtime, raw_id, old, now))
            ]
            if not gone or not authors.take_from(runtime.store, site, gone):
                return


def _without(runtime: Runtime, raw_id: bytes, old: Comment, now: Comment | None) -> bytes:
    """Return the mark of who wrote an older text and not the one that stands now."""
    at = codec.id_ms(raw_id)
    before = author_mark(runtime.secret, old.submission, at)
    after = b"" if now is None else author_mark(runtime.secret, now.submission, at)
    return authors.only(
        before, set(authors.people_of(before)[0]) - set(authors.people_of(after)[0])
    )
