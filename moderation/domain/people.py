"""People at work: their log-ins, what they may do, and the log of what they did."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from moderation.domain.accounts import User

Role = Literal["viewer", "moderator", "administrator"]
ROLES: tuple[Role, ...] = ("viewer", "moderator", "administrator")
"""What people may do, each role also all that those before it may."""


def may(user: User, role: Role) -> bool:
    """Say whether a person may do what a role may."""
    return ROLES.index(user.role) >= ROLES.index(role)


class Session(Struct, frozen=True):
    """One log-in. `id` is the digest of what the browser keeps; times are ms since 1970."""

    id: str
    user: str
    created_ms: int
    seen_ms: int
    address: str
    agent: str


class Act(Struct, frozen=True, omit_defaults=True):
    """What a person did: `what` is a code of `ACTS`, `about` a comment's id or a person's name."""

    at_ms: int
    who: str
    what: str
    address: str = ""
    site: str = ""
    about: str = ""
    note: str = ""


ACTS: dict[str, str] = {
    "log_in": "logged in",
    "log_in_refused": "was refused a log-in",
    "log_out": "logged out",
    "session_ended": "ended a session",
    "password_changed": "changed their password",
    "approved": "approved",
    "spam": "marked as spam",
    "undone": "withdrew a decision",
    "escalated": "escalated",
    "site_made": "made a site",
    "site_retired": "retired a site",
    "site_reopened": "reopened a site",
    "settings_changed": "changed a site's settings",
    "list_changed": "changed a site's list",
    "attack_begun": "had everything of a site held",
    "attack_ended": "ended the holding of everything",
    "token_made": "made a token",
    "token_rotated": "rotated a token",
    "token_revoked": "revoked a token",
    "key_made": "made an Akismet key",
    "key_rotated": "rotated an Akismet key",
    "key_revoked": "revoked an Akismet key",
}
"""Everything that the audit log can say, in words that follow a name."""


ON_COMMENTS = frozenset(("approved", "spam", "undone", "escalated"))
"""Acts that are about a comment."""


class Actor(Struct, frozen=True):
    """Who changes something, as the audit log names them, and from where."""

    name: str
    address: str = ""


class Escalation(Struct, frozen=True, omit_defaults=True):
    """That a person asked for another one to look at a held comment."""

    by: str
    at_ms: int
    note: str = ""
