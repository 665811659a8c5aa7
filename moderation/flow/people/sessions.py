"""Log-ins: made by name and password, ended one by one or all; attempts are limited."""

from __future__ import annotations

import hashlib
import secrets

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.accounts import User
from moderation.domain.addresses import counted_as
from moderation.domain.errors import NotAuthorised, RateLimited
from moderation.domain.people import Act, Session
from moderation.flow.people import passwords
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import Store, accounts, people, sites

KEPT_MS = 14 * 86_400_000
"""How long a log-in is kept after it was used last."""
SEEN_EVERY_MS = 60_000
"""How exact it is known when a log-in was used last."""
SESSIONS_AT_MOST = 50
"""Most log-ins of one person; the oldest give way."""
HALF_MS = 10 * 60_000
"""How long somebody who has given the password may take to give the code."""
ATTEMPTS_MS = 15 * 60_000
BY_ACCOUNT, BY_ADDRESS = 10, 50
"""Most attempts in a quarter of an hour on one account, and from one address."""


class Where(Struct, frozen=True):
    """Where a person sits: the address, and what the browser calls itself."""

    address: str
    agent: str = ""


class Entered(Struct, frozen=True):
    """A log-in's secret, for the browser alone, and whose it is; with `lacks_code` half of one."""

    secret: str
    user: User
    lacks_code: bool = False


class Half(Struct, frozen=True):
    """Who has given the password, and a mark of that password: changed since, it is void."""

    user: str
    mark: str


def log_in(runtime: Runtime, name: str, password: str, where: Where) -> Entered:
    """Return a new log-in, or half of one where the person has a second factor.

    Raises:
        NotAuthorised: there is no such person with such a password.
        RateLimited: there were too many attempts on this account or from this address.
    """
    name = name.strip()[:256]
    count_attempt(runtime, account_digest(name), where.address)
    user = sites.user(runtime.store, name)
    if not passwords.matches(user.password if user else "", password) or user is None:
        note(runtime, name if user else "", "log_in_refused", where.address)
        raise NotAuthorised("the name or the password is wrong")
    return begin(runtime, user, where)


def begin(runtime: Runtime, user: User, where: Where) -> Entered:
    """Return a new log-in of somebody who has the password, or half of one."""
    if user.second is None:
        return enter(runtime, user, where)
    secret = secrets.token_urlsafe(32)
    half = msgspec.json.encode(Half(user.name, digest(user.password))).decode()
    accounts.keep_ticket(runtime.store, "code", digest(secret), half, HALF_MS)
    return Entered(secret, user, lacks_code=True)


def half(runtime: Runtime, secret: str) -> Half:
    """Return who has given the password and not yet the code.

    Raises:
        NotAuthorised: it is too long ago, or was never so.
    """
    found = accounts.ticket(runtime.store, "code", digest(secret)) if secret else ""
    if not found:
        raise NotAuthorised("the password must be given again")
    return msgspec.json.decode(found, type=Half)


def enter(runtime: Runtime, user: User, where: Where, what: str = "log_in") -> Entered:
    """Return a new log-in of somebody who has shown everything; their attempts are forgotten."""
    forget_attempts(runtime.store, user.name)
    _make_room(runtime, user.name)
    secret = secrets.token_urlsafe(32)
    now = now_ms()
    session = Session(digest(secret), user.name, now, now, where.address, where.agent[:256])
    people.put_session(runtime.store, session, KEPT_MS)
    note(runtime, user.name, what, where.address)
    return Entered(secret, user)


def account_digest(name: str) -> str:
    """Return what attempts on an account are counted under: a name may be anything."""
    return digest(name)


def code_attempts(name: str) -> str:
    """Return what wrong codes of a person are counted under: the right password forgives none."""
    return f"{account_digest(name)}:code"


def count_attempt(runtime: Runtime, counted: str, address: str) -> None:
    """Count an attempt on what is counted under a name, and from an address.

    Raises:
        RateLimited: there were too many.
    """
    by_account, by_address = people.count_attempt(
        runtime.store, counted, counted_as(address), ATTEMPTS_MS
    )
    if by_account > BY_ACCOUNT or by_address > BY_ADDRESS:
        raise RateLimited(ATTEMPTS_MS // 1000)


def forget_attempts(store: Store, name: str) -> None:
    """Forget what was tried on a person's account."""
    people.forget_attempts(store, account_digest(name), code_attempts(name))


def _make_room(runtime: Runtime, name: str) -> None:
    held = people.sessions(runtime.store, name)
    old = [session.id for session in held[SESSIONS_AT_MOST - 1 :]]
    people.end_sessions(runtime.store, name, old)


def session_of(runtime: Runtime, secret: str, name: str) -> tuple[Session, User]:
    """Return the log-in with this secret and its person's account as it is now.

    Raises:
        NotAuthorised: it ran out or was ended, or the account is gone.
    """
    session, user = people.session_of(runtime.store, digest(secret), name)
    if session is None or user is None or session.user != name:
        raise NotAuthorised("the log-in has ended")
    now = now_ms()
    if now - session.seen_ms >= SEEN_EVERY_MS:
        session = replace(session, seen_ms=now)
        if not people.put_session(runtime.store, session, KEPT_MS, new=False):
            raise NotAuthorised("the log-in has ended")
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


def end_all(store: Store, name: str, but: str = "") -> None:
    """End every log-in of a person, but for one where it is named."""
    held = [session.id for session in people.sessions(store, name)]
    people.end_sessions(store, name, [name for name in held if name != but])


def confirm(runtime: Runtime, user: User, password: str, address: str) -> None:
    """Return if this is the password of somebody who is logged in.

    Raises:
        NotAuthorised: it is wrong. RateLimited: there were too many attempts.
    """
    account = account_digest(user.name)
    count_attempt(runtime, account, address)
    if not passwords.matches(user.password, password):
        raise NotAuthorised("the password is wrong")
    people.forget_attempts(runtime.store, account)


def change_password(
    runtime: Runtime, user: User, old: str, new: str, session: Session, address: str
) -> None:
    """Change a person's own password and end every other log-in of theirs.

    Raises:
        NotAuthorised: the old one is wrong. InvalidInput: the new one cannot be one.
        RateLimited: there were too many attempts.
    """
    confirm(runtime, user, old, address)
    hashed = passwords.hashed(new)

    def changed(found: dict[str, User]) -> User:
        mine = found.get(user.name)
        if mine is None or mine.password != user.password:
            raise NotAuthorised("the password was changed meanwhile")
        return replace(mine, password=hashed, links=())

    accounts.change(runtime.store, user.name, changed)
    end_all(runtime.store, user.name, but=session.id)
    note(runtime, user.name, "password_changed", address)


def note(
    runtime: Runtime, who: str, what: str, address: str, site: str = "", about: str = ""
) -> None:
    """Put what a person did into the audit log."""
    people.note(runtime.store, Act(now_ms(), who, what, address, site, about))


def digest(secret: str) -> str:
    """Return what a secret of 256 random bits is kept as."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
