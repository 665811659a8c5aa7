"""Isso's database (SQLite): comments with the pages under which they stand."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from moderation.domain.comments import CONTENT_BYTES
from moderation.domain.verdicts import Label
from moderation.history.rows import Article, Found, Reject, Row, Unreadable, made, ms_of
from moderation.history.source import Source

_MAGIC = b"SQLite format 3\0"
_LABELS: dict[int, Label] = {1: "ham"}
"""`mode`: 1 is published, 2 waits, 4 was deleted while others answered it."""
_DELETED = 4
_TABLES = (
    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('comments', 'threads')"
)
_THREADS = "SELECT id, substr(uri, 1, 2048), substr(title, 1, 4096) FROM threads"
_COMMENTS = f"""
    SELECT id, tid, parent, created, mode, substr(remote_addr, 1, 64),
        substr(text, 1, {CONTENT_BYTES}), substr(author, 1, 256), substr(email, 1, 320),
        substr(website, 1, 2048), length(text)
    FROM comments
"""  # noqa: S608 - it is made of a number


def is_one(head: bytes) -> bool:
    """Say whether a file begins like one."""
    return head.startswith(_MAGIC)


def read(source: Source) -> Iterator[Found]:
    """Yield what is found, by its id.

    Raises:
        Unreadable: it is no such database, or is damaged.
    """
    if not source.is_plain:
        raise Unreadable("this is a packed database: unpack it first")
    if any(_waits(Path(f"{source.path}{ending}")) for ending in ("-wal", "-journal")):
        raise Unreadable(
            "part of the database is in a file beside it (-wal, -journal): stop Isso, or copy it "
            "with: sqlite3 comments.db '.backup copy.db'"
        )
    try:
        # Immutable: nothing is written beside it, and no other program's log is waited for.
        uri = f"{source.path.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(uri, uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            database.text_factory = lambda data: data.decode("utf-8", "replace")
            if database.execute(_TABLES).fetchone()[0] != 2:
                raise Unreadable("the database has no tables comments and threads: not Isso's")
            for number, uri, title in database.execute(_THREADS):
                yield Article(str(number), str(uri or ""), str(title or ""))
            for row in database.execute(_COMMENTS):
                source.passed(row[-1] or 0)
                yield _comment(row, source.now_ms)
    except sqlite3.Error as error:
        raise Unreadable(f"the database cannot be read on ({error.sqlite_errorname})") from error


def _waits(beside: Path) -> bool:
    """Say whether a file beside a database has what is not in it yet; one that begins with zeros is
    done with."""
    try:
        with beside.open("rb") as file:
            return any(file.read(8))
    except OSError:
        return False


def _comment(row: tuple[Any, ...], now_ms: int) -> Row | Reject:
    number, thread, parent, created, mode, address, text, author, email, website, _ = row
    place = f"comment {number}"
    created_ms = ms_of(created, now_ms)
    submission = made(
        text,
        external_id=f"isso:{number}",
        name=author,
        email=email,
        url=website,
        ip=address,
        created_ms=created_ms,
        parent_id=f"isso:{parent}" if parent else "",
        kind="comment",
    )
    if submission is None:
        gone = mode == _DELETED
        return Reject(place, "the comment was deleted" if gone else "the comment has no text")
    return Row(submission, _LABELS.get(mode), place, created_ms, str(thread))
