"""Lines of JSON, each a comment: as the API takes labels, or with other common names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from moderation.history.fields import row_of
from moderation.history.rows import Found, Reject, Unreadable
from moderation.history.source import LINE_ENDS, Source


def is_one(head: bytes) -> bool:
    """Say whether a file begins like one."""
    return head.startswith(b"{")


def read(source: Source) -> Iterator[Found]:
    """Yield what is found, line by line.

    Raises:
        Unreadable: the last line breaks off.
    """
    for _, found in objects(source):
        if isinstance(found, Reject):
            yield found
        else:
            yield row_of(found.values, found.place, source.now_ms)


class Line(Struct, frozen=True):
    """What a line says, and where it stands."""

    values: dict[str, Any]
    place: str


def objects(source: Source) -> Iterator[tuple[int, Line | Reject]]:
    """Yield number and object of each line that is not blank; what is none is a `Reject`.

    Raises:
        Unreadable: the last line breaks off: it is no JSON, and has no line end.
    """
    for number, line in source.lines():
        place = f"line {number}"
        if isinstance(line, Reject):
            yield number, line
        elif line.strip():
            record = decoded(line)
            if isinstance(record, dict):
                yield number, Line(record, place)
            elif record is None and not line.endswith(LINE_ENDS):
                raise Unreadable(f"{place}: the file ends within the line: it was cut off")
            else:
                yield number, Reject(place, "this is no JSON object")


def decoded(line: str) -> object:
    """Return a line's value; None for one that is no JSON."""
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
