"""One comment as Review and its own page show it: text with what moved it, thresholds, reasons."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from moderation.domain.bands import needle
from moderation.domain.comments import Comment
from moderation.flow.comments import reading
from moderation.flow.comments.phrases import Phrase, phrases
from moderation.flow.review.looking import Waiting
from moderation.flow.runtime import Runtime


class Item(Struct, frozen=True):
    """A comment, why the filter says what it says, and who looks at it.

    `now` is the probability by the filter as it is now, `meter` the place of the verdict's score on
    a scale of four equal bands, 0..100 (None: there is none).
    """

    comment: Comment
    waiting: Waiting
    text: list[Phrase]
    hold: float
    reject: float
    now: float
    model: str
    meter: int | None


def item_of(runtime: Runtime, waiting: Waiting) -> Item:
    """Return what is shown of a comment."""
    comment = waiting.comment
    explained = reading.explain_now(runtime, comment)
    return Item(
        comment=comment,
        waiting=waiting,
        text=phrases(comment.submission.content, explained.marks),
        hold=explained.hold,
        reject=explained.reject,
        now=explained.probability,
        model=explained.model,
        meter=_meter(comment, explained.hold, explained.reject),
    )


def _meter(comment: Comment, hold: float, reject: float) -> int | None:
    """Return where the score stands, within its band: the word is of the verdict's time."""
    verdict = comment.verdict
    if verdict is None or verdict.score is None or verdict.band is None:
        return None
    return needle(verdict.band, verdict.score, hold, reject)


def json_of(comment: Comment) -> dict[str, Any]:
    """Return what a script of the page must know of a comment that was changed."""
    return {"id": comment.id, "site": comment.site, "etag": comment.etag, "status": comment.status}
