"""The ordered list of a site: read, replaced, and tried on its comments before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from flask import Blueprint, Response
from msgspec import Meta, Struct

from moderation.api import answers, body
from moderation.api.endpoint import IF_NONE_MATCH, KNOWN, Answer, Body, Call, endpoint
from moderation.api.preconditions import if_match
from moderation.api.sites import actor, choice, operation, small
from moderation.api.validation import invalid
from moderation.domain.comments import Time
from moderation.domain.listed import ENTRIES, Action, BadEntry, Draft, Kind, Listed, rewritten
from moderation.domain.verdicts import VerdictStatus
from moderation.flow.comments.outgoing import Comment, comment_out, time_of
from moderation.flow.runtime import now_ms
from moderation.flow.sites import choosing, trying

blueprint = Blueprint("lists", __name__, url_prefix="/v1/sites/<site>/lists")

LISTS_BYTES = 8 << 20


class EntryOut(Struct, frozen=True):
    """An entry. `number` names it, and verdicts by it in their signal `list_entry`."""

    number: int
    """Names the entry, also in the signal `list_entry` of verdicts."""
    kind: Kind
    """What `value` is."""
    value: str
    """What a comment must have, in its one form."""
    action: Action
    """What becomes of a comment that the entry decides."""
    note: str
    """Why it is there, for people; may be empty."""
    by: str
    """Who wrote it as it is now."""
    at: Time
    """When it was written as it is now."""


class ListOut(Struct, frozen=True):
    """A site's list in its order: the first entry that fits a comment decides it."""

    entries: list[EntryOut]
    """The entries: the first that fits a comment decides it."""


class ListIn(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole list, in its order."""

    entries: Annotated[list[Draft], Meta(max_length=ENTRIES)]
    """The entries: the first that fits a comment decides it."""


class Tried(Struct, frozen=True):
    """A comment that a new entry of the draft would decide, or that an old one decides no more.

    `was` is its status: by a person's decision, else by the saved list and the score; `would_be`
    what the draft and the score would make of it; `entry` is the place in the draft of what would
    decide it (null: none). `overrules`: a person had said otherwise.
    """

    comment: Comment
    """The comment as it stands."""
    was: VerdictStatus
    """Its status by a person's decision, else by the saved list and the score."""
    would_be: VerdictStatus
    """What the draft and the score would make of it."""
    entry: int | None
    """The place in the draft, from 0, of the entry that would decide it; null: none would."""
    overrules: bool
    """Whether a person had said otherwise."""


class TrialOut(Struct, frozen=True):
    """What a draft would have done to the newest comments, at most a thousand.

    Of `comments`, back to `since`, its new or changed entries would decide `fits`; `newly` would
    get another status, `overruled` of these against what a person said. `examples`, at most 50,
    begin with these. `is_cut`: time ran out before all were looked at.
    """

    comments: int
    """How many were looked at, the newest first."""
    since: Time | None
    """When the oldest of them came in; null where there are none."""
    fits: int
    """How many the new or changed entries would decide."""
    newly: int
    """How many would get another status."""
    overruled: int
    """How many of these against what a person said."""
    seconds: float
    """How long it took."""
    is_cut: bool
    """Whether time ran out before all were looked at."""
    examples: list[Tried]
    """At most 50 comments that would be decided otherwise, the overruled first."""


_list = msgspec.json.Decoder(ListIn)
SAVED = {200: Answer("The list.", {body.JSON: ListOut}, ("ETag",))}


@blueprint.get("")
@endpoint(
    operation(
        "getLists",
        "Read a site's list",
        headers={"If-None-Match": IF_NONE_MATCH},
        answers={**SAVED, 304: KNOWN},
        problems=("not-found",),
    )
)
def get_lists(call: Call, site: str) -> Response:
    found = choosing.listed(call.runtime.store, site)
    return answers.unless_known(call.environ, choosing.etag(found), _shown(found))


@blueprint.put("")
@endpoint(choice("putLists", "Replace a site's list", ListIn, SAVED, LISTS_BYTES))
def put_lists(call: Call, site: str) -> Response:
    seen, given = if_match(call.environ), small(call, _list, LISTS_BYTES)
    try:
        saved = choosing.put_list(call.runtime.store, site, given.entries, actor(call), seen)
    except BadEntry as error:
        raise _at(error) from error
    return answers.json(_shown(saved), 200, {"ETag": choosing.etag(saved)})


@blueprint.post("/test")
@endpoint(
    operation(
        "testLists",
        "Say what a list would have done to the last thousand comments; nothing is saved",
        body=Body({body.JSON: ListIn}, LISTS_BYTES),
        answers={200: Answer("What it would have done.", {body.JSON: TrialOut})},
        problems=("not-found",),
    )
)
def test_lists(call: Call, site: str) -> Response:
    saved = choosing.listed(call.runtime.store, site)
    draft = _rewritten(saved, small(call, _list, LISTS_BYTES).entries, call.grant.actor)
    trial = trying.try_out(call.runtime, site, saved, draft)
    places = {entry.number: place for place, entry in enumerate(draft.entries)}
    examples = [
        Tried(
            comment_out(one.comment), one.was, one.would_be,
            places[one.entry.number] if one.entry else None, one.overrules,
        )
        for one in trial.examples
    ]  # fmt: skip
    since = time_of(trial.oldest_ms) if trial.comments else None
    return answers.json(TrialOut(
        trial.comments, since, trial.fits, trial.newly, trial.overruled, trial.seconds,
        trial.is_cut, examples,
    ))  # fmt: skip


def _rewritten(saved: Listed, drafts: Sequence[Draft], by: str) -> Listed:
    try:
        return rewritten(saved, drafts, by, now_ms())
    except BadEntry as error:
        raise _at(error) from error


def _at(error: BadEntry) -> Exception:
    detail = f"{error.detail[0].upper()}{error.detail[1:]}."
    return invalid(f"/entries/{error.place}/value", detail)


def _shown(saved: Listed) -> ListOut:
    entries = [
        EntryOut(e.number, e.kind, e.value, e.action, e.note, e.by, time_of(e.at_ms))
        for e in saved.entries
    ]
    return ListOut(entries)
