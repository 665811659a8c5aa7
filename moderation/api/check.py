"""A comment scored while its site waits."""

from __future__ import annotations

from flask import Blueprint
from msgspec import Struct

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Body, Call, Operation, endpoint
from moderation.api.shapes import CheckedComment, checked_out
from moderation.domain.comments import Submission
from moderation.flow.comments.checking import check
from moderation.server.service import Reply

blueprint = Blueprint("check", __name__, url_prefix="/v1")

SUBMISSIONS = body.Reader(Submission)
CONTENT = Body({body.JSON: Submission}, body.SINGLE_BYTES)


class CheckQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of a check. `record`: store and count the comment."""

    record: bool = True
    """Whether the comment is stored and counted."""


@blueprint.post("/check")
@endpoint(
    Operation(
        id="checkComment",
        tag="Comments",
        summary="Score a comment now",
        scopes=("submit",),
        cached_token=True,
        query=CheckQuery,
        body=CONTENT,
        answers={
            200: Answer(
                "The comment with its verdict. While the store cannot be reached this is the "
                "site's `fail_mode`, with `recorded: false` and `id: null`: it is not known to be "
                "stored.",
                {body.JSON: CheckedComment},
            )
        },
        problems=("rate-limited", "store-down"),
    )
)
def check_comment(call: Call) -> Reply:
    body.media_type(call.environ, body.JSON)
    submission = SUBMISSIONS.one(body.read(call.environ, body.SINGLE_BYTES))
    checked = check(call.runtime, call.grant, submission, record=call.query.record)
    return answers.reply(checked_out(checked))
