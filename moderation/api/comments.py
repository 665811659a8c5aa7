"""Comments one by one: submitted, read, deleted."""

from __future__ import annotations

import threading
from typing import Annotated

from flask import Blueprint, Response
from msgspec import Meta, Struct

from moderation.api import answers, body
from moderation.api.check import CONTENT, SUBMISSIONS
from moderation.api.endpoint import IF_NONE_MATCH, KNOWN, Answer, Call, Operation, endpoint
from moderation.api.shapes import CheckedComment, checked_out, explained_out
from moderation.flow.akismet.word_back import outcome_of
from moderation.flow.comments import reading
from moderation.flow.comments.checking import check
from moderation.flow.comments.outgoing import Comment, comment_out
from moderation.flow.comments.submitting import comment_of, submit
from moderation.flow.labels import deciding
from moderation.flow.models import withdrawing
from moderation.settings import WEB_THREADS

blueprint = Blueprint("comments", __name__, url_prefix="/v1")

WAIT_SECONDS = 30
KEY_LENGTH = 255

_slots = threading.BoundedSemaphore(max(1, WEB_THREADS - 2))
"""Requests of this process that may wait for a verdict: two threads stay free for others."""

IDEMPOTENCY = (
    "1 to 255 visible ASCII characters. The same key with the same body within 24 hours gets the "
    "first answer again."
)
PREFER = (
    "`wait` has the comment scored at once, as `POST /v1/check` does. Not applied together with "
    "an `Idempotency-Key`."
)


@blueprint.post("/comments")
@endpoint(
    Operation(
        id="submitComment",
        tag="Comments",
        summary="Submit a comment",
        scopes=("submit",),
        cached_token=True,
        headers={"Idempotency-Key": IDEMPOTENCY, "Prefer": PREFER},
        body=CONTENT,
        answers={
            202: Answer(
                "Accepted; a worker gives the verdict. A comment sent again under its "
                "`external_id` is the same comment, another text a new revision of it.",
                {body.JSON: Comment},
                ("Location",),
            ),
            200: Answer(
                "Scored at once (`Prefer: wait`).",
                {body.JSON: CheckedComment},
                ("Location", "Preference-Applied"),
            ),
        },
        problems=("idempotency-conflict", "rate-limited", "store-down", "store-full"),
    )
)
def create(call: Call) -> Response:
    body.media_type(call.environ, body.JSON)
    data = body.read(call.environ, body.SINGLE_BYTES)
    submission = SUBMISSIONS.one(data)
    key = idempotency_key(call.environ)
    if not key and _prefers_waiting(call.environ):
        checked = check(call.runtime, call.grant, submission)
        headers = {"Preference-Applied": "wait"}
        if checked.comment.id:
            headers["Location"] = f"/v1/comments/{checked.comment.id}"
        return answers.json(checked_out(checked), 200, headers)
    done = submit(call.runtime, call.grant, [submission], idempotency_key=key, body=data)[0]
    comment = comment_of(call.grant, submission, done)
    location = f"/v1/comments/{comment.id}"
    return answers.json(comment_out(comment), 202, {"Location": location})


def idempotency_key(environ: body.Environ) -> str:
    """Return the request's `Idempotency-Key`, '' where there is none."""
    key: str | None = environ.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return ""
    if not 1 <= len(key) <= KEY_LENGTH or not all("!" <= c <= "~" for c in key):
        raise body.header_error(
            "Idempotency-Key", f"Expected 1 to {KEY_LENGTH} visible ASCII characters."
        )
    return key


def _prefers_waiting(environ: body.Environ) -> bool:
    """Say whether `Prefer` holds `wait`, with or without a number of seconds (RFC 7240 §4.3)."""
    wanted: str = environ.get("HTTP_PREFER", "")
    return any(
        part.partition(";")[0].partition("=")[0].strip().lower() == "wait"
        for part in wanted.split(",")
    )


class ReadQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of reading one comment.

    `wait`: seconds to wait while the comment is queued; `explain`: add why it scores as it does.
    """

    wait: Annotated[float, Meta(ge=0, le=WAIT_SECONDS)] = 0
    """Seconds to wait while the comment is queued."""
    explain: bool = False
    """Whether `explanation` is added: why the comment scores as it does."""


@blueprint.get("/comments/<comment_id>")
@endpoint(
    Operation(
        id="getComment",
        tag="Comments",
        summary="Read a comment, waiting for its verdict if wanted",
        scopes=("submit", "moderate"),
        query=ReadQuery,
        headers={"If-None-Match": IF_NONE_MATCH},
        answers={
            200: Answer(
                "The comment. `Retry-After` is there when it is still queued and no more "
                "requests could wait.",
                {body.JSON: Comment},
                ("ETag", "Retry-After"),
            ),
            304: KNOWN,
        },
        problems=("not-found",),
    )
)
def get(call: Call, comment_id: str) -> Response:
    query: ReadQuery = call.query
    taken: list[bool] = []

    def slot() -> bool:
        taken.append(_slots.acquire(blocking=False))
        return taken[-1]

    try:
        comment, waited = reading.wait_for_verdict(
            call.runtime, call.grant.site, comment_id, query.wait, slot
        )
    finally:
        if any(taken):
            _slots.release()
    withdrawn = withdrawing.names(call.runtime)
    shown = comment_out(comment, withdrawn)
    is_marked = bool(withdrawn) and shown != comment_out(comment)
    shown.word_back = outcome_of(call.runtime, comment)
    if query.explain:
        shown.explanation = explained_out(call.runtime, comment)
    headers = {} if waited else {"Retry-After": "1"}
    if query.explain or shown.word_back or is_marked or not waited:
        # What is added by the models of now, or by another site's answer, the tag does not name.
        return answers.json(shown, 200, {"ETag": shown.etag, **headers})
    return answers.unless_known(call.environ, shown.etag, shown)


@blueprint.delete("/comments/<comment_id>")
@endpoint(
    Operation(
        id="deleteComment",
        tag="Comments",
        summary="Delete a comment and what was kept of it",
        scopes=("moderate",),
        answers={204: Answer("It is gone, the labels that it taught included.")},
        problems=("not-found",),
    )
)
def delete(call: Call, comment_id: str) -> Response:
    deciding.forget(call.runtime, call.grant.site, comment_id)
    return Response(status=204)
