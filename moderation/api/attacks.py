"""The switch of an attack: everything of a site held until a time."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response
from msgspec import Struct

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Body, Call, endpoint
from moderation.api.sites import SMALL_BYTES, AttackOut, actor, attack_out, operation, small
from moderation.api.validation import invalid
from moderation.domain.comments import Time
from moderation.domain.errors import InvalidInput
from moderation.flow.sites import choosing

blueprint = Blueprint("attacks", __name__, url_prefix="/v1/sites/<site>/attack")


class UnderAttack(Struct, frozen=True, forbid_unknown_fields=True):
    """Until when to hold everything: a time to come, within 30 days."""

    until: Time
    """A time to come, within 30 days."""


_until = msgspec.json.Decoder(UnderAttack)


@blueprint.get("")
@endpoint(
    operation(
        "getAttack",
        "Read until when everything of a site is held",
        answers={200: Answer("Until when.", {body.JSON: AttackOut})},
        problems=("not-found",),
    )
)
def get_attack(call: Call, site: str) -> Response:
    return answers.json(attack_out(choosing.attack(call.runtime.store, site)))


@blueprint.put("")
@endpoint(
    operation(
        "beginAttack",
        "Hold everything of a site until a time",
        body=Body({body.JSON: UnderAttack}, SMALL_BYTES),
        answers={200: Answer("Until when.", {body.JSON: AttackOut})},
        problems=("not-found", "store-full"),
    )
)
def begin_attack(call: Call, site: str) -> Response:
    until = small(call, _until).until
    try:
        until_ms = int(until.timestamp() * 1000)
        found = choosing.hold_everything(call.runtime.store, site, until_ms, actor(call))
    except (InvalidInput, OverflowError) as error:
        raise invalid("/until", "Expected a time to come, within 30 days.") from error
    return answers.json(attack_out(found))


@blueprint.delete("")
@endpoint(
    operation(
        "endAttack",
        "Hold everything of a site no longer",
        answers={204: Answer("It is held no longer.")},
        problems=("not-found", "store-full"),
    )
)
def end_attack(call: Call, site: str) -> Response:
    choosing.hold_everything(call.runtime.store, site, 0, actor(call))
    return Response(status=204)
