"""The tokens and Akismet keys of a site: made, shown once, rotated, revoked."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

import msgspec
from flask import Blueprint, Response
from msgspec import Meta, Struct

from moderation.api import answers, body
from moderation.api.endpoint import Answer, Body, Call, Operation, endpoint
from moderation.api.sites import SMALL_BYTES, actor, operation, small
from moderation.domain.accounts import Token
from moderation.domain.comments import Time
from moderation.flow.comments.outgoing import time_of
from moderation.flow.sites import administering, entrance
from moderation.flow.sites.entrance import OVERLAP_HOURS, OVERLAP_HOURS_AT_MOST, ShownKey

blueprint = Blueprint("entrance", __name__, url_prefix="/v1/sites/<site>")

SiteScope = Literal["submit", "moderate"]
GONE = ("not-found", "store-full")


class TokenOut(Struct, frozen=True):
    """A token without itself. It is good until `expires_at` (null: until it is revoked)."""

    id: str
    """Names the token in calls."""
    name: str
    """What the token is for."""
    scopes: tuple[str, ...]
    """What it may do."""
    per_minute: int
    """The most comments a minute; 0: any number."""
    created_at: Time
    """When it was made."""
    expires_at: Time | None
    """Until when it is good; null: until it is revoked."""
    last_used_at: Time | None
    """When it was used last, to the hour; null: not yet."""


class NewTokenOut(TokenOut, frozen=True):
    """A new token with itself in `token`: it is shown only now."""

    token: str
    """The token itself, shown only now."""


class TokensOut(Struct, frozen=True):
    """The tokens of a site, the oldest first."""

    data: list[TokenOut]
    """The tokens, the oldest first."""


class KeyOut(Struct, frozen=True):
    """An Akismet key without itself. It is good until `expires_at` (null: until it is revoked)."""

    id: str
    """Names the key in calls."""
    created_at: Time
    """When it was made."""
    expires_at: Time | None
    """Until when it is good; null: until it is revoked."""
    last_used_at: Time | None
    """When it was used last, to the hour; null: not yet."""


class NewKeyOut(KeyOut, frozen=True):
    """A new Akismet key with itself in `key`: it is shown only now."""

    key: str
    """The key itself, shown only now."""


class KeysOut(Struct, frozen=True):
    """The Akismet keys of a site, the oldest first."""

    data: list[KeyOut]
    """The keys, the oldest first."""


class NewToken(Struct, frozen=True, forbid_unknown_fields=True):
    """What a token is for, what it may do, and the most comments a minute (0: any number)."""

    name: Annotated[str, Meta(min_length=1, max_length=64)]
    """What the token is for."""
    scopes: Annotated[tuple[SiteScope, ...], Meta(min_length=1, max_length=2)] = (
        "submit",
        "moderate",
    )
    """What it may do."""
    per_minute: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    """The most comments a minute; 0: any number."""


class Overlap(Struct, frozen=True, forbid_unknown_fields=True):
    """How long what is replaced goes on, in hours."""

    overlap_hours: Annotated[int, Meta(ge=0, le=OVERLAP_HOURS_AT_MOST)] = OVERLAP_HOURS
    """Hours for which what is replaced goes on."""


_new = msgspec.json.Decoder(NewToken)
_overlap = msgspec.json.Decoder(Overlap)
OVERLAP = Body({body.JSON: Overlap}, SMALL_BYTES, required=False)


def _lists(call_id: str, summary: str, shown: type[Struct]) -> Operation:
    answered = {200: Answer("All of them, the oldest first.", {body.JSON: shown})}
    return operation(call_id, summary, answers=answered, problems=("not-found",))


def _makes(call_id: str, summary: str, shown: type[Struct], **more: Any) -> Operation:
    answered = {201: Answer("The new one, shown only now.", {body.JSON: shown})}
    return operation(call_id, summary, answers=answered, **{"problems": GONE, **more})


def _revokes(call_id: str, summary: str) -> Operation:
    answered = {204: Answer("It is refused from the next call on.")}
    return operation(call_id, summary, answers=answered, problems=GONE)


@blueprint.get("/tokens")
@endpoint(_lists("listTokens", "List a site's tokens", TokensOut))
def list_tokens(call: Call, site: str) -> Response:
    store = call.runtime.store
    found, used = entrance.tokens(store, site), administering.token_uses(store)
    shown = [TokenOut(*_token(token, used.get(token.id, 0))) for token in found]
    return answers.json(TokensOut(shown))


@blueprint.post("/tokens")
@endpoint(
    _makes(
        "addToken",
        "Make a token of a site",
        NewTokenOut,
        body=Body({body.JSON: NewToken}, SMALL_BYTES),
    )
)
def add_token(call: Call, site: str) -> Response:
    new = small(call, _new)
    made, secret = entrance.make_token(
        call.runtime.store, site, new.scopes, new.name, new.per_minute, actor(call)
    )
    return answers.json(NewTokenOut(*_token(made), secret), 201)


@blueprint.post("/tokens/<token_id>/rotate")
@endpoint(
    _makes(
        "rotateToken",
        "Make a token in place of one, which goes on for a while",
        NewTokenOut,
        body=OVERLAP,
    )
)
def rotate_token(call: Call, site: str, token_id: str) -> Response:
    made, secret = entrance.rotate_token(
        call.runtime.store, site, token_id, _hours(call), actor(call)
    )
    return answers.json(NewTokenOut(*_token(made), secret), 201)


@blueprint.delete("/tokens/<token_id>")
@endpoint(_revokes("revokeToken", "Revoke a token of a site"))
def revoke_token(call: Call, site: str, token_id: str) -> Response:
    entrance.revoke_token(call.runtime.store, site, token_id, actor(call))
    return Response(status=204)


@blueprint.get("/keys")
@endpoint(_lists("listKeys", "List a site's Akismet keys", KeysOut))
def list_keys(call: Call, site: str) -> Response:
    found = entrance.keys_of(call.runtime.store, site)
    return answers.json(KeysOut([KeyOut(*_key(key)) for key in found]))


@blueprint.post("/keys")
@endpoint(
    _makes("addKey", "Make an Akismet key of a site", NewKeyOut, problems=(*GONE, "validation"))
)
def add_key(call: Call, site: str) -> Response:
    made, key = entrance.make_key(call.runtime.store, call.runtime.secret, site, actor(call))
    return answers.json(NewKeyOut(*_key(made), key), 201)


@blueprint.post("/keys/rotate")
@endpoint(
    _makes(
        "rotateKeys",
        "Make an Akismet key in place of a site's keys, which go on for a while",
        NewKeyOut,
        body=OVERLAP,
    )
)
def rotate_keys(call: Call, site: str) -> Response:
    runtime = call.runtime
    made, key = entrance.rotate_keys(runtime.store, runtime.secret, site, _hours(call), actor(call))
    return answers.json(NewKeyOut(*_key(made), key), 201)


@blueprint.delete("/keys/<key_id>")
@endpoint(_revokes("revokeKey", "Revoke an Akismet key of a site"))
def revoke_key(call: Call, site: str, key_id: str) -> Response:
    entrance.revoke_key(call.runtime.store, site, key_id, actor(call))
    return Response(status=204)


def _hours(call: Call) -> int:
    """Return how long what is replaced goes on, by the body of a call."""
    given: Overlap = body.decode_optional(_overlap, call.environ, SMALL_BYTES)
    return given.overlap_hours


def _token(
    token: Token, used_ms: int = 0
) -> tuple[str, str, tuple[str, ...], int, dt.datetime, dt.datetime | None, dt.datetime | None]:
    expires = time_of(token.expires_ms) if token.expires_ms else None
    return (
        token.id, token.name, token.scopes, token.per_minute, time_of(token.created_ms), expires,
        time_of(used_ms) if used_ms else None,
    )  # fmt: skip


def _key(key: ShownKey) -> tuple[str, dt.datetime, dt.datetime | None, dt.datetime | None]:
    expires = time_of(key.expires_ms) if key.expires_ms else None
    used = time_of(key.used_ms) if key.used_ms else None
    return key.id, time_of(key.created_ms), expires, used
