"""Decisions on comments, and their undoing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
from flask import Blueprint, Response
from msgspec import Meta, Struct

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Body, Call, Operation, endpoint
from moderation.api.preconditions import if_match_comment
from moderation.api.problems import Refusal, sentence
from moderation.domain import comments
from moderation.domain.errors import StaleState
from moderation.domain.verdicts import Label
from moderation.flow.akismet.word_back import outcome_of
from moderation.flow.comments.outgoing import Comment, comment_out, comment_tag
from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word

blueprint = Blueprint("decisions", __name__, url_prefix="/v1")

SMALL_BYTES = 64 << 10
Note = Annotated[str, Meta(max_length=2000)]

IF_MATCH = "The `ETag` of the comment as you saw it, or `*` for whatever it is."
DECIDED = {200: Answer("The comment as it now is.", {body.JSON: Comment}, ("ETag",))}
PROBLEMS = ("not-found", "stale", "precondition-required", "store-down")


class NewDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """A person's word. `suggestion_shown`: the person saw the machine's verdict before."""

    label: Label
    """What the comment is."""
    note: Note = ""
    """Why, for people."""
    suggestion_shown: bool = True
    """Whether the person saw the machine's verdict before."""


class Undo(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a decision is withdrawn."""

    note: Note = ""
    """Why, for people."""


_decision = msgspec.json.Decoder(NewDecision)
_undo = msgspec.json.Decoder(Undo)


@blueprint.post("/comments/<comment_id>/decision")
@endpoint(
    Operation(
        id="decideComment",
        tag="Decisions",
        summary="Decide a comment",
        scopes=("moderate",),
        headers={"If-Match": IF_MATCH},
        body=Body({body.JSON: NewDecision}, SMALL_BYTES),
        answers=DECIDED,
        problems=PROBLEMS,
    )
)
def decide_comment(call: Call, comment_id: str) -> Response:
    seen = if_match_comment(call.environ)
    body.media_type(call.environ, body.JSON)
    given = body.decode(_decision, body.read(call.environ, SMALL_BYTES))
    word = Word(call.grant.actor, "api", given.note, given.suggestion_shown)
    site = call.grant.site
    with _stale_shown():
        done = deciding.decide(call.runtime, site, comment_id, given.label, word, seen)
    return _state(call, done)


@blueprint.post("/comments/<comment_id>/decision/undo")
@endpoint(
    Operation(
        id="undoDecision",
        tag="Decisions",
        summary="Withdraw a comment's decision; the one before it, or the verdict, holds again",
        scopes=("moderate",),
        headers={"If-Match": IF_MATCH},
        body=Body({body.JSON: Undo}, SMALL_BYTES, required=False),
        answers=DECIDED,
        problems=(*PROBLEMS, "nothing-to-undo"),
    )
)
def undo_decision(call: Call, comment_id: str) -> Response:
    seen = if_match_comment(call.environ)
    given = body.decode_optional(_undo, call.environ, SMALL_BYTES)
    word = Word(call.grant.actor, "api", given.note)
    with _stale_shown():
        done = deciding.undo(call.runtime, call.grant.site, comment_id, word, seen)
    return _state(call, done)


@contextmanager
def _stale_shown() -> Iterator[None]:
    """Answer a comment that changed since the caller looked with its state as it is now."""
    try:
        yield
    except StaleState as error:
        now = error.current
        raise Refusal(
            "stale",
            sentence(str(error)),
            headers={"ETag": comment_tag(now)},
            current=comment_out(now),
        ) from error


def _state(call: Call, comment: comments.Comment) -> Response:
    shown = comment_out(comment)
    shown.word_back = outcome_of(call.runtime, comment)
    return answers.json(shown, 200, {"ETag": shown.etag})
