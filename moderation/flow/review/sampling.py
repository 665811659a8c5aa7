"""The random sample: comments that the filter decided alone, drawn to be looked at by a person.

The filter's opinion is hidden until they are decided, so that it sways nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from moderation.domain.comments import Comment
from moderation.domain.verdicts import Label
from moderation.flow.runtime import Runtime
from moderation.store import samples
from moderation.store.comments import reading

EVERY = 10
"""While comments are held, one in so many that a person is shown is of the random sample."""

Agreement = Literal["agreed", "approved", "held", "spam"]


def is_hidden(comment: Comment) -> bool:
    """Say whether the filter's opinion of a comment is hidden: it was drawn and nobody decided."""
    return (
        comment.verdict is not None
        and comment.verdict.audit is not None
        and comment.decision is None
        and comment.status in ("approved", "spam")
    )


def is_due(runtime: Runtime, who: str) -> bool:
    """Count a comment that a person is shown; say whether it is the turn of the random sample."""
    return samples.turn(runtime.store, who) % EVERY == 0


def waiting(
    runtime: Runtime, sites: Sequence[str], after: bytes, number: int
) -> tuple[list[Comment], bytes]:
    """Return comments of the sample that nobody decided, the oldest first, after an id, and the id
    up to which was looked (b"" at the end). What is not to be looked at any more is taken out."""
    places = samples.waiting(runtime.store, sites, after, number) if sites else []
    found: list[Comment] = []
    for site in dict.fromkeys(site for _, site in places):
        ids = [raw for raw, of_site in places if of_site == site]
        comments = reading.get_many(runtime.store, site, ids)
        kept = [comment is not None and is_hidden(comment) for comment in comments]
        found += [c for c, stays in zip(comments, kept, strict=True) if c is not None and stays]
        gone = [raw for raw, stays in zip(ids, kept, strict=True) if not stays]
        samples.remove(runtime.store, site, gone)
    found.sort(key=lambda comment: comment.id)
    return found, places[-1][0] if len(places) == number else b""


def agreement(before: Comment, label: Label) -> Agreement | None:
    """Return what the filter said of a comment of the sample: that it agreed with what was decided
    now, or what it had done; None for a comment that was not drawn."""
    verdict = before.verdict
    if verdict is None or verdict.audit is None:
        return None
    if verdict.status == ("spam" if label == "spam" else "approved"):
        return "agreed"
    return verdict.status
