"""Answers as bytes: JSON and lines of JSON, never cached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from flask import Response

from moderation.api.body import JSON, NDJSON, Environ
from moderation.api.preconditions import is_known
from moderation.server.service import Reply

_encoder = msgspec.json.Encoder()
_encode = _encoder.encode


def json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a JSON answer."""
    sent = [("Content-Type", JSON), ("Cache-Control", "no-store")]
    if headers:
        sent += headers.items()
    return Response(_encode(body), status, sent)


def reply(body: Any) -> Reply:
    """Return a JSON answer for who is asked often: the framework's response takes longer to make
    than all that is shown in it."""
    return Reply("200 OK", [("Content-Type", JSON), ("Cache-Control", "no-store")], _encode(body))


def unless_known(
    environ: Environ, tag: str, body: Any, headers: dict[str, str] | None = None
) -> Response:
    """Return a JSON answer of this tag, or 304 where the caller has it (RFC 9110 §15.4.5)."""
    if "HTTP_IF_NONE_MATCH" in environ and is_known(environ, tag):
        return Response(status=304, headers=[("ETag", tag), ("Cache-Control", "no-store")])
    return json(body, 200, {"ETag": tag, **(headers or {})})


def items(body: Sequence[Any], media: str) -> Response:
    """Return the items of a batch as it was sent: an array or lines."""
    data = _encoder.encode_lines(body) if media == NDJSON else _encoder.encode(body)
    return Response(data, 200, [("Content-Type", media), ("Cache-Control", "no-store")])
