"""The body of a call: read once, bounded."""

from __future__ import annotations

from typing import Any

BODY_BYTES = 8 << 20
"""Most bytes of a form; what is longer is refused, and nothing of it read."""


class TooLarge(Exception):
    """The form is longer than is read."""


def read_body(environ: dict[str, Any]) -> bytes:
    """Return the body; raises `TooLarge`."""
    stream = environ["wsgi.input"]
    length = str(environ.get("CONTENT_LENGTH") or "")
    if length:
        if not length.isdecimal():
            return b""
        if len(length) > 18 or int(length) > BODY_BYTES:
            raise TooLarge
        return bytes(stream.read(int(length)))
    if not environ.get("wsgi.input_terminated"):
        return b""
    body = bytes(stream.read(BODY_BYTES + 1))
    if len(body) > BODY_BYTES:
        raise TooLarge
    return body
