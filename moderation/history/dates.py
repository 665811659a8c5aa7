"""Dates as spreadsheets and people write them: 31.12.2009, 12/31/2009 2:05 PM, 40178.5."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable

_WRITTEN = re.compile(
    r"(\d{1,4})([./-])\s?(\d{1,2})\2\s?(\d{1,4})"
    r"(?:,?\s+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?\s?([AP]M)?)?",
    re.I | re.ASCII,
)
_FIRST_DAY, _LAST_DAY = 32_874, 73_050
"""1990 to 2099 in days since 1900, as spreadsheets count: as seconds since 1970 none of it is a
time that can be believed."""
_DAY_ZERO = dt.datetime(1899, 12, 30, tzinfo=dt.UTC)
_CENTURY = 90
"""A year in two digits is of the last century from this one on."""


def day_first(values: Iterable[str]) -> bool | None:
    """Return whether days come before months where both are numbers between slashes or hyphens,
    by the dates of a file in which one is no month; None where they do not say, or contradict."""
    said = set()
    for value in values:
        found = _WRITTEN.fullmatch(value.strip())
        if found is None or found.group(2) == "." or len(found.group(1)) > 2:
            continue
        if int(found.group(1)) > 12:
            said.add(True)
        if int(found.group(3)) > 12:
            said.add(False)
    return said.pop() if len(said) == 1 else None


def of_days(number: float) -> dt.datetime | None:
    """Return the time that a spreadsheet keeps as a number of days; None where it is none."""
    if not _FIRST_DAY <= number < _LAST_DAY:
        return None
    return _DAY_ZERO + dt.timedelta(seconds=round(number * 86_400))


def written(text: str, is_day_first: bool | None) -> dt.datetime:
    """Return a time that is written in numbers; it says no zone, and is taken for UTC.

    Between dots the day comes first everywhere, else where `is_day_first` says so.

    Raises:
        ValueError: it is none, or may be read in two ways.
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError("this is no date")
    first, sign, second, third, hour, minute, seconds, half = found.groups()
    if len(first) == 4:
        year, month, day = first, second, third
    elif sign == "." or is_day_first:
        day, month, year = first, second, third
    elif is_day_first is None:
        raise ValueError("which number is the month cannot be told")
    else:
        month, day, year = first, second, third
    hours = int(hour or 0)
    if half:
        if not 1 <= hours <= 12:
            raise ValueError("there is no such hour")
        hours = hours % 12 + (12 if half.upper() == "PM" else 0)
    clock = hours, int(minute or 0), int(seconds or 0)
    return dt.datetime(_year(year), int(month), int(day), *clock, tzinfo=dt.UTC)


def _year(digits: str) -> int:
    if len(digits) not in (2, 4):
        raise ValueError("a year has two digits or four")
    year = int(digits)
    return year if len(digits) == 4 else year + (1900 if year >= _CENTURY else 2000)
