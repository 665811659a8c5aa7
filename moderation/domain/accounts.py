"""Who may talk to Winnow: API tokens and people."""

from __future__ import annotations

import hashlib
import secrets
from typing import Literal

from msgspec import Struct

Scope = Literal["submit", "moderate", "admin"]

TOKEN_PREFIX = "wnw_"  # noqa: S105 - the public beginning of every token


class Token(Struct, frozen=True, omit_defaults=True):
    """An API token as it is kept: never the token, only its digest stands as the key.

    `site` is empty for a token of the whole installation; `per_minute` bounds the comments it
    may submit in a minute (0: no bound). From `expires_ms` on it is refused (0: never).
    """

    id: str
    site: str
    scopes: tuple[Scope, ...]
    name: str
    created_ms: int
    per_minute: int = 0
    expires_ms: int = 0

    def is_over(self, now_ms: int) -> bool:
        """Say whether it is good no longer."""
        return bool(self.expires_ms) and now_ms >= self.expires_ms


class User(Struct, frozen=True, omit_defaults=True):
    """A person who logs in to the console; `password` is an argon2 hash."""

    name: str
    password: str
    role: Literal["administrator", "moderator", "viewer"]
    sites: tuple[str, ...] = ()


def new_token() -> str:
    """Return a new token: the prefix and 256 random bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """Return what a token is found by: SHA-256 suffices, for a token is 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
