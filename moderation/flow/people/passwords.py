"""Passwords: how they are kept and compared."""

from __future__ import annotations

import functools

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from moderation.domain.errors import InvalidInput

SHORTEST, LONGEST = 10, 1024
"""Characters of a password."""

_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """Return a password as it is kept (argon2id, RFC 9106).

    Raises:
        InvalidInput: it is too short or too long.
    """
    if len(password) < SHORTEST:
        raise InvalidInput(f"a password has at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise InvalidInput(f"a password has at most {LONGEST} characters")
    return _hasher.hash(password)


def matches(kept: str, password: str) -> bool:
    """Say whether a password is the one that is kept; '' is kept of nobody and matches none.

    It takes as long for an account that does not exist, so that nobody learns which ones do.
    """
    if len(password) > LONGEST:
        return False
    try:
        return _hasher.verify(kept or _nobody(), password.encode("utf-8", "replace")) and bool(kept)
    except VerificationError:
        return False


@functools.cache
def _nobody() -> str:
    return _hasher.hash("the password of nobody")
