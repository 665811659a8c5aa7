"""Rules that hold what would be approved: each says by its reason why a person is to look."""

from __future__ import annotations

import re
from collections.abc import Iterator

from moderation.domain.comments import Submission
from moderation.domain.known import Known
from moderation.domain.shown import unescape
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import (
    ARTICLE_CLOSED,
    BAD_REPUTATION,
    CAMPAIGN,
    FIRST_TIME_AUTHOR,
    PACE_ADDRESS,
    PACE_AUTHOR,
    TOO_MANY_LINKS,
)

_DAY_MS = 86_400_000
_ANCHOR = re.compile(r"<a\s[^<>]*href[^<>]*>?.*?(?:</a\s*>|(?=<a\s)|\Z)", re.IGNORECASE | re.DOTALL)
_FORUM = re.compile(r"\[url\b[^\[\]]*\].*?(?:\[/url\]|(?=\[url\b)|\Z)", re.IGNORECASE | re.DOTALL)
_ANY = re.compile(r"https?:|www\.|<a\s|\[url|&", re.IGNORECASE)
_BARE = re.compile(r"https?://[^\s<>\"']+|(?<![\w.@/-])www\.[^\s<>\"']+", re.IGNORECASE)


def links_in(text: str) -> int:
    """Return how many links a text has: as HTML, as forum markup, or written out.

    A link that shows its own address is one.
    """
    if not _ANY.search(text):
        return 0
    text = unescape(text)
    text, anchors = _ANCHOR.subn(" ", text)
    text, forum = _FORUM.subn(" ", text)
    return anchors + forum + len(_BARE.findall(text))


def is_closed(submission: Submission, settings: SiteSettings, now_ms: int) -> bool:
    """Say whether the page was published longer ago than the site takes comments for."""
    days, published = settings.close_after_days, submission.article_published_at
    if days is None or published is None:
        return False
    return now_ms - published.timestamp() * 1000 > days * _DAY_MS


def stops(
    submission: Submission, settings: SiteSettings, known: Known, now_ms: int
) -> Iterator[str]:
    """Yield the reasons that hold anybody's comment, trusted authors' too, in their order."""
    if is_closed(submission, settings, now_ms):
        yield ARTICLE_CLOSED
    if settings.pace_address is not None and known.address_hour > settings.pace_address:
        yield PACE_ADDRESS
    if settings.pace_author is not None and known.author_hour > settings.pace_author:
        yield PACE_AUTHOR


def has_too_many_links(submission: Submission, settings: SiteSettings) -> bool:
    """Say whether a text has more links than the site lets pass unseen."""
    most = settings.hold_links_over
    return most is not None and links_in(submission.content) > most


def doubts(submission: Submission, settings: SiteSettings, known: Known) -> Iterator[str]:
    """Yield the reasons that hold a comment of an author who has not earned trust."""
    if has_too_many_links(submission, settings):
        yield TOO_MANY_LINKS
    if settings.hold_first_time and not (known.approved or known.praised):
        yield FIRST_TIME_AUTHOR


PRAISED = 10
"""Comments that people approved, and rejected none of, after which an author has a good name."""
CAMPAIGN_COMMENTS, CAMPAIGN_FROM = 5, 3
"""Nearly the same comments of an hour, from so many addresses or authors, are a campaign."""


def has_good_name(settings: SiteSettings, known: Known) -> bool:
    """Say whether people approved so much of an author, and rejected nothing, that a doubt of the
    filter's counts for less."""
    return settings.reputation and known.praised >= PRAISED


def suspicions(settings: SiteSettings, known: Known) -> Iterator[str]:
    """Yield the reasons that hold a comment for what people decided of others, or how many came."""
    if not settings.reputation:
        return
    among = max(known.campaign_addresses, known.campaign_authors)
    if known.campaign >= CAMPAIGN_COMMENTS and among >= CAMPAIGN_FROM:
        yield CAMPAIGN
    if known.blamed and not has_good_name(settings, known):
        yield BAD_REPUTATION


def is_trusted_author(settings: SiteSettings, known: Known) -> bool:
    """Say whether the site trusts an author for what was approved of theirs, none being spam."""
    least = settings.trust_after
    return least is not None and known.earned >= least and not known.rejected
