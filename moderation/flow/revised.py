"""Comments that came again with another text: how they end is in the record of who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from moderation.domain.comments import Submission
from moderation.domain.errors import StoreDown, StoreFull
from moderation.flow.marks import author_mark
from moderation.flow.runtime import Runtime
from moderation.store import authors, codec
from moderation.store.comments import reading
from moderation.store.comments.accepting import Written


def note(
    runtime: Runtime, site: str, sent: Sequence[Submission], written: Sequence[Written]
) -> None:
    """Note those that are a new revision with their authors, and with those of the text before no
    longer, unless they are the same; a hundred at most.

    Where the store fails meanwhile the records stay as they were: the comments are written.
    """
    revised = [
        (submission, one)
        for submission, one in zip(sent, written, strict=True)
        if one.kind == "revision"
    ]
    if not revised:
        return
    with suppress(StoreDown, StoreFull):
        places = [(one.id, one.revision - 1) for _, one in revised]
        before = reading.revisions(runtime.store, site, places)
        moved = [
            (new.id, new.revision, old.status, *_marks(runtime, old.submission, submission, new.id))
            for (submission, new), old in zip(revised, before, strict=True)
            if old is not None
        ]
        if moved:
            authors.revise(runtime.store, site, moved)


def _marks(
    runtime: Runtime, before: Submission, after: Submission, raw_id: bytes
) -> tuple[bytes, bytes, bytes]:
    """Return the marks of who wrote the first text alone, both, and the second alone."""
    at = codec.id_ms(raw_id)
    old, new = (author_mark(runtime.secret, text, at) for text in (before, after))
    earlier, later = (set(authors.people_of(mark)[0]) for mark in (old, new))
    return (
        authors.only(old, earlier - later),
        authors.only(new, earlier & later),
        authors.only(new, later - earlier),
    )
