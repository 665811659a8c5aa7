"""Links that work once: to join, to set a new password, to log in. The store has their digests."""

from __future__ import annotations

import hmac
import secrets

from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.accounts import Link, LinkKind, User
from moderation.domain.errors import NotFound
from moderation.domain.people import Act
from moderation.flow.people import passwords, sessions
from moderation.flow.runtime import now_ms
from moderation.store import Store, accounts, people, sites

_MINUTE_MS, _DAY_MS = 60_000, 86_400_000
LIVES_MS: dict[LinkKind, int] = {
    "invite": 7 * _DAY_MS,
    "reset": _DAY_MS,
    "forgotten": 60 * _MINUTE_MS,
    "enter": 10 * _MINUTE_MS,
}
"""How long a link of each kind is good."""


class By(Struct, frozen=True):
    """Who does something to an account, and from where."""

    who: str
    address: str = ""


OPERATOR = By("command line")
"""Whoever may run commands on the machine."""


def make(store: Store, name: str, kind: LinkKind, by: By) -> str:
    """Return the secret of a new link for a person, in place of one of this kind before.

    One for a new password is an invitation while the person has none.

    Raises:
        NotFound: there is no such person.
    """
    secret, now = secrets.token_urlsafe(32), now_ms()
    digest = sessions.digest(secret)
    made = kind

    def linked(found: dict[str, User]) -> User:
        nonlocal made
        user = found.get(name)
        if user is None:
            raise NotFound("there is no such person; `user list` prints them")
        made = "invite" if kind == "reset" and not user.password else kind
        others = tuple(link for link in user.links if link.kind != made and link.until_ms > now)
        return replace(user, links=(*others, Link(made, digest, now + LIVES_MS[made], by.who)))

    accounts.change(store, name, linked)
    accounts.keep_ticket(store, "link", digest, name, LIVES_MS[made])
    what = "link_asked" if made == "forgotten" else "link_made"
    people.note(store, Act(now, by.who, what, by.address, "", name, made))
    return secret


def find(store: Store, secret: str) -> tuple[User, Link]:
    """Return whose link this is.

    Raises:
        NotFound: it was used, ran out, or never was one.
    """
    name = accounts.ticket(store, "link", sessions.digest(secret))
    return _linked({name: user} if name and (user := sites.user(store, name)) else {}, name, secret)


def set_password(store: Store, secret: str, password: str, address: str) -> User:
    """Give the person of a link a password, end their log-ins, and use up all links of theirs.

    Raises:
        NotFound: as `find`. InvalidInput: the password cannot be one; the link stays good.
    """
    user, link = find(store, secret)
    if link.kind == "enter":
        raise NotFound("this link sets no password")
    hashed = passwords.hashed(password)
    user = _use(store, user.name, secret, hashed)
    sessions.end_all(store, user.name)
    # Codes that were tried are not forgiven: who reads the person's mail could try for ever.
    people.forget_attempts(store, sessions.account_digest(user.name))
    what = "joined" if link.kind == "invite" else "password_reset"
    people.note(store, Act(now_ms(), user.name, what, address))
    return user


def use_to_enter(store: Store, secret: str) -> User:
    """Use up a link that logs a person in, and return the person.

    Raises:
        NotFound: as `find`, or it is a link of another kind.
    """
    user, link = find(store, secret)
    if link.kind != "enter":
        raise NotFound("this link logs nobody in")
    return _use(store, user.name, secret, "")


def _use(store: Store, name: str, secret: str, password: str) -> User:
    """Use a link up, in one step with the password that it sets ('': it sets none)."""

    def used(found: dict[str, User]) -> User:
        mine, link = _linked(found, name, secret)
        if password:
            return replace(mine, password=password, links=())
        return replace(mine, links=tuple(one for one in mine.links if one != link))

    user = accounts.change(store, name, used)
    accounts.take_ticket(store, "link", sessions.digest(secret))
    assert user is not None
    return user


def _linked(found: dict[str, User], name: str, secret: str) -> tuple[User, Link]:
    user, digest, now = found.get(name), sessions.digest(secret), now_ms()
    if user is None:
        raise NotFound("the link was used, or is too old")
    for link in user.links:
        if hmac.compare_digest(link.digest, digest) and link.until_ms > now:
            return user, link
    raise NotFound("the link was used, or is too old")
