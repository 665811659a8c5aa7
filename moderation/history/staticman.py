"""Staticman's folders: a file of YAML or JSON a comment, those merged and those removed apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from moderation.domain.verdicts import Label
from moderation.history.jsonlines import decoded
from moderation.history.rows import Found, Reject, Row, made, ms_of, str_of
from moderation.history.source import Source, files_in

FILE_BYTES = 1 << 20
_KINDS = frozenset((".yml", ".yaml", ".json"))
_LABELS: dict[str, Label | None] = {
    **dict.fromkeys(("removed", "rejected", "spam", "closed"), "spam"),
    **dict.fromkeys(("pending", "unmerged", "open"), None),
}  # fmt: skip
"""What a folder of this name holds; what lies elsewhere was merged, and so published."""


def read(source: Source) -> Iterator[Found]:
    """Yield what is found, file by file, in the order of their names."""
    root = source.path
    for path in files_in(root):
        if path.suffix.lower() not in _KINDS:
            continue
        inner = path.relative_to(root)
        place = f"file {str_of(inner)[:200]}"
        size = path.stat().st_size
        source.passed(size)
        if size > FILE_BYTES:
            yield Reject(place, f"the file is larger than {FILE_BYTES:,} bytes")
            continue
        record = _record(path)
        if isinstance(record, dict):
            yield _comment(record, inner, place, source.now_ms)
        else:
            yield Reject(place, "this is no object of YAML or JSON")


def _record(path: Path) -> object:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if path.suffix.lower() == ".json":
            return decoded(text)
        return yaml.load(text, yaml.CSafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError):
        return None


def _comment(record: Mapping[str, Any], inner: Path, place: str, now_ms: int) -> Row | Reject:
    created = ms_of(record.get("date") or record.get("timestamp"), now_ms)
    number = str_of(record.get("_id") or record.get("id"))
    email = str_of(record.get("email"))
    submission = made(
        record.get("message") or record.get("comment") or record.get("body"),
        external_id=f"staticman:{number}" if number else "",
        name=record.get("name"),
        # Most blogs keep a hash of the address instead of it.
        email=email if "@" in email else "",
        author_id="" if "@" in email else email,
        url=record.get("url") or record.get("website"),
        created_ms=created,
        parent_id=record.get("_parent") or record.get("replying_to_uid"),
        kind="comment",
    )
    if submission is None:
        return Reject(place, "the comment has no text")
    label: Label | None = "ham"
    for part in inner.parts[:-1]:
        label = _LABELS.get(part.lower(), label)
    return Row(submission, label, place, created)
