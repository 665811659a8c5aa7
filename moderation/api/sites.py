"""Sites and what their people choose: made, retired, settings, what is held for now."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response
from msgspec import Meta, Struct

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Body, Call, Operation, endpoint
from moderation.domain.accounts import Scope
from moderation.domain.comments import Time
from moderation.domain.sites import Attack, Retention, SiteSettings
from moderation.flow.comments.outgoing import time_of
from moderation.flow.people.links import By
from moderation.flow.runtime import now_ms
from moderation.flow.sites import founding

blueprint = Blueprint("sites", __name__, url_prefix="/v1/sites")

SMALL_BYTES = 64 << 10
TAG = "Sites"
SCOPE: tuple[Scope, ...] = ("admin",)
IF_MATCH = "The `ETag` under which you saw it; `*`: whatever it is."


class Site(Struct, frozen=True):
    """A site. Once `retired_at` it takes no new comments, and keeps what it has."""

    name: str
    """The name of the site."""
    created_at: Time
    """When it was made."""
    retired_at: Time | None
    """Since when it takes no new comments; null: it takes them."""


class Sites(Struct, frozen=True):
    """Every site, by its name."""

    data: list[Site]
    """Every site, by its name."""


class AttackOut(Struct, frozen=True):
    """Until when everything of a site is held (null: it is not), by whom and since when."""

    until: Time | None
    """Until when everything is held; null: it is not."""
    by: str | None
    """Who said so; null where nobody did."""
    since: Time | None
    """Since when; null where it is not."""


class RetentionOut(Retention, frozen=True):
    """Days that a comment is kept after its last change, by status; 0 keeps it for ever."""


class SettingsOut(SiteSettings, frozen=True, omit_defaults=False):
    """What a site's people chose."""

    retention: RetentionOut = RetentionOut()
    """Days that comments are kept after their last change."""


class OneSite(Site, frozen=True):
    """A site with what its people chose. `policy` is the revision that verdicts name; `blog` the
    address that it has in Akismet's protocol."""

    policy: int
    """The revision of the settings, which verdicts name."""
    settings: SettingsOut
    """What its people chose."""
    attack: AttackOut
    """Whether everything of it is held for now."""
    blog: str | None
    """The address that it has in Akismet's protocol; null where it has none."""


class NewSite(Struct, frozen=True, forbid_unknown_fields=True):
    """The name: 1 to 63 of a-z, 0-9, `.` and `-`, with a letter or digit at both ends."""

    name: Annotated[
        str, Meta(min_length=1, max_length=63, pattern="^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")
    ]
    """1 to 63 of a-z, 0-9, `.` and `-`, with a letter or digit at both ends."""


_new = msgspec.json.Decoder(NewSite)


def actor(call: Call) -> By:
    """Return who calls, as the audit log names them."""
    return By(call.grant.actor, call.environ.get("REMOTE_ADDR", ""))


def small(call: Call, decoder: msgspec.json.Decoder[Any], most: int = SMALL_BYTES) -> Any:
    """Return the small body of a call."""
    data = body.read(call.environ, most)
    body.media_type(call.environ, body.JSON)
    return body.decode(decoder, data)


def operation(call_id: str, summary: str, **more: Any) -> Operation:
    """Return a call on sites, for tokens of the installation."""
    return Operation(id=call_id, tag=TAG, summary=summary, scopes=SCOPE, **more)


def choice(
    call_id: str,
    summary: str,
    taken: Any,
    answered: dict[int, Answer],
    most: int = SMALL_BYTES,
) -> Operation:
    """Return a call that changes what a site's people chose, unless somebody else did before."""
    return operation(
        call_id,
        summary,
        headers={"If-Match": IF_MATCH},
        body=Body({body.JSON: taken}, most),
        answers=answered,
        problems=("not-found", "precondition-required", "stale", "store-full"),
    )


@blueprint.get("")
@endpoint(
    operation("listSites", "List sites", answers={200: Answer("The sites.", {body.JSON: Sites})})
)
def list_sites(call: Call) -> Response:
    found = founding.listed(call.runtime.store)
    return answers.json(Sites([Site(s.name, time_of(s.created_ms), _or_none(s.retired_ms))
                               for s in found]))  # fmt: skip


@blueprint.post("")
@endpoint(
    operation(
        "addSite",
        "Make a site",
        body=Body({body.JSON: NewSite}, SMALL_BYTES),
        answers={201: Answer("The site.", {body.JSON: OneSite}, ("Location",))},
        problems=("conflict", "store-full"),
    )
)
def add_site(call: Call) -> Response:
    name = small(call, _new).name
    founding.make(call.runtime.store, name, actor(call))
    return answers.json(_one(call, name), 201, {"Location": f"/v1/sites/{name}"})


ONE = {200: Answer("The site.", {body.JSON: OneSite})}


@blueprint.get("/<site>")
@endpoint(operation("getSite", "Read a site", answers=ONE, problems=("not-found",)))
def get_site(call: Call, site: str) -> Response:
    return answers.json(_one(call, site))


def _turn(call_id: str, summary: str) -> Operation:
    return operation(
        call_id, summary, answers=ONE, problems=("not-found", "conflict", "store-full")
    )


@blueprint.post("/<site>/retire")
@endpoint(_turn("retireSite", "Have a site take no new comments; it keeps what it has"))
def retire_site(call: Call, site: str) -> Response:
    founding.retire(call.runtime.store, site, actor(call))
    return answers.json(_one(call, site))


@blueprint.post("/<site>/reopen")
@endpoint(_turn("reopenSite", "Have a retired site take new comments again"))
def reopen_site(call: Call, site: str) -> Response:
    founding.reopen(call.runtime.store, site, actor(call))
    return answers.json(_one(call, site))


def attack_out(found: Attack) -> AttackOut:
    """Return until when everything is held, nothing of one that is over."""
    if not found.is_on(now_ms()):
        return AttackOut(None, None, None)
    return AttackOut(time_of(found.until_ms), found.by, time_of(found.since_ms))


def _one(call: Call, site: str) -> OneSite:
    found = founding.shown(call.runtime.store, site)
    return OneSite(
        found.name, time_of(found.created_ms), _or_none(found.retired_ms), found.policy,
        whole(found.settings), attack_out(found.attack), found.blog or None,
    )  # fmt: skip


def _or_none(ms: int) -> dt.datetime | None:
    return time_of(ms) if ms else None


def whole(settings: SiteSettings) -> SettingsOut:
    kept = RetentionOut(**msgspec.structs.asdict(settings.retention))
    return SettingsOut(**{**msgspec.structs.asdict(settings), "retention": kept})
