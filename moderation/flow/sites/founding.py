"""Sites made, retired and taken up again, with when that was."""

from __future__ import annotations

from msgspec import Struct

from moderation.domain.errors import Conflict
from moderation.domain.sites import Attack, SiteSettings, site_name
from moderation.flow.people.links import By
from moderation.flow.runtime import now_ms
from moderation.flow.sites.choosing import note, there
from moderation.store import Store, akismet, sites
from moderation.store.sites import Made


class Shown(Struct, frozen=True):
    """A site with what its people chose; `policy` is the revision of that, `blog` the address that
    it has in Akismet's protocol ('': it has none)."""

    name: str
    created_ms: int
    retired_ms: int
    policy: int
    settings: SiteSettings
    attack: Attack
    blog: str


def listed(store: Store) -> list[Made]:
    """Return every site by its name, with when it was made and retired."""
    return sites.made(store, sites.names(store))


def shown(store: Store, site: str) -> Shown:
    """Return a site; raises `NotFound`."""
    (found,) = sites.made(store, [there(store, site)])
    chosen = sites.policy(store, site)
    settings, attack = chosen.settings, chosen.attack
    return Shown(
        site, found.created_ms, found.retired_ms, sites.read(store, site).settings, settings,
        attack, blogs(store).get(site, ""),
    )  # fmt: skip


def make(store: Store, name: str, by: By) -> None:
    """Make a site.

    Raises:
        InvalidInput: the name cannot be one. Conflict: there is a site of this name.
    """
    if not sites.create(store, site_name(name), now_ms()):
        raise Conflict("there is a site of this name already")
    note(store, by, "site_made", name)


def retire(store: Store, site: str, by: By) -> None:
    """Have a site take no new comments from its next call on; it keeps what it has.

    Raises:
        NotFound: there is no such site. Conflict: it is retired already.
    """
    if sites.standing(store, there(store, site))[1]:
        raise Conflict("the site is retired already")
    sites.retire(store, site, now_ms())
    note(store, by, "site_retired", site)


def reopen(store: Store, site: str, by: By) -> None:
    """Have a retired site take new comments again.

    Raises:
        NotFound: there is no such site. Conflict: it is not retired.
    """
    if not sites.standing(store, there(store, site))[1]:
        raise Conflict("the site is not retired")
    sites.retire(store, site, 0)
    note(store, by, "site_reopened", site)


def blogs(store: Store) -> dict[str, str]:
    """Return the address of each site that appeared by Akismet's protocol, by its name."""
    return {
        blog.site: address
        for account in akismet.accounts(store)
        for address, blog in akismet.blogs(store, account.id).items()
    }
