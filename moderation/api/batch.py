"""Many comments at once; one bad item fails that item alone."""

from __future__ import annotations

from flask import Blueprint, Response

from moderation.api import answers, body
from moderation.api.check import SUBMISSIONS
from moderation.api.comments import IDEMPOTENCY, idempotency_key
from moderation.api.endpoint import Answer, Body, Call, Operation, endpoint
from moderation.api.problems import Refusal
from moderation.api.shapes import BatchItem
from moderation.domain.comments import Submission
from moderation.flow.comments.outgoing import time_of
from moderation.flow.comments.submitting import Accepted, first_use_ms, submit

blueprint = Blueprint("batch", __name__, url_prefix="/v1")


@blueprint.post("/comments/batch")
@endpoint(
    Operation(
        id="submitComments",
        tag="Comments",
        summary="Submit up to 1,000 comments",
        scopes=("submit",),
        cached_token=True,
        headers={"Idempotency-Key": IDEMPOTENCY},
        body=Body({body.NDJSON: Submission, body.JSON: list[Submission]}, body.BATCH_BYTES),
        answers={
            200: Answer(
                "What became of each item, in order: code 202 with its id, or 422 with the "
                "problem. Lines are answered by lines, an array by an array.",
                {body.NDJSON: BatchItem, body.JSON: list[BatchItem]},
            )
        },
        problems=("idempotency-conflict", "rate-limited", "store-down", "store-full"),
    )
)
def create_many(call: Call) -> Response:
    media = body.media_type(call.environ, body.NDJSON, body.JSON)
    data = body.read(call.environ, body.BATCH_BYTES)
    key = idempotency_key(call.environ)
    used = time_of(first_use_ms(call.runtime, call.grant, key, data)) if key else None
    items = SUBMISSIONS.many(data, media, used)
    good = [item for item in items if not isinstance(item, Refusal)]
    done = submit(call.runtime, call.grant, good, idempotency_key=key, body=data) if good else []
    accepted = iter(done)
    return answers.items(
        [
            refused(index, item) if isinstance(item, Refusal) else _accepted(index, next(accepted))
            for index, item in enumerate(items)
        ],
        media,
    )


def refused(index: int, refusal: Refusal) -> BatchItem:
    """Return the item of a batch that was not accepted."""
    details = refusal.problem()
    return BatchItem(index, details.status, problem=details)


def _accepted(index: int, done: Accepted) -> BatchItem:
    return BatchItem(index, 202, done.id, done.status)
