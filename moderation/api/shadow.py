"""A candidate that looks on: what it would have said of live comments."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, Response
from msgspec import Struct

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Call, Operation, endpoint
from moderation.domain.comments import Time
from moderation.domain.reports import Disagreement
from moderation.flow.models import shadow

blueprint = Blueprint("shadow", __name__, url_prefix="/v1/models")


class ShadowOut(Struct, frozen=True):
    """Comments that a candidate has scored beside the model in use, and where both disagree:
    counted in both directions, the newest 100 of each listed."""

    name: str
    """The candidate."""
    since: Time
    """Since when it looks on."""
    seen: int
    """Comments that both have scored."""
    stricter: int
    """Of these, how many the candidate would have treated more strictly."""
    milder: int
    """Of these, how many the candidate would have treated more mildly."""
    stricter_listed: list[Disagreement]
    """The newest 100 that it would have treated more strictly."""
    milder_listed: list[Disagreement]
    """The newest 100 that it would have treated more mildly."""


@blueprint.get("/<name>/shadow")
@endpoint(
    Operation(
        id="getShadow",
        tag="Models",
        summary="What a candidate that looks on would have said",
        scopes=("admin",),
        answers={200: Answer("What it saw so far.", {body.JSON: ShadowOut})},
        problems=("not-found",),
    )
)
def get_shadow(call: Call, name: str) -> Response:
    return _shown(call, name)


@blueprint.post("/<name>/shadow")
@endpoint(
    Operation(
        id="beginShadow",
        tag="Models",
        summary="Have a candidate look on, instead of any other",
        scopes=("admin",),
        answers={200: Answer("It looks on.", {body.JSON: ShadowOut})},
        problems=("not-found", "conflict", "store-full"),
    )
)
def begin_shadow(call: Call, name: str) -> Response:
    shadow.begin(call.runtime, name)
    return _shown(call, name)


@blueprint.delete("/<name>/shadow")
@endpoint(
    Operation(
        id="endShadow",
        tag="Models",
        summary="Have a candidate look on no longer",
        scopes=("admin",),
        answers={204: Answer("It does not look on any more.")},
        problems=("not-found",),
    )
)
def end_shadow(call: Call, name: str) -> Response:
    shadow.end(call.runtime, name)
    return Response(status=204, headers={"Cache-Control": "no-store"})


def _shown(call: Call, name: str) -> Response:
    found = shadow.seen(call.runtime, name)
    one = found.shadow
    since = dt.datetime.fromtimestamp(one.since_ms / 1000, dt.UTC)
    return answers.json(
        ShadowOut(one.name, since, one.seen, one.stricter, one.milder, found.stricter, found.milder)
    )
