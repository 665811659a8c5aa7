"""The settings of a site as a form has them: words and percents, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from moderation.domain.errors import InvalidInput
from moderation.domain.sites import Retention, SiteSettings
from moderation.flow.models.targets import Proposal

WHAT_IS_WRONG = {
    "hold": "Write a percentage above 0 and below 100, or nothing.",
    "reject": "Write a percentage above 0 and below 100, or nothing.",
    "audit_share": "Write a percentage from 0 to 100.",
    "warm_up": "Write a whole number up to 1,000,000.",
    "hold_links_over": "Write a whole number up to 1,000, or nothing.",
    "close_after_days": "Write whole days from 1 to 36,500, or nothing.",
    "pace_address": "Write a whole number from 1 to 100,000, or nothing.",
    "pace_author": "Write a whole number from 1 to 100,000, or nothing.",
    "trust_after": "Write a whole number from 1 to 1,000, or nothing.",
    "contact": "Write at most 256 characters: an e-mail address, or the address of a page.",
    "retention": "Write whole days, up to 36,500; 0 keeps comments for ever.",
}


_NUMBERS = ("hold_links_over", "close_after_days", "pace_address", "pace_author", "trust_after")
"""Rules that a number turns on; nothing turns them off."""


class BadField(InvalidInput):
    """A field that cannot be read; `said` is what to write, `field` its name."""

    def __init__(self, field: str) -> None:
        kind = "retention" if field.startswith("keep_") else field
        self.field, self.said = field, WHAT_IS_WRONG.get(kind, "This cannot be done.")
        super().__init__(self.said)


class Fields(Struct, frozen=True):
    """The fields of the form, as they are typed."""

    mode: str = "enforce"
    fail_mode: str = "hold"
    held_as: str = "ham"
    hold: str = ""
    reject: str = ""
    trusted_roles: str = ""
    keep_queued: str = ""
    keep_approved: str = ""
    keep_held: str = ""
    keep_spam: str = ""
    audit_share: str = ""
    shares_training: str = ""
    warm_up: str = "0"
    hold_first_time: str = ""
    hold_links_over: str = ""
    close_after_days: str = ""
    pace_address: str = ""
    pace_author: str = ""
    trust_after: str = ""
    reputation: str = ""
    contact: str = ""
    held_in: str = "50"
    rejected_in: str = "1000"

    @classmethod
    def of(cls, settings: SiteSettings) -> Fields:
        """Return settings as the form shows them."""
        days = settings.retention
        return cls(
            mode=settings.mode, fail_mode=settings.fail_mode, held_as=settings.held_as,
            hold=_percent(settings.hold), reject=_percent(settings.reject),
            trusted_roles=", ".join(settings.trusted_roles),
            keep_queued=str(days.queued), keep_approved=str(days.approved),
            keep_held=str(days.held), keep_spam=str(days.spam),
            audit_share=_percent(settings.audit_share),
            shares_training="1" if settings.shares_training else "",
            warm_up=str(settings.warm_up), contact=settings.contact,
            hold_first_time="1" if settings.hold_first_time else "",
            reputation="1" if settings.reputation else "",
            **{name: _number(getattr(settings, name)) for name in _NUMBERS},
        )  # fmt: skip

    @classmethod
    def from_form(cls, form: Mapping[str, str]) -> Fields:
        """Return the fields of a form that was sent; what is not in it is as if empty."""
        names = cls.__struct_fields__
        return cls(**{name: form.get(name, "").replace("\0", "")[:4096] for name in names})

    def settings(self, known: SiteSettings) -> SiteSettings:
        """Return settings changed to what was typed; raises `BadField`."""
        changes: dict[str, Any] = {
            "mode": self.mode, "fail_mode": self.fail_mode, "held_as": self.held_as,
            "hold": self._share("hold", None), "reject": self._share("reject", None),
            "audit_share": self._share("audit_share", 0.0),
            "trusted_roles": tuple(
                role.strip().lower() for role in self.trusted_roles.split(",") if role.strip()
            ),
            "shares_training": bool(self.shares_training), "warm_up": self._whole("warm_up"),
            "contact": self.contact.strip(),
            "retention": Retention(
                queued=self._whole("keep_queued"), approved=self._whole("keep_approved"),
                held=self._whole("keep_held"), spam=self._whole("keep_spam"),
            ),
        }  # fmt: skip
        changes["hold_first_time"] = bool(self.hold_first_time)
        changes["reputation"] = bool(self.reputation)
        for name in _NUMBERS:
            changes[name] = self._whole(name) if getattr(self, name).strip() else None
        new = msgspec.structs.replace(known, **changes)
        chosen = (
            "mode", "fail_mode", "held_as", "hold", "reject", "audit_share", "warm_up", "contact",
        )  # fmt: skip
        for name in (*chosen, *_NUMBERS):
            self._valid(name, getattr(new, name))
        try:
            msgspec.convert(msgspec.to_builtins(new), SiteSettings)
        except msgspec.ValidationError as error:
            raise BadField("keep_queued") from error
        return new

    def shares(self) -> tuple[float, float]:
        """Return the shares of good comments that may be held, and rejected; raises `BadField`."""
        held, rejected = self._whole("held_in"), self._whole("rejected_in")
        if not 1 < held <= 1_000_000 or not 1 < rejected <= 1_000_000:
            raise BadField("held_in")
        return 1 / held, 1 / rejected

    def with_bands(self, proposal: Proposal) -> Fields:
        """Return the fields with the bands of a proposal in them."""
        bands = {"hold": proposal.hold.band, "reject": proposal.reject.band}
        return msgspec.structs.replace(self, **{n: _percent(band) for n, band in bands.items()})

    def _valid(self, name: str, value: Any) -> None:
        try:
            msgspec.convert({name: value}, SiteSettings)
        except msgspec.ValidationError as error:
            raise BadField(name) from error

    def _share(self, name: str, empty: float | None) -> float | None:
        text = getattr(self, name).strip().rstrip("%").strip().replace(",", ".")
        if not text:
            return empty
        try:
            return round(float(text) / 100, 8)
        except ValueError as error:
            raise BadField(name) from error

    def _whole(self, name: str) -> int:
        text = getattr(self, name).strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise BadField(name)
        return int(text)


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.8g}"
