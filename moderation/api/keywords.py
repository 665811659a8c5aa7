"""WordPress's disallowed and moderation keys of a site: read, replaced, tried before."""

from __future__ import annotations

from typing import Annotated

import msgspec
from flask import Blueprint, Response
from msgspec import Meta, Struct

from moderation.api import answers, body
from moderation.api.endpoint import IF_NONE_MATCH, KNOWN, Answer, Body, Call, endpoint
from moderation.api.preconditions import if_match
from moderation.api.sites import actor, choice, operation, small
from moderation.api.trials import TRIED, tried
from moderation.domain.keywords import KEYS_BYTES, Keys
from moderation.flow.sites import choosing, trying

blueprint = Blueprint("keywords", __name__, url_prefix="/v1/sites/<site>/lists/keys")

BODY_BYTES = 2 * KEYS_BYTES

Text = Annotated[str, Meta(max_length=KEYS_BYTES)]


class WordPressKeys(Struct, frozen=True, forbid_unknown_fields=True):
    """WordPress's keys as they stand in its settings, a key a line."""

    disallowed: Text = ""
    """A comment that holds one of them, anywhere in a field and in any case, is spam."""
    moderation: Text = ""
    """A comment that holds one of them is held."""


class KeysAsPasted(Struct, frozen=True):
    """A site's keys, as they were pasted."""

    disallowed: str
    """A comment that holds one of them, anywhere in a field and in any case, is spam."""
    moderation: str
    """A comment that holds one of them is held."""


_keys = msgspec.json.Decoder(WordPressKeys)
SAVED = {200: Answer("The keys.", {body.JSON: KeysAsPasted}, ("ETag",))}


@blueprint.get("")
@endpoint(
    operation(
        "getKeys",
        "Read a site's disallowed and moderation keys",
        headers={"If-None-Match": IF_NONE_MATCH},
        answers={**SAVED, 304: KNOWN},
        problems=("not-found",),
    )
)
def get_keys(call: Call, site: str) -> Response:
    found = choosing.keys(call.runtime.store, site)
    return answers.unless_known(call.environ, choosing.etag(found), _shown(found))


@blueprint.put("")
@endpoint(
    choice(
        "putKeys",
        "Replace a site's disallowed and moderation keys",
        WordPressKeys,
        SAVED,
        BODY_BYTES,
    )
)
def put_keys(call: Call, site: str) -> Response:
    seen = if_match(call.environ)
    saved = choosing.put_keys(call.runtime.store, site, _given(call), actor(call), seen)
    return answers.json(_shown(saved), 200, {"ETag": choosing.etag(saved)})


@blueprint.post("/test")
@endpoint(
    operation(
        "testKeys",
        "Say what keys would have done to the last thousand comments; nothing is saved",
        body=Body({body.JSON: WordPressKeys}, BODY_BYTES),
        answers=TRIED,
        problems=("not-found",),
    )
)
def test_keys(call: Call, site: str) -> Response:
    place = choosing.there(call.runtime.store, site)
    return tried(trying.try_keys(call.runtime, place, _given(call)))


def _given(call: Call) -> Keys:
    given: WordPressKeys = small(call, _keys, BODY_BYTES)
    return Keys(given.disallowed, given.moderation)


def _shown(saved: Keys) -> KeysAsPasted:
    return KeysAsPasted(saved.disallowed, saved.moderation)
