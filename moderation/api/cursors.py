"""Cursors of lists: the last id seen and the filters, signed together with the site."""

from __future__ import annotations

import base64
import binascii
import hashlib
from urllib.parse import parse_qsl, urlencode

from itsdangerous import BadSignature, Signer

from moderation.api.problems import FieldError, Refusal

LONGEST = 16_384
"""Most characters of a cursor: every filter at its bound, each sign of it escaped."""


def bound(site: str, filters: dict[str, str]) -> bytes:
    """Return what a cursor is bound to: site and filters, whatever the order of the latter."""
    return b"cursor\0" + urlencode([("site", site), *sorted(filters.items())]).encode()


def sign(secret: bytes, site: str, filters: dict[str, str], last: str) -> str:
    """Return a cursor that goes on after the id `last`; it holds the filters."""
    held = base64.urlsafe_b64encode(urlencode(filters).encode()).decode().rstrip("=")
    return _signer(secret, site, filters).sign(f"{last}.{held}").decode()


def read(secret: bytes, site: str, filters: dict[str, str], cursor: str) -> str:
    """Return the id to go on after; refuses a cursor of another site or list, or a forged one."""
    try:
        if len(cursor) > LONGEST or not cursor.isascii():
            raise BadSignature("no cursor of ours")
        signed = _signer(secret, site, filters).unsign(cursor).decode("ascii")
        return signed.partition(".")[0]
    except BadSignature as error:
        wrong = FieldError("This cursor was not made for this list.", parameter="cursor")
        raise Refusal("invalid-cursor", errors=[wrong]) from error


def held(cursor: str) -> dict[str, str]:
    """Return the filters that a cursor says it was made with; whether it was, `read` says."""
    parts = cursor.split(".")
    if len(parts) != 3 or len(cursor) > LONGEST:
        return {}
    try:
        text = base64.b64decode(parts[1] + "=" * (-len(parts[1]) % 4), b"-_", validate=True)
        return dict(parse_qsl(text.decode(), keep_blank_values=True))
    except (binascii.Error, ValueError):
        return {}


def _signer(secret: bytes, site: str, filters: dict[str, str]) -> Signer:
    return Signer(
        secret, salt=bound(site, filters), digest_method=hashlib.sha256, key_derivation="hmac"
    )
