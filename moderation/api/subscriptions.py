"""The lists of others that a site subscribed to: read, replaced, fetched, tried before."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Blueprint, Response
from msgspec import Meta, Struct

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Body, Call, endpoint
from moderation.api.preconditions import if_match
from moderation.api.problems import Refusal
from moderation.api.sites import actor, choice, operation, small
from moderation.api.trials import TRIED, tried
from moderation.api.validation import misplaced
from moderation.domain.comments import Time
from moderation.domain.errors import BadEntry
from moderation.domain.subscribed import (
    SUBSCRIPTIONS,
    NewSubscription,
    Reads,
    Trusted,
)
from moderation.flow.comments.outgoing import time_of
from moderation.flow.outbound.request import OutboundError
from moderation.flow.sites import choosing, fetching, trying

blueprint = Blueprint("subscriptions", __name__, url_prefix="/v1/sites/<site>/lists/subscriptions")


class SubscriptionOut(Struct, frozen=True):
    """A list that the site subscribed to. `number` names it, and verdicts by it in their signal
    `subscribed_list`."""

    number: int
    """Names the list, also in the signal `subscribed_list` of verdicts."""
    url: str
    """Where it is fetched from, once a day."""
    reads: Reads
    """How its lines are read."""
    action: Trusted
    """What becomes of a comment that it fits."""
    note: str
    """Why it is there, for people; may be empty."""
    by: str
    """Who subscribed to it as it is now."""
    at: Time
    """When they did."""
    entries: int
    """How many entries the copy has that serves."""
    skipped: int
    """How many lines of it could not be read."""
    fetched_at: Time | None
    """When it was fetched, or found unchanged, last; null: never."""
    tried_at: Time | None
    """When that was tried last; null: never."""
    error: str | None
    """Why the last try failed; null: it did not. The copy before serves on."""
    key: str
    """Of a feed: the public key that signs it; else empty."""
    weight: float
    """Of a feed: by how many logits it moves the score of what it knows."""


class SubscriptionsOut(Struct, frozen=True):
    """The lists that a site subscribed to, in their order."""

    lists: list[SubscriptionOut]
    """The lists, in the order in which they are asked."""


class SubscriptionsIn(Struct, frozen=True, forbid_unknown_fields=True):
    """All the lists that a site subscribes to."""

    lists: Annotated[list[NewSubscription], Meta(max_length=SUBSCRIPTIONS)]
    """The lists, in the order in which they are asked."""


_lists = msgspec.json.Decoder(SubscriptionsIn)
_one = msgspec.json.Decoder(NewSubscription)
SAVED = {200: Answer("The lists.", {body.JSON: SubscriptionsOut}, ("ETag",))}


@blueprint.get("")
@endpoint(
    operation(
        "getSubscriptions",
        "Read which lists of others a site subscribed to",
        answers=SAVED,
        problems=("not-found",),
    )
)
def get_subscriptions(call: Call, site: str) -> Response:
    tag = fetching.etag(call.runtime.store, site)
    return answers.json(_shown(call, site), 200, {"ETag": tag})


@blueprint.put("")
@endpoint(
    choice(
        "putSubscriptions",
        "Replace the lists that a site subscribed to; new ones are fetched within a minute",
        SubscriptionsIn,
        SAVED,
    )
)
def put_subscriptions(call: Call, site: str) -> Response:
    seen, given = if_match(call.environ), small(call, _lists)
    try:
        fetching.subscribe(call.runtime.store, site, given.lists, actor(call), seen)
    except BadEntry as error:
        raise misplaced(error, f"/lists/{error.place}/url") from error
    tag = fetching.etag(call.runtime.store, site)
    return answers.json(_shown(call, site), 200, {"ETag": tag})


@blueprint.post("/test")
@endpoint(
    operation(
        "testSubscription",
        "Fetch a list and say what it would have done to the last thousand comments",
        body=Body({body.JSON: NewSubscription}, 64 << 10),
        answers=TRIED,
        problems=("not-found", "conflict"),
    )
)
def test_subscription(call: Call, site: str) -> Response:
    place = choosing.there(call.runtime.store, site)
    try:
        return tried(trying.try_subscription(call.runtime, place, small(call, _one)))
    except BadEntry as error:
        raise misplaced(error, "/url") from error
    except OutboundError as error:
        raise Refusal("conflict", f"The list was not fetched: {error}.") from error


def _shown(call: Call, site: str) -> SubscriptionsOut:
    return SubscriptionsOut([
        SubscriptionOut(
            one.chosen.number, one.chosen.url, one.chosen.reads, one.chosen.action,
            one.chosen.note, one.chosen.by, time_of(one.chosen.at_ms), one.state.entries,
            one.state.skipped, time_of(one.state.fetched_ms) if one.state.fetched_ms else None,
            time_of(one.state.tried_ms) if one.state.tried_ms else None, one.state.error or None,
            one.chosen.key, one.chosen.weight,
        )
        for one in fetching.shown(call.runtime.store, site)
    ])  # fmt: skip
