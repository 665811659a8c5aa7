"""The machine's word on one revision of a comment."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from moderation.domain.bands import Band

Label = Literal["spam", "ham"]
LABELS: tuple[Label | None, ...] = (None, "ham", "spam")
"""The index of a label is its code in the store."""

VerdictStatus = Literal["approved", "held", "spam"]
DecidedBy = Literal["model", "rule", "fail_mode"]

COULD_NOT_BE_SCORED = "could_not_be_scored"
STORE_UNREACHABLE = "store_unreachable"
TRUSTED_ROLE = "trusted_role"
CONTENT_CUT = "content_cut"
CONTENT_UNREAD = "content_unread"
HONEYPOT = "honeypot"
HONEYPOT_AUTOFILL = "honeypot_autofill"
LISTED_WORDS = "listed_words"
LISTED_DOMAIN = "listed_domain"
LISTED_ADDRESS = "listed_address"
LISTED_EMAIL = "listed_email"
LISTED_NAME = "listed_name"
LISTED = frozenset((LISTED_WORDS, LISTED_DOMAIN, LISTED_ADDRESS, LISTED_EMAIL, LISTED_NAME))
"""What an entry of a site's list gives as its reason, by its kind."""
UNDER_ATTACK = "under_attack"
WARMING_UP = "warming_up"
KEYS_DISALLOWED = "keys_disallowed"
KEYS_MODERATION = "keys_moderation"
SUBSCRIBED_LIST = "subscribed_list"
CAMPAIGN_ELSEWHERE = "campaign_elsewhere"
ARTICLE_CLOSED = "article_closed"
PACE_ADDRESS = "pace_address"
PACE_AUTHOR = "pace_author"
TRUSTED_AUTHOR = "trusted_author"
TOO_MANY_LINKS = "too_many_links"
FIRST_TIME_AUTHOR = "first_time_author"
GOOD_REPUTATION = "good_reputation"
BAD_REPUTATION = "bad_reputation"
CAMPAIGN = "campaign"

POLICY_WORDS = {
    COULD_NOT_BE_SCORED: (
        "The filter could not read this comment; a person must look.",
        "Could not be scored",
    ),
    STORE_UNREACHABLE: (
        "The store could not be reached; this is the site's answer for that case.",
        "Store not reached",
    ),
    TRUSTED_ROLE: ("The author has a role that this site trusts.", "Trusted role"),
    CONTENT_CUT: (
        "The text or a field of the author was longer than is read; its end was cut off.",
        "Too long, cut off",
    ),
    CONTENT_UNREAD: (
        "No text was found, or it could not be read; a person must look.",
        "No readable text",
    ),
    HONEYPOT_AUTOFILL: (
        "The hidden field holds what the author's own field holds, as browsers fill it in.",
        "Hidden field autofilled",
    ),
    LISTED_WORDS: ("The text holds words of this site's list, which decides.", "Listed words"),
    LISTED_DOMAIN: ("It names a domain of this site's list, which decides.", "Listed domain"),
    LISTED_ADDRESS: (
        "The author's address is in this site's list, which decides.",
        "Listed address",
    ),
    LISTED_EMAIL: ("The author's e-mail fits this site's list, which decides.", "Listed e-mail"),
    LISTED_NAME: ("The author's name is in this site's list, which decides.", "Listed name"),
    KEYS_DISALLOWED: ("It holds one of this site's disallowed keys.", "Disallowed key"),
    KEYS_MODERATION: (
        "It holds one of this site's keys by which a person must look.",
        "Moderation key",
    ),
    SUBSCRIBED_LIST: ("It is in a list that this site subscribed to.", "Subscribed list"),
    CAMPAIGN_ELSEWHERE: (
        "Its text, or where it leads, is like what people elsewhere decided as spam of late, by a "
        "feed that this site subscribed to.",
        "Campaign seen elsewhere",
    ),
    ARTICLE_CLOSED: (
        "The page was published longer ago than this site takes comments for.",
        "Page closed",
    ),
    PACE_ADDRESS: (
        "More comments came from this address within an hour than this site lets pass.",
        "Many from one address",
    ),
    PACE_AUTHOR: (
        "More comments came from this author within an hour than this site lets pass.",
        "Many from one author",
    ),
    TRUSTED_AUTHOR: (
        "Enough of this author was approved here, and nothing rejected.",
        "Trusted author",
    ),
    TOO_MANY_LINKS: ("It holds more links than this site lets pass unseen.", "Too many links"),
    FIRST_TIME_AUTHOR: (
        "Nothing of this author was approved here yet; a person must look.",
        "First comment of an author",
    ),
    GOOD_REPUTATION: (
        "People approved much of this author here, and rejected nothing.",
        "Good reputation",
    ),
    BAD_REPUTATION: (
        "People decided lately that comments of the same author, or with the same link, are spam.",
        "Bad reputation",
    ),
    CAMPAIGN: (
        "Many nearly identical comments came within an hour, from several addresses or authors.",
        "Many nearly identical",
    ),
    UNDER_ATTACK: (
        "The site is under attack: everything is held until the time that its people set.",
        "Site under attack",
    ),
    WARMING_UP: (
        "The site has decided too little yet for the filter to reject; a person must look.",
        "Filter still warming up",
    ),
}
"""Reasons that come from rules and faults, each with its text and a name of at most 30 characters;
those of the model stand in `classifier.reasons`."""

POLICY_REASONS = {code: text for code, (text, _) in POLICY_WORDS.items()}
POLICY_NAMES = {code: name for code, (_, name) in POLICY_WORDS.items()}


class Verdict(Struct, array_like=True, frozen=True):
    """What the machine thought of a revision; one that takes its place holds it.

    `score` is the probability of spam, 0..1, rounded to 1e-6, or None where nothing could be
    scored; `reasons` are at most five (code, weight in logits); `model` is `name+position` or
    `name+position.epoch`; `policy` is the revision of the site's settings; `signals` are the
    stateful values that were used; `discard` marks blatant spam; `band` is the score in words
    (None: nothing was scored, or by a version that knew no bands); `audit` is the probability with
    which the comment was drawn for a random look (None: it was not drawn); `earlier` are the
    verdicts that it had before it was judged anew, the oldest first.
    """

    label: Label
    status: VerdictStatus
    score: float | None
    discard: bool
    reasons: tuple[tuple[str, float], ...]
    model: str
    policy: int
    decided_by: DecidedBy
    signals: dict[str, float] = {}
    band: Band | None = None
    audit: float | None = None
    earlier: tuple[Verdict, ...] = ()
