"""What a webhook was sent of late: how it went, and once more."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from flask import Blueprint, Response
from msgspec import Meta, Struct

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Call, endpoint
from moderation.api.sites import actor, operation
from moderation.domain.comments import Time
from moderation.domain.webhooks import Event
from moderation.flow.comments.outgoing import time_of
from moderation.flow.webhooks import endpoints
from moderation.flow.webhooks.endpoints import Sent

blueprint = Blueprint(
    "deliveries", __name__, url_prefix="/v1/sites/<site>/webhooks/<webhook>/deliveries"
)


class DeliveryOut(Struct, frozen=True):
    """A message to a webhook, and how sending it went."""

    id: str
    """Its `webhook-id`, the same each time it is sent."""
    event: Event
    """What it tells of."""
    comment: str | None
    """The comment that it is about; null: it is about a model."""
    state: Literal["waiting", "told", "given up", "gone"]
    """`gone`: the comment was deleted, or has expired, before it could be told."""
    tries: int
    """How often it was sent, since somebody last had it sent again."""
    last_answer: str
    """What came of the last try, in a few words; empty before the first."""
    created_at: Time
    """When it happened."""
    tried_at: Time | None
    """When it was last sent; null: not yet."""
    due_at: Time | None
    """When it is to be sent; null where it does not wait."""


class DeliveriesOut(Struct, frozen=True):
    """A page of a webhook's log: the newest thousand messages of the last seven days."""

    data: list[DeliveryOut]
    """Messages, the newest first."""
    next: str | None
    """The `before` of the page after it; null at the end."""


class DeliveriesQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of the log."""

    limit: Annotated[int, Meta(ge=1, le=100)] = 50
    """The most messages of a page."""
    before: Annotated[str, Meta(max_length=64)] = ""
    """`next` of the page before."""


@blueprint.get("")
@endpoint(
    operation(
        "listDeliveries",
        "List what a webhook was sent of late, newest first",
        query=DeliveriesQuery,
        answers={200: Answer("A page of the log.", {body.JSON: DeliveriesOut})},
        problems=("not-found",),
    )
)
def list_deliveries(call: Call, site: str, webhook: str) -> Response:
    query: DeliveriesQuery = call.query
    found, last = endpoints.sent(call.runtime.store, site, webhook, query.before, query.limit)
    return answers.json(DeliveriesOut([_delivery(one) for one in found], last or None))


@blueprint.post("/<message>/resend")
@endpoint(
    operation(
        "resendDelivery",
        "Have a message sent again, under the same id",
        answers={202: Answer("The message: it waits to be sent.", {body.JSON: DeliveryOut})},
        problems=("not-found", "store-full", "conflict"),
    )
)
def resend_delivery(call: Call, site: str, webhook: str, message: str) -> Response:
    runtime = call.runtime
    found = endpoints.send_again(runtime.store, runtime.tasks, site, webhook, message, actor(call))
    return answers.json(_delivery(found), 202)


def _delivery(sent: Sent) -> DeliveryOut:
    one = sent.message
    return DeliveryOut(
        sent.id, one.event, sent.comment, one.outcome, one.tries, one.answer, time_of(one.at_ms),
        or_none(one.tried_ms), time_of(one.due_ms) if one.outcome == "waiting" else None,
    )  # fmt: skip


def or_none(ms: int) -> dt.datetime | None:
    """Return a time (ms since 1970) as it goes out, null for never (0)."""
    return time_of(ms) if ms else None
