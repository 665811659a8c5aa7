"""What stands against a blog's checks: told with them, and to people who look after the blog."""

from __future__ import annotations

from moderation.domain.akismet import OVER_QUOTA, SITE_NOT_LISTED, SITE_REVOKED, Account, Refused
from moderation.flow.akismet.keys import may_appear
from moderation.flow.akismet.statistics import is_used_up
from moderation.flow.runtime import Runtime
from moderation.store import akismet


def notice_of(runtime: Runtime, account: Account, blog: str) -> Refused | None:
    """Return why a check for a normalised blog would be refused now, None where it would not.

    Without a blog ('') it is what holds for all of the account.
    """
    known = akismet.blog(runtime.store, account.id, blog) if blog else None
    if known is not None and known.revoked:
        return SITE_REVOKED
    if blog and known is None and not may_appear(runtime.store, account):
        return SITE_NOT_LISTED
    return OVER_QUOTA if is_used_up(runtime, account) else None
