"""Remark42's backup: lines of JSON, what concerns all of them first, then a comment a line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from moderation.domain.verdicts import Label
from moderation.history.jsonlines import objects
from moderation.history.rows import Found, Reject, Row, made, ms_of
from moderation.history.source import Source


def is_one(head: bytes) -> bool:
    """Say whether a file begins like one."""
    first = head.partition(b"\n")[0].strip()
    return first.startswith(b'{"version":') and b'"users":' in first and b'"comments"' not in first


def read(source: Source) -> Iterator[Found]:
    """Yield what is found, line by line.

    Raises:
        Unreadable: the last line breaks off.
    """
    for number, found in objects(source):
        if isinstance(found, Reject):
            yield found
        elif number > 1:
            yield _comment(found.values, found.place, source.now_ms)


def _comment(record: Mapping[str, Any], place: str, now_ms: int) -> Row | Reject:
    user, locator = _object(record, "user"), _object(record, "locator")
    created = ms_of(record.get("time"), now_ms)
    number, parent = record.get("id"), record.get("pid")
    submission = made(
        record.get("orig") or record.get("text"),
        external_id=f"remark42:{number}" if number else "",
        name=user.get("name"),
        author_id=user.get("id"),
        created_ms=created,
        permalink=locator.get("url"),
        parent_id=f"remark42:{parent}" if parent else "",
        kind="comment",
    )
    if record.get("delete") is True:
        return Reject(place, "the comment was deleted")
    if submission is None:
        return Reject(place, "the comment has no text")
    # Who blocks a person says nothing of what that one wrote before.
    label: Label | None = None if user.get("block") is True else "ham"
    return Row(submission, label, place, created)


def _object(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = record.get(name)
    return found if isinstance(found, Mapping) else {}
