"""Accounts of people: made, invited, changed, removed. Every act is in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.accounts import Preferences, User
from moderation.domain.errors import Conflict, InvalidInput, NotFound
from moderation.domain.people import ROLES, Act, Role, mail_address, person_name
from moderation.flow.people import links, passwords, sessions
from moderation.flow.people.links import By
from moderation.flow.runtime import now_ms
from moderation.store import Store, people, sites
from moderation.store import accounts as stored

PEOPLE_AT_MOST = 1000


class Person(Struct, frozen=True):
    """An account, when the person was seen last, until when an invitation stands (0: never)."""

    user: User
    seen_ms: int
    invited_ms: int


def everybody(store: Store) -> list[Person]:
    """Return every account, by name."""
    seen = people.seen(store)
    return [_person(user, seen) for user in sites.users(store)]


def one(store: Store, name: str) -> Person:
    """Return a person; raises `NotFound`."""
    return _person(account(store, name), people.seen(store))


def account(store: Store, name: str) -> User:
    """Return a person's account; raises `NotFound`."""
    found = sites.user(store, name)
    if found is None:
        raise NotFound(f"there is no user {name}; `user list` prints them")
    return found


def _person(user: User, seen: dict[str, int]) -> Person:
    invited = [link.until_ms for link in user.links if link.kind == "invite"]
    return Person(user, seen.get(user.name, 0), max(invited, default=0))


def put_new(
    store: Store,
    name: str,
    password: str,
    role: Role,
    of_sites: Sequence[str] = (),
    email: str = "",
) -> User:
    """Keep and return a new account, without a word in the audit log; raises as `add`."""
    name, email = person_name(name), mail_address(email)
    kept = passwords.hashed(password) if password else ""
    made = User(name, kept, _role(role), _sites(store, of_sites), email)

    def added(found: dict[str, User]) -> User:
        if name in found:
            raise Conflict(f"there is a user {name} already; `user reset` gives a new password")
        if len(found) >= PEOPLE_AT_MOST:
            raise Conflict(f"there are {PEOPLE_AT_MOST} people already")
        return made

    stored.change(store, name, added)
    # Should somebody of this name have been here before, what they left behind opens nothing.
    sessions.end_all(store, name)
    return made


def add(
    store: Store,
    name: str,
    password: str,
    role: Role,
    of_sites: Sequence[str],
    by: By,
    email: str = "",
) -> User:
    """Make an account; without a password nobody can log in until a link has set one.

    Raises:
        InvalidInput: the name, the address or the password cannot be one, or there is no such site.
        Conflict: there is somebody of that name, or there are a thousand people.
    """
    made = put_new(store, name, password, role, of_sites, email)
    _note(store, by, "added" if password else "invited", made.name, _described(made))
    return made


def invite(store: Store, name: str, email: str, role: Role, of_sites: Sequence[str], by: By) -> str:
    """Make an account without a password, and return the secret of the link that invites.

    Raises:
        InvalidInput, Conflict: as `add`.
    """
    made = add(store, name, "", role, of_sites, by, email)
    return links.make(store, made.name, "invite", by)


def change_role(store: Store, name: str, role: Role, by: By) -> None:
    """Change what a person may do, from their next click on.

    Raises:
        NotFound: there is no such person. Conflict: they are the last administrator.
    """
    _role(role)
    before = ""

    def changed(user: User) -> User:
        nonlocal before
        before = user.role
        return replace(user, role=role)

    _change(store, name, changed)
    if before != role:
        _note(store, by, "role_changed", name, f"{before} → {role}")


def change_sites(store: Store, name: str, of_sites: Sequence[str], by: By) -> None:
    """Change the sites that a person works on, from their next click on.

    Raises:
        NotFound: there is no such person. InvalidInput: there is no such site.
    """
    chosen = _sites(store, of_sites)
    before: tuple[str, ...] = ()

    def changed(user: User) -> User:
        nonlocal before
        before = user.sites
        return replace(user, sites=chosen)

    _change(store, name, changed)
    if set(before) != set(chosen):
        _note(store, by, "sites_changed", name, ", ".join(chosen))


def leave_site(store: Store, name: str, site: str) -> None:
    """Take a site from a person's; nothing where they, or it, are gone already."""
    with suppress(NotFound):
        _change(store, name, lambda user: replace(
            user, sites=tuple(one for one in user.sites if one != site)
        ))  # fmt: skip


def set_password(store: Store, name: str, password: str, by: By) -> None:
    """Give a person another password and end every log-in of theirs; raises `NotFound`."""
    kept = passwords.hashed(password)
    _change(store, name, lambda user: replace(user, password=kept, links=()))
    sessions.end_all(store, name)
    _note(store, by, "let_in", name)


def unlock(store: Store, name: str, by: By) -> None:
    """Forget what was tried on an account, take the second factor away, end every log-in.

    Raises:
        NotFound: there is no such person.
    """
    reset_second(store, name, by)
    sessions.forget_attempts(store, name)
    sessions.end_all(store, name)


def reset_second(store: Store, name: str, by: By) -> None:
    """Take a person's second factor away, if there is one; raises `NotFound`."""
    had = False

    def changed(user: User) -> User:
        nonlocal had
        had = user.second is not None
        return replace(user, second=None)

    _change(store, name, changed)
    if had:
        _note(store, by, "second_reset", name)


def end_sessions(store: Store, name: str, by: By) -> None:
    """End every log-in of a person; raises `NotFound`."""
    account(store, name)
    sessions.end_all(store, name)
    _note(store, by, "sessions_ended", name)


def remove(store: Store, name: str, by: By) -> None:
    """Remove an account; what the person decided stays.

    Raises:
        NotFound: there is no such person. Conflict: they are the last administrator.
    """
    _change(store, name, lambda user: None)
    sessions.end_all(store, name)
    sessions.forget_attempts(store, name)
    _note(store, by, "removed", name)


def prefer(store: Store, name: str, wanted: Preferences) -> None:
    """Keep how a person wants the console; raises `NotFound`."""
    _change(store, name, lambda user: replace(user, preferences=wanted))


def set_email(store: Store, name: str, email: str, by: By) -> None:
    """Change where letters to a person go ('': nowhere).

    Raises:
        NotFound: there is no such person. InvalidInput: it is no e-mail address.
    """
    address = mail_address(email)
    _change(store, name, lambda user: replace(user, email=address))
    _note(store, by, "mail_changed", "" if by.who == name else name)


def _change(store: Store, name: str, made: Callable[[User], User | None]) -> None:
    """Change an account (None: remove it) so that an administrator is left who can log in."""

    def changed(found: dict[str, User]) -> User | None:
        if name not in found:
            raise NotFound(f"there is no user {name}; `user list` prints them")
        new = made(found[name])
        if _runs(found[name]) and not _runs(new):
            others = (user for other, user in found.items() if other != name)
            if not any(map(_runs, others)):
                raise Conflict(f"{name} is the last administrator; make another one first")
        return new

    stored.change(store, name, changed)


def _runs(user: User | None) -> bool:
    """Say whether somebody can run the installation: an administrator who has joined."""
    return user is not None and user.role == "administrator" and bool(user.password)


def _role(role: Role) -> Role:
    if role not in ROLES:
        raise InvalidInput("there is no such role")
    return role


def _sites(store: Store, wanted: Sequence[str]) -> tuple[str, ...]:
    if not set(wanted) <= set(sites.names(store)):
        raise InvalidInput("there is no such site; `site list` prints them")
    return tuple(dict.fromkeys(wanted))


def _described(user: User) -> str:
    return f"{user.role}: {', '.join(user.sites)}" if user.sites else user.role


def _note(store: Store, by: By, what: str, name: str, note: str = "") -> None:
    people.note(store, Act(now_ms(), by.who, what, by.address, "", name, note[:500]))
