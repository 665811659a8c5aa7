"""Lines of JSON, each a comment: as the API takes labels, or with other common names."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from moderation.history.fields import row_of
from moderation.history.rows import Found, Reject
from moderation.history.source import Source


def is_one(head: bytes) -> bool:
    """Say whether a file begins like one."""
    return head.startswith(b"{")


def read(source: Source) -> Iterator[Found]:
    """Yield what is found, line by line."""
    for number, line in source.lines():
        place = f"line {number}"
        if isinstance(line, Reject):
            yield line
        elif line.strip():
            record = decoded(line)
            if isinstance(record, dict):
                yield row_of(record, place, source.now_ms)
            else:
                yield Reject(place, "this is no JSON object")


def decoded(line: str) -> object:
    """Return a line's value; None for one that is no JSON."""
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
