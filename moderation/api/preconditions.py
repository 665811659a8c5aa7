"""What a caller saw before it changes or reads something again (RFC 9110 §13.1)."""

from __future__ import annotations

import re

from moderation.api import body
from moderation.api.problems import Refusal

_ETAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e]{0,64})"')
_CODING = re.compile(r"(?:-|;)(?:gzip|br|zstd|deflate)$")
"""What some proxies add to the tag of an answer that they compress (Apache's mod_deflate does)."""
_TAGS = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e]{0,64}"\s*(?:,|$)')
MOST_TAGS = 32


def if_match(environ: body.Environ, *, required: bool = True) -> str | None:
    """Return the state that the caller saw, None for any.

    A weak tag stands for the strong one: a proxy that compresses an answer makes it weak (nginx's
    gzip does), and what is compared is the state of what is kept, not the bytes that were sent.
    """
    tag = environ.get("HTTP_IF_MATCH", "").strip()
    if not tag and required:
        raise Refusal("precondition-required")
    if not tag or tag == "*":
        return None
    if not _ETAG.fullmatch(tag):
        raise body.header_error("If-Match", "Expected one entity tag, as `ETag` gave it.")
    return _plain(tag)


def if_match_comment(environ: body.Environ) -> str | None:
    """Return the state of a comment that the caller saw, None for any.

    Of the tag of an answer (`comment_tag`) it is the part that says how the comment was decided: a
    verdict that came meanwhile does not make a decision stale.
    """
    tag = if_match(environ)
    return tag and '"' + "-".join(tag.strip('"').split("-")[:2]) + '"'


def is_known(environ: body.Environ, tag: str) -> bool:
    """Say whether the caller has what the tag names: then 304 is answered, without a body."""
    given: str = environ.get("HTTP_IF_NONE_MATCH", "")
    if given.strip() == "*":
        return True
    found: list[str] = []
    at = 0
    while at < len(given) and len(found) < MOST_TAGS:
        one = _TAGS.match(given, at)
        if one is None:
            return False  # Not a list of tags: the caller gets the whole answer.
        found.append(_plain(one.group().strip(" \t,")))
        at = one.end()
    return tag in found


def _plain(tag: str) -> str:
    """Return a tag as it was given out: strong, and without what a proxy added to it."""
    return f'"{_CODING.sub("", tag.removeprefix("W/").strip(chr(34)))}"'
