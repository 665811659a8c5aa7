"""CSV with a line of names first, with any of the usual separators."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from moderation.history import dates
from moderation.history.fields import has_content, is_time, row_of, says_label
from moderation.history.rows import Found, Reject, Row, Unreadable
from moderation.history.source import LINE_ENDS, Source

COLUMNS = 1000
FIELD_CHARACTERS = 1 << 20
_SEPARATORS = ",;\t|"
_SIGNS_A_LINE = 100_000
"""A line with more separators is not taken apart: one field of text has fewer."""

_CUT = "the file was cut off, or a quote in it has no end"

_SAYS_SEPARATOR = re.compile(r"sep=(.)\r?\n", re.I)
"""The first line of a file that says to a spreadsheet how it is to be read."""

RowOf = Callable[[Mapping[str, Any], str, int], Row | Reject]


def names_in(head: bytes) -> list[str]:
    """Return the names of the columns of a file that begins like this."""
    separator, first = _first_line(head)
    if is_too_wide(head):
        return []
    try:
        return _names(next(csv.reader([first], delimiter=separator), []))
    except csv.Error:
        return []


def is_too_wide(head: bytes) -> bool:
    """Say whether the first line of a file that begins like this has too many columns."""
    return max(map(_first_line(head)[1].count, _SEPARATORS)) >= COLUMNS


def _first_line(head: bytes) -> tuple[str, str]:
    """Return the separator and the line of names of a file that begins like this."""
    text = head.decode("utf-8", "replace")
    said = said_separator(text)
    if said:
        text = text.partition("\n")[2]
    line = text.partition("\n")[0]
    return said or separator_of(line), line


def said_separator(text: str) -> str:
    """Return the separator that a first line names which does nothing else, '' where none does."""
    found = _SAYS_SEPARATOR.match(text)
    return found.group(1) if found and found.group(1) in _SEPARATORS else ""


def separator_of(line: str) -> str:
    """Return the sign between columns: the one that stands there most often."""
    return max(_SEPARATORS, key=line.count)


def is_table(head: bytes) -> bool:
    """Say whether a file begins with a line of several columns, whatever they are called."""
    return len(names_in(head)) > 1


def is_one(head: bytes) -> bool:
    """Say whether a file begins like one."""
    return has_content(names_in(head))


def read(source: Source, of: RowOf | None = None) -> Iterator[Found]:
    """Yield what is found, row by row; `of` makes a comment of one, if not by columns of any name.

    Raises:
        Unreadable: the first line names no column with the text of a comment, none with its label,
        or far too many; the last row breaks off.
    """
    csv.field_size_limit(FIELD_CHARACTERS)
    # The beginning is read before the whole: what was opened last says how far the reading is.
    by_name = partial(row_of, day_first=_day_first(source.beginning()))
    lines = _Lines(source)
    names, separator = lines.header()
    if of is None and not has_content(names):
        raise Unreadable(
            "line 1: no column has the text: one called content, text, comment or body"
        )
    if of is None and not says_label(names):
        raise Unreadable("line 1: no column says what is spam: one called label, spam or status")
    made = of or by_name
    rows = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        lines.begin()
        try:
            values = next(rows)
        except StopIteration:
            yield from lines.rejects()
            return
        except Unreadable:
            yield from lines.rejects()
            raise
        except csv.Error:
            yield from lines.rejects()
            if lines.is_over:
                raise Unreadable(f"{lines.place}: its quotes do not close: {_CUT}") from None
            why = "its quotes do not close, or a field is far too long"
            yield Reject(lines.places, why)
            continue
        yield from lines.rejects()
        if not values:
            continue
        if len(values) < len(names) and lines.is_cut:
            raise Unreadable(f"{lines.place}: the file ends within the row: it was cut off")
        if len(values) != len(names):
            why = f"it has {len(values):,} columns, the first line {len(names):,}"
            yield Reject(lines.place, why)
        else:
            yield made(dict(zip(names, values, strict=True)), lines.place, source.now_ms)


def _day_first(head: bytes) -> bool | None:
    """Return whether days come before months in a file that begins like this."""
    separator, names = _first_line(head)[0], names_in(head)
    lines = head.decode("utf-8", "replace").splitlines(keepends=True)
    found: list[str] = []
    try:
        for values in csv.reader(lines, delimiter=separator):
            found += (value for name, value in zip(names, values, strict=False) if is_time(name))
    except csv.Error:
        pass  # What stands there before has been looked at.
    return dates.day_first(found)


class _Lines:
    """Hands the lines to the reader of CSV, and keeps those that cannot be read.

    `is_over`: there are no more. `is_cut`: the last that was read has no line end.
    """

    def __init__(self, source: Source) -> None:
        self._lines = source.lines()
        self._separator = ","
        self._rejects: deque[Reject] = deque()
        self._number = 0
        self.place = "line 1"
        self.is_over = self.is_cut = False

    def header(self) -> tuple[list[str], str]:
        for number, line in self._lines:
            if isinstance(line, Reject):
                raise Unreadable(f"{line.place}: {line.reason}")
            if number == 1 and (said := said_separator(line)):
                self._separator = said
                continue
            self._number = number
            if number == 1:
                self._separator = separator_of(line)
            separator = self._separator
            if line.count(separator) >= COLUMNS:
                raise Unreadable(f"line {number}: it has more than {COLUMNS:,} columns")
            try:
                return _names(next(csv.reader([line], delimiter=separator))), separator
            except (csv.Error, StopIteration):
                raise Unreadable(f"line {number}: it names no columns") from None
        raise Unreadable("the file is empty")

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        for number, line in self._lines:
            self._number = number
            self.is_cut = isinstance(line, str) and not line.endswith(LINE_ENDS)
            if not self.place:
                self.place = f"line {number}"
            if isinstance(line, Reject):
                self._rejects.append(line)
            elif line.count(self._separator) > _SIGNS_A_LINE:
                why = f"it has {line.count(self._separator) + 1:,} columns"
                self._rejects.append(Reject(f"line {number}", why))
            else:
                return line
        self.is_over = True
        raise StopIteration

    @property
    def places(self) -> str:
        """The lines that were read since `begin`."""
        first = self.place.removeprefix("line ")
        return self.place if first == f"{self._number}" else f"lines {first} to {self._number}"

    def begin(self) -> None:
        """Begin a row: its place is that of the line that comes next."""
        self.place = ""

    def rejects(self) -> Iterator[Reject]:
        """Yield the lines that could not be read since."""
        while self._rejects:
            yield self._rejects.popleft()


def _names(header: list[str]) -> list[str]:
    return [name.strip().lower() for name in header]
