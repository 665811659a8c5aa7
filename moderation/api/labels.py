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
from moderation.api.shapes import BatchItem, Comment, comment_out
from moderation.domain import comments
from moderation.domain.comments import Submission
from moderation.domain.verdicts import Label
from moderation.flow.decide import Word, teach

blueprint = Blueprint("labels", __name__, url_prefix="/v1")


class LabelledComment(Submission, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A comment with a person's word on it, and when that was said (now, if left out)."""

    label: Label
    labelled_at: Annotated[dt.datetime, Meta(tz=True)] | None = None
    note: Annotated[str, Meta(max_length=2000)] = ""


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
        return answers.json(comment_out(_teach(call, _checked(LABELLED.one(data)))))
    items = LABELLED.many(data, media)
    return answers.items([_item(call, index, item) for index, item in enumerate(items)], media)


def _item(call: Call, index: int, item: LabelledComment | Refusal) -> BatchItem:
    try:
        if isinstance(item, Refusal):
            raise item
        comment = _teach(call, _checked(item))
    except Refusal as refusal:
        return refused(index, refusal)
    return BatchItem(index, 200, comment.id, comment.status)


def _checked(item: LabelledComment) -> LabelledComment:
    if item.labelled_at is not None:
        validation.check_time("/labelled_at", item.labelled_at, dt.datetime.now(dt.UTC))
    return item


def _teach(call: Call, item: LabelledComment) -> comments.Comment:
    at = item.labelled_at
    word = Word(call.grant.actor, "api", item.note, suggestion_shown=False)
    labelled_ms = None if at is None else int(at.timestamp() * 1000)
    submission = Submission(**{name: getattr(item, name) for name in Submission.__struct_fields__})
    return teach(call.runtime, call.grant, submission, item.label, word, labelled_ms)
