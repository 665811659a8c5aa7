"""A site: a tenant with its settings."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct

from moderation.domain.errors import InvalidInput

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?")

Days = Annotated[int, Meta(ge=0, le=36_500)]


RECORDS_DAYS = 400
"""Most days that what is known of an author is kept after their last comment."""


class Retention(Struct, frozen=True, forbid_unknown_fields=True):
    """Days that a comment is kept after its last change, by status; 0 keeps it for ever."""

    queued: Days = 365
    """Days for comments that wait for a verdict."""
    approved: Days = 180
    """Days for approved comments."""
    held: Days = 365
    """Days for comments that a person must look at."""
    spam: Days = 90
    """Days for spam."""

    @property
    def records(self) -> int:
        """The days for which what is known of an author is kept after their last comment: as long
        as any comment is, and `RECORDS_DAYS` at most."""
        days = (self.queued, self.approved, self.held, self.spam)
        return min(RECORDS_DAYS, max(day or RECORDS_DAYS for day in days))


class SiteSettings(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a site's people may choose. The table in docs/settings.md lists every field.

    `hold` and `reject` fix the site's bands by hand (probabilities of spam); None leaves them
    to the model and to what the site's own labels show. Nothing is rejected by its score until
    the site's label log has `warm_up` entries.
    """

    mode: Literal["enforce", "observe"] = "enforce"
    """`observe`: everything is scored and recorded, and its status is always `approved`."""
    fail_mode: Literal["hold", "approve", "spam"] = "hold"
    """What a check answers while the store is away."""
    held_as: Literal["ham", "spam"] = "ham"
    """What held comments are to clients of Akismet's protocol."""
    hold: Annotated[float, Meta(gt=0, lt=1)] | None = None
    """The score from which comments are held; null leaves it to the model."""
    reject: Annotated[float, Meta(gt=0, lt=1)] | None = None
    """The score from which comments are spam; null leaves it to the model."""
    trusted_roles: tuple[str, ...] = ("administrator", "moderator", "editor")
    """Roles of authors whose comments are approved whatever their score."""
    retention: Retention = Retention()
    """Days that comments are kept after their last change."""
    audit_share: Annotated[float, Meta(ge=0, le=1)] = 0.02
    """Share of what the filter decides alone that a person is asked about."""
    shares_training: bool = True
    """Whether the site's labels help to train the installation's model."""
    warm_up: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    """Entries of the label log before anything is rejected by its score."""
    contact: Annotated[str, Meta(max_length=256)] = ""
    """Where people turn who ask what is held of them: shown to everybody on `/privacy/` and the
    site's name."""
    hold_first_time: bool = False
    """Whether comments of authors are held of whom nothing was approved yet."""
    hold_links_over: Annotated[int, Meta(ge=0, le=1000)] | None = None
    """Comments with more links than this are held; null: with any number they pass."""
    close_after_days: Annotated[int, Meta(ge=1, le=36_500)] | None = None
    """Days after `article_published_at` from which comments are held; null: none are."""
    pace_address: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    """Most comments an hour from an address before they are held; null: any number."""
    pace_author: Annotated[int, Meta(ge=1, le=100_000)] | None = None
    """Most comments an hour by an author before they are held; null: any number."""
    trust_after: Annotated[int, Meta(ge=1, le=1000)] | None = None
    """An author is trusted of whom so many were approved and none rejected; null: nobody is."""
    reputation: bool = True
    """Whether what people decided of authors and links counts, and many nearly equal comments."""


class Attack(Struct, frozen=True, omit_defaults=True):
    """That everything of a site is held until a time (ms since 1970; 0: it is not), by whom and
    since when."""

    until_ms: int = 0
    by: str = ""
    since_ms: int = 0

    def is_on(self, now_ms: int) -> bool:
        """Say whether it holds at a time; it ends by itself."""
        return now_ms < self.until_ms


ATTACK_AT_MOST_MS = 30 * 86_400_000
"""Longest time that everything is held at once."""


class Contradiction(InvalidInput):
    """Settings that cannot both hold; `field` is the one to change."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


def check(settings: SiteSettings) -> SiteSettings:
    """Return settings that contradict themselves in nothing.

    Raises:
        Contradiction: they do. InvalidInput: there are too many roles, or one is too long.
    """
    hold, reject = settings.hold, settings.reject
    if hold is not None and reject is not None and hold > reject:
        raise Contradiction("hold", "comments are held from a lower score than they are rejected")
    roles = settings.trusted_roles
    if len(roles) > 50 or any(not 0 < len(role) <= 64 or "," in role for role in roles):
        raise Contradiction("trusted_roles", "write at most 50 roles of 1 to 64 characters")
    return settings


DEFAULT_SETTINGS = SiteSettings()


def site_name(text: str) -> str:
    """Return `text` if it can name a site: 1–63 of a–z, 0–9, dot and hyphen, ends alphanumeric.

    Raises:
        InvalidInput: otherwise.
    """
    if not _NAME.fullmatch(text):
        raise InvalidInput(
            "a site's name has 1 to 63 characters of a-z, 0-9, '.' and '-', "
            "and begins and ends with a letter or digit"
        )
    return text
