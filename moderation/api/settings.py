"""What a site's people chose, its settings: read, changed as they were seen, tried before."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from flask import Blueprint, Response
from msgspec import UNSET, Meta, Struct, UnsetType

from moderation.api import answers, body, described
from moderation.api.endpoint import IF_NONE_MATCH, KNOWN, Answer, Body, Call, endpoint
from moderation.api.preconditions import if_match
from moderation.api.sites import SMALL_BYTES, SettingsOut, actor, choice, operation, small, whole
from moderation.api.trials import TRIED, tried
from moderation.api.validation import invalid
from moderation.domain.sites import Contradiction, Days, Retention, SiteSettings, check
from moderation.flow.sites import choosing, trying

blueprint = Blueprint("settings", __name__, url_prefix="/v1/sites/<site>/settings")


class RetentionChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Days by status; those left out stay as they are."""

    queued: Days | UnsetType = UNSET
    """Days for comments that wait for a verdict."""
    approved: Days | UnsetType = UNSET
    """Days for approved comments."""
    held: Days | UnsetType = UNSET
    """Days for comments that a person must look at."""
    spam: Days | UnsetType = UNSET
    """Days for spam."""


_TEXTS = described.fields_of(SiteSettings)


def _changed(field: msgspec.structs.FieldInfo) -> Any:
    return RetentionChange if field.name == "retention" else field.type


SettingsChange = msgspec.defstruct(
    "SettingsChange",
    [
        (one.name, Annotated[_changed(one) | UnsetType, Meta(description=_TEXTS[one.name])], UNSET)
        for one in msgspec.structs.fields(SiteSettings)
    ],
    frozen=True,
    forbid_unknown_fields=True,
    namespace={"__doc__": "Settings to change; those left out stay as they are."},
)

_settings = msgspec.json.Decoder(SiteSettings)
_change: msgspec.json.Decoder[Any] = msgspec.json.Decoder(SettingsChange)
SETTINGS = {200: Answer("The settings.", {body.JSON: SettingsOut}, ("ETag",))}
READ_SETTINGS = {**SETTINGS, 304: KNOWN}


@blueprint.get("")
@endpoint(
    operation(
        "getSettings",
        "Read a site's settings",
        headers={"If-None-Match": IF_NONE_MATCH},
        answers=READ_SETTINGS,
        problems=("not-found",),
    )
)
def get_settings(call: Call, site: str) -> Response:
    found = choosing.settings(call.runtime.store, site)
    return answers.unless_known(call.environ, choosing.etag(found), whole(found))


@blueprint.put("")
@endpoint(
    choice(
        "putSettings",
        "Replace a site's settings; those left out become what they are by default",
        SiteSettings,
        SETTINGS,
    )
)
def put_settings(call: Call, site: str) -> Response:
    seen, given = if_match(call.environ), small(call, _settings)
    return _chosen(call, site, lambda _: given, seen)


@blueprint.patch("")
@endpoint(choice("changeSettings", "Change some of a site's settings", SettingsChange, SETTINGS))
def change_settings(call: Call, site: str) -> Response:
    seen, given = if_match(call.environ), small(call, _change)
    return _chosen(call, site, lambda known: merged(known, given), seen)


@blueprint.post("/test")
@endpoint(
    operation(
        "testSettings",
        "Say what settings would have done to the last thousand comments; nothing is saved",
        body=Body({body.JSON: SettingsChange}, SMALL_BYTES),
        answers=TRIED,
        problems=("not-found",),
    )
)
def test_settings(call: Call, site: str) -> Response:
    known = choosing.settings(call.runtime.store, site)
    try:
        draft = check(merged(known, small(call, _change)))
    except Contradiction as error:
        raise _refused(error) from error
    return tried(trying.try_settings(call.runtime, site, draft))


def merged(known: SiteSettings, given: Any) -> SiteSettings:
    """Return settings with those changed that are given."""
    changes = {n: v for n, v in msgspec.structs.asdict(given).items() if v is not UNSET}
    if "retention" in changes:
        days = msgspec.structs.asdict(changes["retention"])
        given_days = {name: value for name, value in days.items() if value is not UNSET}
        retention: Retention = msgspec.structs.replace(known.retention, **given_days)
        changes["retention"] = retention
    return msgspec.structs.replace(known, **changes)


def _settings_out(settings: SiteSettings) -> Response:
    return answers.json(whole(settings), 200, {"ETag": choosing.etag(settings)})


def _chosen(call: Call, site: str, change: Any, seen: str | None) -> Response:
    try:
        found = choosing.put_settings(call.runtime.store, site, change, actor(call), seen)
    except Contradiction as error:
        raise _refused(error) from error
    return _settings_out(found)


def _refused(error: Contradiction) -> Exception:
    return invalid(f"/{error.field}", f"{error.detail[0].upper()}{error.detail[1:]}.")
