"""What the site keeps of its own: its comments, in SQLite. Yours has a table like it already."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from winnow import Word

KEPT = 1000
SHOWN = 100

_TABLE = """
CREATE TABLE IF NOT EXISTS comments (
    id TEXT PRIMARY KEY,      -- ours, and Winnow's external_id
    visitor TEXT NOT NULL,    -- who wrote it, by a cookie: they see what becomes of it
    name TEXT NOT NULL,
    content TEXT NOT NULL,
    written REAL NOT NULL,    -- seconds since 1970
    shown_as TEXT NOT NULL,   -- published, awaiting or refused
    as_of REAL NOT NULL,      -- as of when Winnow says so; 0 while it has not answered
    sent TEXT NOT NULL        -- what Winnow is asked, to ask again; '' once it has answered
)
"""


class Comments:
    """The comments of the one article."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "comments.sqlite"
        self._lock = threading.Lock()
        with self._open() as database:
            database.execute(_TABLE)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            database = sqlite3.connect(self._path)
            database.row_factory = sqlite3.Row
            try:
                with database:
                    yield database
            finally:
                database.close()

    def add(self, visitor: str, name: str, content: str, sent: dict[str, Any]) -> str:
        """Keep a comment before Winnow is asked, awaiting a moderator, and return its id."""
        made = str(uuid.uuid4())
        sent = {**sent, "external_id": made}
        row = (made, visitor, name, content, time.time(), "awaiting", 0.0, json.dumps(sent))
        with self._open() as database:
            database.execute("INSERT INTO comments VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
            database.execute(
                "DELETE FROM comments WHERE id NOT IN"
                " (SELECT id FROM comments ORDER BY written DESC LIMIT ?)",
                (KEPT,),
            )
        return made

    def hear(self, word: Word) -> None:
        """Take up what Winnow says, unless something newer is known already.

        An answer may be overtaken by a webhook, and a webhook may come twice.
        """
        with self._open() as database:
            database.execute(
                "UPDATE comments SET shown_as = ?, as_of = ?, sent = ''"
                " WHERE id = ? AND as_of <= ?",
                (word.shown_as, word.at, word.external_id, word.at),
            )

    def unanswered(self, most: int) -> list[dict[str, Any]]:
        """Return what Winnow could not be asked yet, the oldest first."""
        with self._open() as database:
            found = database.execute(
                "SELECT sent FROM comments WHERE sent != '' ORDER BY written LIMIT ?", (most,)
            )
            return [json.loads(row["sent"]) for row in found]

    def seen_by(self, visitor: str) -> list[sqlite3.Row]:
        """Return what a visitor sees: what is published, and what becomes of their own."""
        with self._open() as database:
            found = database.execute(
                "SELECT * FROM comments WHERE shown_as = 'published' OR visitor = ?"
                " ORDER BY written DESC LIMIT ?",
                (visitor, SHOWN),
            ).fetchall()
        return found[::-1]
