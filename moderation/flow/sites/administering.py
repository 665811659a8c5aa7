"""What an operator does with sites, settings, tokens and people; it holds for the next call."""

from __future__ import annotations

from collections.abc import Callable

from moderation.domain.accounts import Token, User
from moderation.domain.errors import NotFound, StoreDown
from moderation.domain.people import Role
from moderation.domain.sites import SiteSettings, check
from moderation.flow.people import accounts, passwords
from moderation.flow.people.links import OPERATOR
from moderation.store import Store, sites

TRIES = 8


def site_names(store: Store) -> list[str]:
    """Return the names of all sites, sorted."""
    return sites.names(store)


def settings_of(store: Store, site: str) -> SiteSettings:
    """Return the settings of a site; raises `NotFound`."""
    if site not in sites.names(store):
        raise NotFound(f"there is no site {site}; `site list` prints them")
    return sites.settings(store, site)


def change_settings(store: Store, site: str, change: Callable[[SiteSettings], SiteSettings]) -> int:
    """Change a site's settings by what `change` makes of them, and return their new revision.

    Where somebody else changes them at the same time, both changes hold.

    Raises:
        NotFound: there is no such site. Contradiction: the settings contradict themselves.
        StoreDown: others change them again and again.
    """
    for _ in range(TRIES):
        revision = sites.read(store, site).settings
        changed = sites.put_settings(store, site, check(change(settings_of(store, site))), revision)
        if changed:
            return changed
    raise StoreDown("the site's settings are being changed by others again and again")


def tokens(store: Store) -> list[Token]:
    """Return every token, the oldest first."""
    return sorted(sites.tokens(store).values(), key=lambda token: token.id)


def token_uses(store: Store) -> dict[str, int]:
    """Return about when each token that was used was used last (ms since 1970), by its id."""
    return sites.token_uses(store)


def revoke_token(store: Store, token_id: str) -> None:
    """Make a token useless from the next request on; raises `NotFound`."""
    for digest, found in sites.tokens(store).items():
        if found.id == token_id:
            sites.revoke_token(store, digest, found.site)
            return
    raise NotFound(f"there is no token {token_id}; `token list` prints them")


def users(store: Store) -> list[User]:
    """Return every account, by name."""
    return sites.users(store)


def add_user(
    store: Store, name: str, password: str, role: Role, of_sites: tuple[str, ...] = ()
) -> None:
    """Make a person's account; an administrator works on every site, others on those named.

    Raises:
        InvalidInput: the name or the password cannot be one, or there is no such site.
        Conflict: there is one of that name.
    """
    accounts.put_new(store, name, password, role, of_sites)


def change_password(store: Store, name: str, password: str) -> None:
    """Change a person's password and end every log-in of theirs; raises `NotFound`."""
    accounts.set_password(store, name, password, OPERATOR)


def let_in(store: Store, name: str, password: str) -> None:
    """Let in who is locked out: change the password, forget the attempts to log in and take the
    second factor away.

    Raises:
        NotFound: there is no such person.
    """
    change_password(store, name, password)
    accounts.unlock(store, name, OPERATOR)


def change_sites(store: Store, name: str, of_sites: tuple[str, ...]) -> None:
    """Say which sites a person works on; it holds from their next click on.

    Raises:
        NotFound: there is no such person. InvalidInput: there is no such site.
    """
    accounts.change_sites(store, name, of_sites, OPERATOR)


def put_user(
    store: Store, name: str, password: str, role: Role, of_sites: tuple[str, ...] = ()
) -> None:
    """Make a person's account, in place of one of that name."""
    sites.put_user(store, User(name, passwords.hashed(password), role, of_sites))
