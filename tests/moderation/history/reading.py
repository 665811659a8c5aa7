"""What tests need to read a history and to look at what came of it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from moderation.history.formats import FORMATS, detect
from moderation.history.rows import Found, Reject, Row, Unreadable
from moderation.history.source import Source

NOW = int(time.time() * 1000)


def source(path: Path, data: str | bytes | None = None, **options: str) -> Source:
    if data is not None:
        path.write_bytes(data.encode() if isinstance(data, str) else data)
    return Source(path, now_ms=NOW, **options)


def found(path: Path, data: str | bytes | None = None, **options: str) -> tuple[str, list[Found]]:
    """Return the format of a file and all that is read of it."""
    opened = source(path, data, **options)
    name = detect(opened)
    return name, list(FORMATS[name].read(opened))


def rows(items: list[Found]) -> dict[str, Row]:
    return {item.submission.external_id: item for item in items if isinstance(item, Row)}


def rejects(items: list[Found]) -> list[tuple[str, str]]:
    return [(item.place, item.reason) for item in items if isinstance(item, Reject)]


def refused(path: Path, data: str | bytes | None = None, **options: str) -> str:
    """Return why a file is refused."""
    with pytest.raises(Unreadable) as error:
        found(path, data, **options)
    return str(error.value)
