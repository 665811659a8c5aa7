"""How measured figures are written, for the screens of models and of health."""

from __future__ import annotations

from babel.core import Locale
from babel.numbers import format_decimal
from flask import Flask

from moderation.console.language import _, language
from moderation.domain.reports import Interval

_NARROW = "\u202f"
_MINUS = "\u2212"


def register(app: Flask) -> None:
    """Let templates write them."""
    app.jinja_env.filters.update(
        decimal=decimal, changed=changed, size=size, lasting=lasting, between=between
    )


def decimal(value: float, digits: int = 1) -> str:
    """Return a number with so many decimals at most, in the reader's language."""
    return format_decimal(round(value, digits), locale=Locale.parse(language()))


def changed(value: float, digits: int = 1) -> str:
    """Return a difference with its sign, a real minus; 0 where it rounds to nothing."""
    rounded = round(value, digits)
    sign = "+" if rounded > 0 else _MINUS if rounded < 0 else ""
    return f"{sign}{decimal(abs(rounded), digits)}"


def between(interval: Interval, digits: int = 1) -> str:
    """Return the bounds of an interval."""
    return _("%(low)s to %(high)s") % {
        "low": decimal(interval.low, digits),
        "high": decimal(interval.high, digits),
    }


def size(count: int) -> str:
    """Return a number of bytes in the largest unit that leaves a whole number or one decimal."""
    value, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 1024:
            break
        value, unit = value / 1024, larger
    return f"{decimal(value, 0 if value >= 100 or unit == 'B' else 1)}{_NARROW}{unit}"


def lasting(seconds: float) -> str:
    """Return for how long something lasted, or lasts, in its largest unit."""
    if seconds < 10:
        return _("%(n)s s") % {"n": decimal(seconds, 1)}
    if seconds < 120:
        return _("%(n)s s") % {"n": decimal(seconds, 0)}
    minutes = int(seconds // 60)
    if minutes < 120:
        return _("%(n)s min") % {"n": minutes}
    hours = minutes // 60
    if hours < 48:
        return _("%(n)s h") % {"n": hours}
    return _("%(n)s d") % {"n": hours // 24}
