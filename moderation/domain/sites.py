"""A site: a tenant with its settings."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from msgspec import Meta, Struct

from moderation.domain.errors import InvalidInput

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?")

Days = Annotated[int, Meta(ge=0, le=36_500)]


class Retention(Struct, frozen=True, forbid_unknown_fields=True):
    """Days that a comment is kept after its last change, by status; 0 keeps it for ever."""

    queued: Days = 365
    approved: Days = 180
    held: Days = 365
    spam: Days = 90


class SiteSettings(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a site's people may choose. The table in docs/settings.md lists every field.

    `hold` and `reject` fix the site's bands by hand (probabilities of spam); None leaves them
    to the model and to what the site's own labels show.
    """

    mode: Literal["enforce", "observe"] = "enforce"
    fail_mode: Literal["hold", "approve", "spam"] = "hold"
    held_as: Literal["ham", "spam"] = "ham"
    hold: Annotated[float, Meta(gt=0, lt=1)] | None = None
    reject: Annotated[float, Meta(gt=0, lt=1)] | None = None
    trusted_roles: tuple[str, ...] = ("administrator", "moderator", "editor")
    retention: Retention = Retention()
    audit_share: Annotated[float, Meta(ge=0, le=1)] = 0.02
    shares_training: bool = True


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
