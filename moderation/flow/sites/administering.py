"""What an operator does with sites, settings, tokens and people; it holds for the next call."""

from __future__ import annotations

from collections.abc import Callable

from argon2 import PasswordHasher

from moderation.domain.accounts import Token, User
from moderation.domain.errors import InvalidInput, NotFound, StoreDown
from moderation.domain.sites import SiteSettings
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
        NotFound: there is no such site. StoreDown: others change them again and again.
    """
    for _ in range(TRIES):
        revision = sites.read(store, site).settings
        changed = sites.put_settings(store, site, change(settings_of(store, site)), revision)
        if changed:
            return changed
    raise StoreDown("the site's settings are being changed by others again and again")


def tokens(store: Store) -> list[Token]:
    """Return every token, the oldest first."""
    return sorted(sites.tokens(store).values(), key=lambda token: token.id)


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


def add_user(store: Store, name: str, password: str, role: str) -> None:
    """Make a person's account; raises `InvalidInput` where there is one of that name."""
    if sites.user(store, name) is not None:
        raise InvalidInput(f"there is a user {name} already; `user password` changes theirs")
    put_user(store, name, password, role)


def change_password(store: Store, name: str, password: str) -> None:
    """Change a person's password; raises `NotFound`."""
    found = sites.user(store, name)
    if found is None:
        raise NotFound(f"there is no user {name}; `user list` prints them")
    put_user(store, name, password, found.role)


def put_user(store: Store, name: str, password: str, role: str) -> None:
    """Make or changes a person's account."""
    sites.put_user(store, User(name, PasswordHasher().hash(password), role))  # type: ignore[arg-type]
