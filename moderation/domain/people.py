"""People at work: their log-ins, what they may do, and the log of what they did."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

from moderation.domain.accounts import User
from moderation.domain.errors import InvalidInput

Role = Literal["viewer", "moderator", "administrator"]
ROLES: tuple[Role, ...] = ("viewer", "moderator", "administrator")
"""What people may do, each role also all that those before it may."""


def may(user: User, role: Role) -> bool:
    """Say whether a person may do what a role may."""
    return ROLES.index(user.role) >= ROLES.index(role)


NAME_LENGTH = 64
_MAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*"
)


def person_name(text: str) -> str:
    """Return a name under which a person can log in.

    Raises:
        InvalidInput: it is empty, too long, or holds what is not printed.
    """
    name = text.strip()
    if not 0 < len(name) <= NAME_LENGTH or not name.isprintable():
        raise InvalidInput(f"a person's name has 1 to {NAME_LENGTH} printable characters")
    return name


def mail_address(text: str) -> str:
    """Return an e-mail address that can stand in a letter's head ('' for none).

    Raises:
        InvalidInput: it is none (HTML, valid e-mail address, is the rule that browsers keep too).
    """
    address = text.strip()
    if address and (len(address) > 254 or not _MAIL.fullmatch(address)):
        raise InvalidInput("this is not an e-mail address")
    return address


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
    "code_refused": "gave a wrong code",
    "recovery_used": "logged in with a recovery code",
    "second_on": "set up a second factor",
    "second_off": "gave up their second factor",
    "codes_renewed": "made new recovery codes",
    "mail_changed": "changed their e-mail address",
    "link_asked": "asked for a link by mail",
    "link_made": "made a link for",
    "joined": "joined by an invitation",
    "password_reset": "set a new password by a link",
    "added": "added",
    "invited": "invited",
    "role_changed": "changed the role of",
    "sites_changed": "changed the sites of",
    "sessions_ended": "ended every session of",
    "second_reset": "took away the second factor of",
    "let_in": "gave a new password to",
    "removed": "removed",
    "keys_made": "made keys for a site",
    "approved": "approved",
    "spam": "marked as spam",
    "undone": "withdrew a decision",
    "escalated": "escalated",
    "escalation_withdrawn": "withdrew an escalation",
    "promoted": "promoted a model",
    "rolled_back": "rolled a model back",
    "asked_training": "had a model trained",
    "asked_evaluation": "had a model judged",
    "asked_rescoring": "had what is held judged anew",
    "cancelled_job": "cancelled a job",
    "handed_in": "handed a model in",
    "discarded": "discarded a model",
    "shadow_begun": "had a model look on",
    "shadow_ended": "had a model look on no longer",
    "site_made": "made a site",
    "site_retired": "retired a site",
    "site_removed": "removed a site with all that was its",
    "site_reopened": "reopened a site",
    "settings_changed": "changed a site's settings",
    "list_changed": "changed a site's list",
    "keys_changed": "changed a site's keys",
    "subscriptions_changed": "changed the lists that a site subscribed to",
    "attack_begun": "had everything of a site held",
    "attack_ended": "ended the holding of everything",
    "token_made": "made a token",
    "token_rotated": "rotated a token",
    "token_revoked": "revoked a token",
    "key_made": "made an Akismet key",
    "key_rotated": "rotated an Akismet key",
    "key_revoked": "revoked an Akismet key",
    "webhook_made": "made a webhook",
    "webhook_changed": "changed a webhook",
    "webhook_rotated": "rotated the secret of a webhook",
    "webhook_removed": "removed a webhook",
    "webhook_resent": "had a message of a webhook sent again",
    "person_exported": "had what is held of a person put out",
    "person_erased": "had a person who writes erased",
}
"""Everything that the audit log can say, in words that follow a name."""


ON_COMMENTS = frozenset(("approved", "spam", "undone", "escalated", "escalation_withdrawn"))
"""Acts that are about a comment."""


class Escalation(Struct, frozen=True, omit_defaults=True):
    """That a person asked for another one to look at a held comment."""

    by: str
    at_ms: int
    note: str = ""
