"""The body of a call: bounded, and at hand as a whole."""

from __future__ import annotations

from typing import Any

from moderation.server.service import BodyMissing

BODY_BYTES = 8 << 20
"""Most bytes of a form; what is longer is refused, and nothing of it read."""


def read_body(environ: dict[str, Any]) -> bytes:
    """Return the body; raises `BodyMissing` where the server has it not, or too much of it."""
    body = bytes(environ["wsgi.input"].read(BODY_BYTES + 1))
    if len(body) > BODY_BYTES:
        raise BodyMissing("large")
    return body
