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
from moderation.api.trials import TRIED, tried
from moderation.api.validation import misplaced
from moderation.domain.comments import Time
from moderation.domain.errors import BadEntry
from moderation.domain.listed import ENTRIES, Action, Draft, Kind, Listed, rewritten
from moderation.flow.comments.outgoing import time_of
from moderation.flow.runtime import now_ms
from moderation.flow.sites import choosing, trying

blueprint = Blueprint("lists", __name__, url_prefix="/v1/sites/<site>/lists")

LISTS_BYTES = 16 << 20


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
        raise misplaced(error, f"/entries/{error.place}/value") from error
    return answers.json(_shown(saved), 200, {"ETag": choosing.etag(saved)})


@blueprint.post("/test")
@endpoint(
    operation(
        "testLists",
        "Say what a list would have done to the last thousand comments; nothing is saved",
        body=Body({body.JSON: ListIn}, LISTS_BYTES),
        answers=TRIED,
        problems=("not-found",),
    )
)
def test_lists(call: Call, site: str) -> Response:
    saved = choosing.listed(call.runtime.store, site)
    draft = _rewritten(saved, small(call, _list, LISTS_BYTES).entries, call.grant.actor)
    trial = trying.try_list(call.runtime, site, saved, draft)
    places = {entry.number: place for place, entry in enumerate(draft.entries)}
    return tried(trial, places)


def _rewritten(saved: Listed, drafts: Sequence[Draft], by: str) -> Listed:
    try:
        return rewritten(saved, drafts, by, now_ms())
    except BadEntry as error:
        raise misplaced(error, f"/entries/{error.place}/value") from error


def _shown(saved: Listed) -> ListOut:
    entries = [
        EntryOut(e.number, e.kind, e.value, e.action, e.note, e.by, time_of(e.at_ms))
        for e in saved.entries
    ]
    return ListOut(entries)
