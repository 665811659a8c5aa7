"""Log-ins: made by name and password, ended one by one or all; attempts are limited."""

from __future__ import annotations

import hashlib
import secrets

from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.accounts import User
from moderation.domain.addresses import counted_as
from moderation.domain.errors import NotAuthorised, RateLimited
from moderation.domain.people import Act, Session
from moderation.flow.people import passwords
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import people, sites

KEPT_MS = 14 * 86_400_000
"""How long a log-in is kept after it was used last."""
SEEN_EVERY_MS = 60_000
"""How exact it is known when a log-in was used last."""
SESSIONS_AT_MOST = 50
"""Most log-ins of one person; the oldest give way."""
ATTEMPTS_MS = 15 * 60_000
BY_ACCOUNT, BY_ADDRESS = 10, 50
"""Most attempts in a quarter of an hour on one account, and from one address."""


class Where(Struct, frozen=True):
    """Where a person sits: the address, and what the browser calls itself."""

    address: str
    agent: str = ""


def log_in(runtime: Runtime, name: str, password: str, where: Where) -> tuple[str, User]:
    """Return a new log-in's secret, for the browser alone, and the person's account.

    Raises:
        NotAuthorised: there is no such person with such a password.
        RateLimited: there were too many attempts on this account or from this address.
    """
    name = name.strip()[:256]
    account = account_digest(name)
    by_account, by_address = people.count_attempt(
        runtime.store, account, counted_as(where.address), ATTEMPTS_MS
    )
    if by_account > BY_ACCOUNT or by_address > BY_ADDRESS:
        raise RateLimited(ATTEMPTS_MS // 1000)
    user = sites.user(runtime.store, name)
    if not passwords.matches(user.password if user else "", password) or user is None:
        note(runtime, name if user else "", "log_in_refused", where.address)
        raise NotAuthorised("the name or the password is wrong")
    people.forget_attempts(runtime.store, account)
    _make_room(runtime, name)
    secret = secrets.token_urlsafe(32)
    now = now_ms()
    session = Session(_digest(secret), name, now, now, where.address, where.agent[:256])
    people.put_session(runtime.store, session, KEPT_MS)
    note(runtime, name, "log_in", where.address)
    return secret, user


def account_digest(name: str) -> str:
    """Return what attempts on an account are counted under: a name may be anything."""
    return _digest(name)


def _make_room(runtime: Runtime, name: str) -> None:
    held = people.sessions(runtime.store, name)
    old = [session.id for session in held[SESSIONS_AT_MOST - 1 :]]
    people.end_sessions(runtime.store, name, old)


def session_of(runtime: Runtime, secret: str, name: str) -> tuple[Session, User]:
    """Return the log-in with this secret and its person's account as it is now.

    Raises:
        NotAuthorised: it ran out or was ended, or the account is gone.
    """
    session, user = people.session_of(runtime.store, _digest(secret), name)
    if session is None or user is None or session.user != name:
        raise NotAuthorised("the log-in has ended")
    now = now_ms()
    if now - session.seen_ms >= SEEN_EVERY_MS:
        session = replace(session, seen_ms=now)
        people.put_session(runtime.store, session, KEPT_MS)
    return session, user


def sessions(runtime: Runtime, name: str) -> list[Session]:
    """Return a person's log-ins, the newest first."""
    return people.sessions(runtime.store, name)


def end(runtime: Runtime, name: str, ids: list[str], what: str, address: str) -> int:
    """End some of a person's log-ins and return how many there were of them."""
    own = {session.id for session in people.sessions(runtime.store, name)}
    ended = people.end_sessions(runtime.store, name, sorted(own.intersection(ids)))
    if ended:
        note(runtime, name, what, address)
    return ended


def change_password(
    runtime: Runtime, user: User, old: str, new: str, session: Session, address: str
) -> None:
    """Change a person's own password and end every other log-in of theirs.

    Raises:
        NotAuthorised: the old one is wrong. InvalidInput: the new one cannot be one.
        RateLimited: there were too many attempts.
    """
    account = account_digest(user.name)
    tried, _ = people.count_attempt(runtime.store, account, counted_as(address), ATTEMPTS_MS)
    if tried > BY_ACCOUNT:
        raise RateLimited(ATTEMPTS_MS // 1000)
    if not passwords.matches(user.password, old):
        raise NotAuthorised("the password is wrong")
    sites.put_user(runtime.store, replace(user, password=passwords.hashed(new)))
    people.forget_attempts(runtime.store, account)
    others = [s.id for s in sessions(runtime, user.name) if s.id != session.id]
    people.end_sessions(runtime.store, user.name, others)
    note(runtime, user.name, "password_changed", address)


def note(
    runtime: Runtime, who: str, what: str, address: str, site: str = "", about: str = ""
) -> None:
    """Put what a person did into the audit log."""
    people.note(runtime.store, Act(now_ms(), who, what, address, site, about))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
