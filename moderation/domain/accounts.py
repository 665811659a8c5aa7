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


LinkKind = Literal["invite", "reset", "forgotten", "enter"]
"""What a link is for: to join, to set a new password (made by somebody else, or asked for by the
person), to log in once."""


class Link(Struct, frozen=True, omit_defaults=True):
    """A link that works once: the digest of its secret, until when it is good, who made it."""

    kind: LinkKind
    digest: str
    until_ms: int
    by: str = ""


class SecondFactor(Struct, frozen=True, omit_defaults=True):
    """What a person has besides the password (RFC 6238).

    `sealed` is the secret, encrypted; `step` the newest time step whose code was used; `codes`
    are the keyed hashes of the recovery codes that are left.
    """

    sealed: str
    step: int
    codes: tuple[str, ...] = ()


class Preferences(Struct, frozen=True, omit_defaults=True):
    """How a person wants the console; `language` is '' for the browser's."""

    language: str = ""
    digest: Literal["never", "daily"] = "never"
    blurred: bool = False
    grey: bool = False
    unmarked: bool = False


class User(Struct, frozen=True, omit_defaults=True):
    """A person who logs in to the console; `password` is an argon2 hash, '' until they joined."""

    name: str
    password: str
    role: Literal["administrator", "moderator", "viewer"]
    sites: tuple[str, ...] = ()
    email: str = ""
    second: SecondFactor | None = None
    links: tuple[Link, ...] = ()
    preferences: Preferences = Preferences()


def new_token() -> str:
    """Return a new token: the prefix and 256 random bits."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def token_digest(token: str) -> str:
    """Return what a token is found by: SHA-256 suffices, for a token is 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
