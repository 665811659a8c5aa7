"""The body of a call: bounded, and at hand as a whole."""

from __future__ import annotations

from typing import Any

BODY_BYTES = 8 << 20
"""Most bytes of a form; what is longer is refused, and nothing of it read."""


class TooLarge(Exception):
    """The form is longer than is read."""


def read_body(environ: dict[str, Any]) -> bytes:
    """Return the body; raises `TooLarge`, and `BodyMissing` where the server has it not."""
    body = bytes(environ["wsgi.input"].read(BODY_BYTES + 1))
    if len(body) > BODY_BYTES:
        raise TooLarge
    return body
