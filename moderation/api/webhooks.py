"""The webhooks of a site: made, changed, rotated, removed."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response
from msgspec import UNSET, Meta, Struct, UnsetType

from moderation.api import answers, body
from moderation.api.deliveries import or_none
from moderation.api.endpoint import Answer, Body, Call, endpoint
from moderation.api.sites import SMALL_BYTES, actor, operation, small
from moderation.api.validation import invalid
from moderation.domain import webhooks as domain
from moderation.domain.comments import Time
from moderation.domain.errors import InvalidInput
from moderation.domain.webhooks import OVERLAP_HOURS, OVERLAP_HOURS_AT_MOST, Event, Url
from moderation.flow.comments.outgoing import time_of
from moderation.flow.runtime import now_ms
from moderation.flow.webhooks import endpoints
from moderation.flow.webhooks.endpoints import Wanted

blueprint = Blueprint("webhooks", __name__, url_prefix="/v1/sites/<site>/webhooks")

Events = Annotated[tuple[Event, ...], Meta(min_length=1, max_length=3)]
GONE = ("not-found", "store-full")


class WebhookOut(Struct, frozen=True):
    """A webhook and how it is doing, without its secret."""

    id: str
    """Names the webhook in calls."""
    url: str
    """Where messages are sent."""
    events: tuple[Event, ...]
    """What it is told of."""
    personal: bool
    """Whether messages have the author's IP and e-mail address."""
    created_at: Time
    """When it was made."""
    secrets: int
    """How many secrets sign: two while a rotation overlaps."""
    disabled: domain.Disabled | None
    """Why nothing is sent: it failed for days, it answered 410, or somebody said so; null: it is
    told."""
    disabled_at: Time | None
    """Since when nothing is sent; null: it is told."""
    failing_since: Time | None
    """Since when every try fails; null: it does not."""
    last_told_at: Time | None
    """When a message was last taken; null: never."""
    last_answer: str
    """What came of the last try, in a few words; empty before the first."""
    waiting: int
    """Comments that it is still to be told something of."""
    dropped: int
    """Messages that were not kept for it, because too much waited already while it failed."""


class NewWebhookOut(WebhookOut, frozen=True):
    """A new webhook with its secret, which is shown only now."""

    secret: str
    """The secret that signs what is sent, shown only now."""


class WebhooksOut(Struct, frozen=True):
    """The webhooks of a site, the oldest first."""

    data: list[WebhookOut]
    """The webhooks, the oldest first."""


class SecretOut(Struct, frozen=True):
    """A new secret, which is shown only now."""

    secret: str
    """The secret that signs from now on, shown only now."""


class NewWebhook(Struct, frozen=True, forbid_unknown_fields=True):
    """Where to tell a site, and of what."""

    url: Url
    """Where messages are sent: http or https. What is not a public address is refused when it is
    sent to, unless `WINNOW_OUTBOUND_ALLOW` names it."""
    events: Events = domain.EVENTS
    """What it is told of."""
    personal: bool = False
    """Whether messages have the author's IP and e-mail address."""


class WebhookChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays as it is."""

    url: Url | UnsetType = UNSET
    """Where messages are sent."""
    events: Events | UnsetType = UNSET
    """What it is told of."""
    personal: bool | UnsetType = UNSET
    """Whether messages have the author's IP and e-mail address."""
    enabled: bool | UnsetType = UNSET
    """Whether anything is sent; true begins anew after it was disabled."""


class WebhookOverlap(Struct, frozen=True, forbid_unknown_fields=True):
    """How long the secret before goes on signing, in hours."""

    overlap_hours: Annotated[int, Meta(ge=0, le=OVERLAP_HOURS_AT_MOST)] = OVERLAP_HOURS
    """Hours for which the secret before signs beside the new one."""


_new = msgspec.json.Decoder(NewWebhook)
_change = msgspec.json.Decoder(WebhookChange)
_overlap = msgspec.json.Decoder(WebhookOverlap)
ONE = {200: Answer("The webhook.", {body.JSON: WebhookOut})}


@blueprint.get("")
@endpoint(
    operation(
        "listWebhooks",
        "List a site's webhooks",
        answers={200: Answer("The webhooks.", {body.JSON: WebhooksOut})},
        problems=("not-found",),
    )
)
def list_webhooks(call: Call, site: str) -> Response:
    found = endpoints.of_site(call.runtime.store, site)
    return answers.json(WebhooksOut([WebhookOut(**_shown(*one)) for one in found]))


@blueprint.post("")
@endpoint(
    operation(
        "addWebhook",
        "Make a webhook of a site",
        body=Body({body.JSON: NewWebhook}, SMALL_BYTES),
        answers={201: Answer("The webhook.", {body.JSON: NewWebhookOut}, ("Location",))},
        problems=GONE,
    )
)
def add_webhook(call: Call, site: str) -> Response:
    given, runtime = small(call, _new), call.runtime
    _usable(given.url)
    made, secret = endpoints.make(
        runtime.store, runtime.secret, site, given.url, given.events, actor(call),
        personal=given.personal,
    )  # fmt: skip
    shown = NewWebhookOut(**_shown(made, domain.Health()), secret=secret)
    return answers.json(shown, 201, {"Location": f"/v1/sites/{site}/webhooks/{made.id}"})


@blueprint.get("/<webhook>")
@endpoint(operation("getWebhook", "Read a webhook", answers=ONE, problems=("not-found",)))
def get_webhook(call: Call, site: str, webhook: str) -> Response:
    return _one(call, site, webhook)


@blueprint.patch("/<webhook>")
@endpoint(
    operation(
        "changeWebhook",
        "Change a webhook, disable it or have it told again",
        body=Body({body.JSON: WebhookChange}, SMALL_BYTES),
        answers=ONE,
        problems=GONE,
    )
)
def change_webhook(call: Call, site: str, webhook: str) -> Response:
    given = small(call, _change)
    if given.url is not UNSET:
        _usable(given.url)
    some = {n: v for n, v in msgspec.structs.asdict(given).items() if v is not UNSET}
    endpoints.change(call.runtime.store, site, webhook, Wanted(**some), actor(call))
    return _one(call, site, webhook)


@blueprint.delete("/<webhook>")
@endpoint(
    operation(
        "removeWebhook",
        "Remove a webhook",
        answers={204: Answer("Nothing more is sent, and what waited is gone.")},
        problems=GONE,
    )
)
def remove_webhook(call: Call, site: str, webhook: str) -> Response:
    endpoints.remove(call.runtime.store, site, webhook, actor(call))
    return Response(status=204)


@blueprint.post("/<webhook>/rotate")
@endpoint(
    operation(
        "rotateWebhook",
        "Make a new secret of a webhook; the one before signs as well for a while",
        body=Body({body.JSON: WebhookOverlap}, SMALL_BYTES, required=False),
        answers={201: Answer("The new secret, shown only now.", {body.JSON: SecretOut})},
        problems=GONE,
    )
)
def rotate_webhook(call: Call, site: str, webhook: str) -> Response:
    given: WebhookOverlap = body.decode_optional(_overlap, call.environ, SMALL_BYTES)
    runtime, hours = call.runtime, given.overlap_hours
    secret = endpoints.rotate(runtime.store, runtime.secret, site, webhook, hours, actor(call))
    return answers.json(SecretOut(secret), 201)


def _usable(url: str) -> None:
    try:
        endpoints.checked_url(url)
    except InvalidInput as error:
        detail = "Expected an address of http or https, without a password in it."
        raise invalid("/url", detail) from error


def _one(call: Call, site: str, webhook: str) -> Response:
    return answers.json(WebhookOut(**_shown(*endpoints.one(call.runtime.store, site, webhook))))


def _shown(webhook: domain.Webhook, health: domain.Health) -> dict[str, Any]:
    return {
        "id": webhook.id, "url": webhook.url, "events": webhook.events,
        "personal": webhook.personal, "created_at": time_of(webhook.created_ms),
        "secrets": len(webhook.good_secrets(now_ms())),
        "disabled": health.disabled, "disabled_at": or_none(health.disabled_ms),
        "failing_since": or_none(health.failing_ms), "last_told_at": or_none(health.told_ms),
        "last_answer": health.answer, "waiting": health.waiting, "dropped": health.dropped,
    }  # fmt: skip
