"""One comment as Review and its own page show it: text with what moved it, thresholds, reasons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from moderation.console.differing import Piece, excerpt
from moderation.console.language import _, ngettext
from moderation.console.shown import number
from moderation.domain.bands import needle
from moderation.domain.comments import Comment
from moderation.flow.comments import reading
from moderation.flow.comments.phrases import Phrase, phrases
from moderation.flow.people.records import Known, known_of
from moderation.flow.review import likeness, looking, sampling, threads
from moderation.flow.review.looking import Waiting
from moderation.flow.runtime import Runtime


class Example(Struct, frozen=True):
    """A comment that is like the one shown, and some words of it."""

    comment: Comment
    words: list[Piece]


class Around(Struct, frozen=True):
    """What is known around a comment: of its author, of what is like it (`alike` of them, itself
    included; 0: nothing), and of what it answers, the nearest first."""

    author: Known | None
    alike: int
    examples: list[Example]
    above: list[Comment]


class Item(Struct, frozen=True):
    """A comment, why the filter says what it says, and who looks at it.

    `until_ms` is until when whoever looks at it has it (0: nobody does), `now` the probability by
    the filter as it is now, `meter` the place of the verdict's score on a scale of four equal
    bands, 0..100 (None: there is none). `is_hidden` says that it is of the random sample: nothing
    that the filter says of it is shown, or here.
    """

    comment: Comment
    waiting: Waiting
    text: list[Phrase]
    around: Around
    until_ms: int = 0
    is_hidden: bool = False
    hold: float = 0.0
    reject: float = 0.0
    now: float = 0.0
    model: str = ""
    meter: int | None = None


def item_of(runtime: Runtime, waiting: Waiting, hides: bool = False) -> Item:
    """Return what is shown of a comment; `hides` leaves out what the filter says of one that is of
    the random sample."""
    comment = waiting.comment
    until = looking.until_ms(runtime, comment.site, comment.id) if waiting.looks else 0
    if hides and waiting.is_sample:
        text = phrases(comment.submission.content, [])
        around = _around(runtime, comment, True)
        return Item(comment, waiting, text, around, until, is_hidden=True)
    explained = reading.explain_now(runtime, comment)
    return Item(
        comment=comment,
        waiting=waiting,
        text=phrases(comment.submission.content, explained.marks),
        around=_around(runtime, comment, False),
        until_ms=until,
        hold=explained.hold,
        reject=explained.reject,
        now=explained.probability,
        model=explained.model,
        meter=_meter(comment, explained.hold, explained.reject),
    )


def _around(runtime: Runtime, comment: Comment, is_hidden: bool) -> Around:
    (author,) = known_of(runtime, [comment], {comment.id} if is_hidden else ())
    alike = likeness.alike_with(runtime, comment)
    content = comment.submission.content
    return Around(
        author=author,
        alike=alike.size if alike else 0,
        examples=[
            Example(other, excerpt(other.submission.content, content))
            for other in (alike.examples if alike else ())
        ],
        above=threads.above(runtime, comment),
    )


class Coming(Struct, frozen=True):
    """A comment in a list: how many held ones are like it, and what is known of its author."""

    place: Waiting
    alike: int
    author: Known | None


def coming_of(runtime: Runtime, places: Sequence[Waiting]) -> list[Coming]:
    """Return what lists show of comments."""
    comments = [place.comment for place in places]
    sizes = likeness.sizes(runtime, comments)
    hidden = {place.comment.id for place in places if place.is_sample}
    authors = known_of(runtime, comments, hidden)
    return [Coming(*each) for each in zip(places, sizes, authors, strict=True)]


def _meter(comment: Comment, hold: float, reject: float) -> int | None:
    """Return where the score stands, within its band: the word is of the verdict's time."""
    verdict = comment.verdict
    if verdict is None or verdict.score is None or verdict.band is None:
        return None
    return needle(verdict.band, verdict.score, hold, reject)


def json_of(comment: Comment) -> dict[str, Any]:
    """Return what a script of the page must know of a comment that was changed."""
    return {"id": comment.id, "site": comment.site, "etag": comment.etag, "status": comment.status}


def today_words(number_decided: int) -> str:
    """Return how many comments a person decided today."""
    said = ngettext("%(n)s decided today", "%(n)s decided today", number_decided)
    return said % {"n": number(number_decided)}


def agreement_words(agreement: sampling.Agreement) -> str:
    """Return what the filter had said of a comment of the random sample, once it is decided."""
    words = {
        "agreed": _("The filter agreed."),
        "approved": _("The filter had approved it."),
        "held": _("The filter would have held it."),
        "spam": _("The filter had taken it for spam."),
    }
    return words[agreement]
