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
    """What a person did: `what` is a code of `ACTS`, `about` a comment's id, a person's name
    or a model's."""

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
    "promoted": "promoted a model",
    "rolled_back": "rolled a model back",
    "asked_training": "had a model trained",
    "asked_evaluation": "had a model judged",
    "cancelled_job": "cancelled a job",
    "handed_in": "handed a model in",
    "discarded": "discarded a model",
    "shadow_begun": "had a model look on",
    "shadow_ended": "had a model look on no longer",
}
"""Everything that the audit log can say, in words that follow a name."""


class Escalation(Struct, frozen=True, omit_defaults=True):
    """That a person asked for another one to look at a held comment."""

    by: str
    at_ms: int
    note: str = ""
