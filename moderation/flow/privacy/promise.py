"""What a site promises who writes: what is received, kept and for how long, what leaves, by the
settings as they are now."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from moderation.domain.sites import Retention, SiteSettings
from moderation.flow.runtime import Runtime
from moderation.store import akismet, processes, sites, webhooks

RECEIVED: dict[str, str] = {
    "content": "the comment",
    "author.name": "the author's name",
    "author.email": "the author's e-mail address",
    "author.url": "the author's web address",
    "author.ip": "the IP address that the comment came from",
    "author.user_agent": "what the author's browser calls itself",
    "author.role": "what the author is to the site, such as a member of its staff",
    "author.id": "the site's own id of the author",
    "permalink": "the address of the page",
    "referrer": "the page that the author came from",
    "type": "what kind of comment it is",
    "external_id": "the site's own id of the comment",
    "parent_id": "which comment it answers",
    "created_at": "when it was written",
    "article_published_at": "when the page was published",
    "language": "the site's language",
    "context": "text of the page that the comment stands on",
    "honeypot": "what stood in a field of the form that people do not see",
    "form_ms": "how long the form was open",
}
"""Everything that a site may send with a comment, in words."""


class Leaving(Struct, frozen=True):
    """Something that leaves this machine of what a site's authors sent: in words, and whether it
    does for a site as it is set now."""

    words: str
    applies: Callable[[Runtime, str], bool]


def _is_told(runtime: Runtime, site: str) -> bool:
    return bool(akismet.owner(runtime.store, site)[0])


def _hooks(runtime: Runtime, site: str, personal: bool) -> bool:
    """Say whether a site has webhooks that are told e-mail and IP addresses, or that are not."""
    return any(one.personal == personal for one, _ in webhooks.of_site(runtime.store, site))


PUBLISHED = "feeds published"
"""Under which it is counted that this installation published a feed."""


def _is_published(runtime: Runtime, site: str) -> bool:
    shares = runtime.read_settings(site)[1].shares_training
    return shares and PUBLISHED in processes.counted(runtime.store)


LEAVING: list[Leaving] = [
    Leaving(
        "Addresses that the site's operator has chosen are told when a comment was judged or "
        "decided, with the comment, and without the author's e-mail address and IP address.",
        lambda runtime, site: _hooks(runtime, site, personal=False),
    ),
    Leaving(
        "Addresses that the site's operator has chosen are told when a comment was judged or "
        "decided, with the comment, and with the author's e-mail address and IP address.",
        lambda runtime, site: _hooks(runtime, site, personal=True),
    ),
    Leaving(
        "Where a moderator decides otherwise than the site was answered, the site's own server is "
        "told so, with the number of the comment and what the site had sent to name it by.",
        _is_told,
    ),
    Leaving(
        "Moderators may have letters by mail that say how many comments wait; nothing of a comment "
        "stands in them.",
        lambda runtime, site: bool(runtime.settings.smtp_url),
    ),
    Leaving(
        "The site has lists of others fetched, by which its comments are held or rejected; whoever "
        "publishes them sees that this server fetches them, and nothing of a comment.",
        lambda runtime, site: bool(sites.policy(runtime.store, site).subscribed.lists),
    ),
    Leaving(
        "What several people decided as spam is published for other installations, as sketches of "
        "texts and hashes of the domains that they lead to; no text, and nothing of a person.",
        _is_published,
    ),
]
"""What may leave, in the order in which it is told. Who sends something else puts it here."""


class Promise(Struct, frozen=True):
    """What is promised for a site."""

    site: str
    contact: str
    retention: Retention
    shares_training: bool
    draws: bool
    counts_pace: bool
    has_index: bool
    received: tuple[str, ...]
    leaving: tuple[str, ...]


def promise(runtime: Runtime, site: str) -> Promise | None:
    """Return what is promised for a site now, None where there is none of this name."""
    if not sites.made(runtime.store, [site])[0].created_ms:
        return None
    settings: SiteSettings = runtime.read_settings(site)[1]
    return Promise(
        site=site,
        contact=settings.contact,
        retention=settings.retention,
        shares_training=settings.shares_training,
        draws=settings.audit_share > 0,
        counts_pace=bool(settings.pace_address or settings.pace_author),
        has_index=runtime.settings.search != "off",
        received=tuple(RECEIVED.values()),
        leaving=tuple(one.words for one in LEAVING if one.applies(runtime, site)),
    )


def words() -> list[str]:
    """Return every text that a promise says by a variable, for translators."""
    return [*RECEIVED.values(), *(one.words for one in LEAVING)]
