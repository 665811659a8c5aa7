"""What a caller saw before it changes something: `If-Match` (RFC 9110 §13.1.1)."""

from __future__ import annotations

import re

from moderation.api import body
from moderation.api.problems import Refusal

_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,64}"')


def if_match(environ: body.Environ, *, required: bool = True) -> str | None:
    """Return the state that the caller saw, None for any.

    A weak tag is returned as it is and so never matches.
    """
    tag = environ.get("HTTP_IF_MATCH", "").strip()
    if not tag and required:
        raise Refusal("precondition-required")
    if not tag or tag == "*":
        return None
    if not _ETAG.fullmatch(tag):
        raise body.header_error("If-Match", "Expected one entity tag, as `ETag` gave it.")
    return str(tag)
