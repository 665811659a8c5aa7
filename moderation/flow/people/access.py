"""Which sites a person may see."""

from __future__ import annotations

from moderation.domain.accounts import User
from moderation.domain.errors import NotFound
from moderation.domain.people import may
from moderation.flow.runtime import Runtime
from moderation.store import sites


def sites_of(runtime: Runtime, user: User) -> list[str]:
    """Return the names of the sites that a person works on: an administrator on all, sorted."""
    names = sites.names(runtime.store)
    if may(user, "administrator"):
        return names
    return [name for name in names if name in user.sites]


def site_of(runtime: Runtime, user: User, site: str) -> str:
    """Return a site's name if the person may see it.

    Raises:
        NotFound: there is no such site, or it is not theirs: both are answered alike.
    """
    if site not in sites_of(runtime, user):
        raise NotFound("there is no such site, or it is not one of yours")
    return site
