"""Cursors of lists: the last id seen, signed together with the site and the filters."""

from __future__ import annotations

import hashlib
from urllib.parse import urlencode

from itsdangerous import BadSignature, Signer

from moderation.api.problems import FieldError, Refusal

LONGEST = 128


def bound(site: str, filters: dict[str, str]) -> bytes:
    """Return what a cursor is bound to: site and filters, whatever the order of the latter."""
    return b"cursor\0" + urlencode([("site", site), *sorted(filters.items())]).encode()


def sign(secret: bytes, site: str, filters: dict[str, str], last: str) -> str:
    """Return a cursor that goes on after the id `last`."""
    return _signer(secret, site, filters).sign(last).decode()


def read(secret: bytes, site: str, filters: dict[str, str], cursor: str) -> str:
    """Return the id to go on after; refuses a cursor of another site or list, or a forged one."""
    try:
        if len(cursor) > LONGEST or not cursor.isascii():
            raise BadSignature("no cursor of ours")
        return _signer(secret, site, filters).unsign(cursor).decode("ascii")
    except BadSignature as error:
        wrong = FieldError("This cursor was not made for this list.", parameter="cursor")
        raise Refusal("invalid-cursor", errors=[wrong]) from error


def _signer(secret: bytes, site: str, filters: dict[str, str]) -> Signer:
    return Signer(
        secret, salt=bound(site, filters), digest_method=hashlib.sha256, key_derivation="hmac"
    )
