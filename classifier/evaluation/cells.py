"""Figures as cells of a table."""

from __future__ import annotations

MISSING = "–"


def number(value: float | None, digits: int = 3) -> str:
    """Return a figure with so many digits behind the point."""
    return MISSING if value is None else f"{value:.{digits}f}"


def signed(value: float | None, digits: int) -> str:
    """Return a difference with its sign."""
    return MISSING if value is None else f"{value:+.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share in percent."""
    return MISSING if value is None else f"{100 * value:.{digits}f} %"
