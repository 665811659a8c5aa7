"""Answers as Akismet's clients compare them: byte for byte, and 200 but for what is too large."""

from __future__ import annotations

from typing import Any

import msgspec

from moderation.domain.akismet import Refused
from moderation.server.service import Reply

VALID, INVALID = b"valid", b"invalid"
TRUE, FALSE = b"true", b"false"
THANKS = b"Thanks for making the web a better place."
FAILED = b"failed"
"""Neither `valid` nor `invalid`: clients take it for a fault that passes, not for a bad key."""

TEXT = "text/plain; charset=utf-8"
JSON = "application/json"
CSV = "text/csv; charset=utf-8"
Headers = list[tuple[str, str]]


def text(body: bytes, headers: Headers | None = None) -> Reply:
    """Return a word, without a newline."""
    return _answer(body, TEXT, headers)


def json(body: Any, headers: Headers | None = None) -> Reply:
    """Return a JSON document."""
    return _answer(msgspec.json.encode(body), JSON, headers)


def csv(body: str) -> Reply:
    """Return a table."""
    return _answer(body.encode(), CSV, None)


def alert(notice: Refused | None) -> Headers:
    """Return a notice as WordPress keeps it and shows it, for as long as answers carry it.

    A good answer without one lets it go, and clients that know no notices throw at one.
    """
    if notice is None:
        return []
    return [
        ("X-akismet-alert-code", str(notice.code)),
        ("X-akismet-alert-msg", notice.reason),
    ]


def _answer(body: bytes, content_type: str, headers: Headers | None) -> Reply:
    sent = [
        ("Content-Type", content_type),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
    ]
    return Reply("200 OK", sent + (headers or []), body)


def malformed(missing: str) -> Reply:
    """Return the answer to a call that lacks a field; clients show the header."""
    return text(INVALID, [("X-akismet-debug-help", f"the call lacks {missing}")])


def refused(why: Refused) -> Reply:
    """Return the answer to a key that may not speak; notices of an account carry their code.

    WordPress then holds comments for a person, whatever the body.
    """
    if why.is_for_now:
        return failed(why.reason)
    headers = [("X-akismet-debug-help", why.reason)]
    if why.code:
        headers += [("X-akismet-error", str(why.code)), *alert(why)]
    return text(INVALID, headers)


def failed(why: str = "the service cannot do this now; try again") -> Reply:
    """Return the answer for when Winnow cannot do what it was asked now."""
    return text(FAILED, [("X-akismet-debug-help", why)])


def unread(is_large: bool) -> Reply:
    """Return the answer to a form that was not read: it did not come, or is far too large."""
    if is_large:
        return failed("the form is too large")._replace(status="413 Content Too Large")
    return failed()
