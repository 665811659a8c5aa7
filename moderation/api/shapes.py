"""What the API answers beyond a comment itself: scored at once, pages, batches, explanations."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from moderation.api.problems import Problem
from moderation.domain import comments
from moderation.domain.comments import Status
from moderation.flow.comments import reading
from moderation.flow.comments.checking import Checked
from moderation.flow.comments.judged import Reason
from moderation.flow.comments.outgoing import Comment, Explained, Span, comment_fields
from moderation.flow.comments.reasons import ENGLISH
from moderation.flow.runtime import Runtime


class CheckedComment(Comment, kw_only=True, omit_defaults=True):
    """A comment that was scored while its site waited.

    A store that stalled may have taken in what is not known to be stored: send it again with the
    same `external_id`.
    """

    id: str | None  # type: ignore[assignment]
    """The id that Winnow gave it: a ULID; null where it is not known to be stored."""
    recorded: bool
    """Whether it is known to be stored and counted."""


class CommentPage(Struct, frozen=True):
    """Comments; a page of a search, or of very large ones, may be short and not be the last."""

    data: list[Comment]
    """The comments, in the order that was asked for."""
    next: str | None
    """The `cursor` of the page after it; null at the end."""


class BatchItem(Struct, frozen=True, omit_defaults=True):
    """What became of one item of a batch: accepted (`id`, `status`) or refused (`problem`)."""

    index: int
    """The place of the item in the batch, from 0."""
    code: int
    """The status that the item alone would have been answered with."""
    id: str | UnsetType = UNSET
    """The comment's id; absent where the item was refused."""
    status: Status | UnsetType = UNSET
    """How the comment stands; absent where the item was refused."""
    problem: Problem | UnsetType = UNSET
    """Why the item was refused; absent where it was accepted."""


def checked_out(checked: Checked) -> CheckedComment:
    """Return a comment that was scored at once as the API shows it."""
    fields = comment_fields(checked.comment)
    fields["id"] = checked.comment.id or None
    return CheckedComment(recorded=checked.recorded, **fields)


_FIELD_OF_ROW: dict[str, Literal["content", "author.name", "author.url"]] = {
    "text": "content",
    "author": "author.name",
    "url": "author.url",
}


def explained_out(runtime: Runtime, comment: comments.Comment) -> Explained:
    """Return why a comment gets its score from the model as it is now."""
    found, model = reading.explain(runtime, comment)
    return Explained(
        model=model,
        probability=found.probability,
        logit=found.logit,
        bias=found.bias,
        spans=[Span(_FIELD_OF_ROW[s.field], s.start, s.end, s.weight) for s in found.spans],
        signals=[Reason(code, ENGLISH.text(code), weight) for code, weight in found.signals],
    )
