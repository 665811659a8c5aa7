"""Labels from elsewhere: comments that people have judged before."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from flask import Blueprint, Response
from msgspec import Meta

from moderation.api import answers, body, validation
from moderation.api.batch import refused
from moderation.api.endpoint import Answer, Body, Call, Operation, endpoint
from moderation.api.problems import Refusal
from moderation.api.shapes import BatchItem
from moderation.domain.comments import Submission, Time
from moderation.domain.verdicts import Label
from moderation.flow.comments.outgoing import Comment, comment_out
from moderation.flow.labels.deciding import Word
from moderation.flow.labels.teaching import Lesson, teach_many
from moderation.flow.lookup import find

blueprint = Blueprint("labels", __name__, url_prefix="/v1")


class LabelledComment(Submission, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A comment with a person's word on it, and when that was said (now, if left out)."""

    label: Label
    """What the comment is, by the word of a person."""
    labelled_at: Time | None = None
    """When that was said, RFC 3339 with an offset; now, if left out."""
    note: Annotated[str, Meta(max_length=2000)] = ""
    """Why, for people."""


LABELLED = body.Reader(LabelledComment)


@blueprint.post("/labels")
@endpoint(
    Operation(
        id="labelComments",
        tag="Decisions",
        summary="Teach labelled comments: one, an array, or lines",
        scopes=("moderate",),
        cached_token=True,
        body=Body(
            {
                body.JSON: LabelledComment | list[LabelledComment],
                body.NDJSON: LabelledComment,
            },
            body.BATCH_BYTES,
        ),
        answers={
            200: Answer(
                "The comment, or what became of each item, in order: code 200 with its id, or "
                "422 with the problem. A comment known by its `external_id` is labelled anew.",
                {body.JSON: Comment | list[BatchItem], body.NDJSON: BatchItem},
            )
        },
        problems=("store-down", "store-full"),
    )
)
def label_comments(call: Call) -> Response:
    media = body.media_type(call.environ, body.JSON, body.NDJSON)
    data = body.read(call.environ, body.BATCH_BYTES)
    if media == body.JSON and data.lstrip()[:1] != b"[":
        lesson = _lesson(_checked(LABELLED.one(data)))
        word = _word(call)
        (comment_id,) = teach_many(call.runtime, call.grant, [lesson], word)
        return answers.json(comment_out(find(call.runtime, call.grant.site, comment_id)))
    checked = [_checked_or_refused(item) for item in LABELLED.many(data, media)]
    lessons = [_lesson(item) for item in checked if isinstance(item, LabelledComment)]
    ids = iter(teach_many(call.runtime, call.grant, lessons, _word(call)))
    items = [
        refused(index, item)
        if isinstance(item, Refusal)
        else BatchItem(index, 200, next(ids), "spam" if item.label == "spam" else "approved")
        for index, item in enumerate(checked)
    ]
    return answers.items(items, media)


def _checked(item: LabelledComment) -> LabelledComment:
    if item.labelled_at is not None:
        validation.check_time("/labelled_at", item.labelled_at, dt.datetime.now(dt.UTC))
    return item


def _checked_or_refused(item: LabelledComment | Refusal) -> LabelledComment | Refusal:
    if isinstance(item, Refusal):
        return item
    try:
        return _checked(item)
    except Refusal as refusal:
        return refusal


def _word(call: Call) -> Word:
    return Word(call.grant.actor, "api", suggestion_shown=False)


def _lesson(item: LabelledComment) -> Lesson:
    at = item.labelled_at
    submission = Submission(**{name: getattr(item, name) for name in Submission.__struct_fields__})
    return Lesson(
        submission, item.label, item.note, None if at is None else int(at.timestamp() * 1000)
    )
