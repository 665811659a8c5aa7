"""Where a history waits in order of time: a file on the disk, however large it is.

It is there for as long as an import takes, and remembers how far that got when its process died.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import Struct

from moderation.domain.comments import Submission
from moderation.domain.verdicts import Label
from moderation.history.rows import Article, Found, Reject, Row, Said, str_of, time_at

_LAYOUT = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB);
CREATE TABLE rows (
    n INTEGER PRIMARY KEY, external_id TEXT UNIQUE, at INTEGER, label TEXT, place TEXT,
    article TEXT, submission BLOB);
CREATE TABLE articles (name TEXT PRIMARY KEY, article BLOB) WITHOUT ROWID;
CREATE TABLE said (external_id TEXT, label TEXT, at INTEGER, place TEXT, settles INTEGER);
CREATE TABLE rejects (n INTEGER PRIMARY KEY, place TEXT, reason TEXT, is_note INTEGER);
"""
_SETTLED = """
CREATE INDEX said_of ON said (external_id);
UPDATE rows SET label =
    (SELECT label FROM said WHERE said.external_id = rows.external_id AND settles)
    WHERE label IS NULL AND external_id IN (SELECT external_id FROM said WHERE settles);
INSERT INTO rejects (place, reason, is_note)
    SELECT last.place, 'what was said last of the comment contradicts its status, which counts', 1
    FROM (SELECT external_id, label, place, max(at) FROM said WHERE NOT settles
          GROUP BY external_id) AS last
    JOIN rows USING (external_id) WHERE rows.label IS NOT NULL AND rows.label <> last.label;
UPDATE rows SET at = coalesce((SELECT max(said.at) FROM said
    WHERE said.external_id = rows.external_id AND said.label = rows.label), at)
    WHERE external_id IN (SELECT external_id FROM said);
INSERT INTO rejects (place, reason, is_note)
    SELECT place, 'it is about a comment that is not there: it was deleted', 0
    FROM said WHERE external_id NOT IN (SELECT external_id FROM rows)
    GROUP BY external_id ORDER BY min(rowid);
CREATE INDEX in_order ON rows (at, n) WHERE label IS NOT NULL;
"""
_NEXT = """
SELECT rows.n, at, label, place, submission, articles.article
FROM rows LEFT JOIN articles ON articles.name = rows.article
WHERE label IS NOT NULL AND (at, n) > (?, ?) ORDER BY at, n LIMIT ?
"""
_CHOSEN = """
SELECT rows.n, at, label, place, submission, articles.article
FROM rows LEFT JOIN articles ON articles.name = rows.article
WHERE rows.n IN (
    SELECT n FROM (SELECT n, row_number() OVER (ORDER BY at, n) - 1 AS i
                   FROM rows WHERE label IS NOT NULL) WHERE i % ? = 0 LIMIT ?)
ORDER BY at, rows.n
"""
_REASONS = """
SELECT reason, count(*) FROM (
    SELECT CASE
        WHEN reason LIKE 'it is the same comment%' THEN 'it is the same comment as another'
        WHEN reason LIKE 'it contradicts%' THEN 'it contradicts another, which counts'
        WHEN reason LIKE 'byte %' THEN 'a byte' || substr(reason, instr(reason, ' is no '))
        ELSE reason END AS reason
    FROM rejects WHERE is_note = ?)
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 50
"""
"""Reasons with their numbers; what differs in a place alone is one reason."""
_COMMIT_EVERY = 5000

_submission = msgspec.msgpack.Decoder(Submission).decode
_article = msgspec.msgpack.Decoder(Article).decode
_pack = msgspec.msgpack.encode


class Staged(Struct, frozen=True):
    """A labelled comment that waits for its turn; `at_ms` is when it was decided."""

    n: int
    at_ms: int
    label: Label
    place: str
    submission: Submission


class Staging:
    """The waiting room of one import, held by one process at a time."""

    def __init__(self, path: Path, lock: int) -> None:
        self._path, self._lock = path, lock
        self._waiting = 0
        self._last: int | None = None
        try:
            self._database = self._connect()
            self._database.execute("SELECT 1 FROM facts WHERE name = 'whole'").fetchone()
        except sqlite3.Error:
            self.clear()

    @classmethod
    def take(cls, path: Path) -> Self | None:
        """Return the one at a path, None while another process of this machine holds it."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Who held it may have taken the file away meanwhile.
            is_there = os.fstat(lock).st_ino == path.with_suffix(".lock").stat().st_ino
        except OSError:
            is_there = False
        if not is_there:
            os.close(lock)
            return None
        return cls(path, lock)

    def _connect(self) -> sqlite3.Connection:
        self._path.touch(mode=0o600)
        database = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        # What a killed process wrote is in the file all the same, and a lost file is read anew.
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("PRAGMA cache_size = -16384")
        return database

    def clear(self) -> None:
        """Begin anew."""
        with contextlib.suppress(AttributeError, sqlite3.Error):
            self._database.close()
        self._unlink()
        self._waiting, self._last = 0, None
        self._database = self._connect()
        self._database.executescript(_LAYOUT)

    def close(self, *, remove: bool = False) -> None:
        """Let go of it, for good with `remove`."""
        self._database.close()
        if remove:
            self._unlink()
            self._path.with_suffix(".lock").unlink(missing_ok=True)
        os.close(self._lock)

    def _unlink(self) -> None:
        for ending in ("", "-wal", "-shm"):
            Path(f"{self._path}{ending}").unlink(missing_ok=True)

    def fact(self, name: str) -> Any:
        """Return what was noted under a name, None where nothing was."""
        found = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if found is None else msgspec.msgpack.decode(found[0])

    def note(self, **facts: Any) -> None:
        """Note facts, in one step."""
        self._commit()
        pairs = [(name, _pack(value)) for name, value in facts.items()]
        self._database.execute("BEGIN")
        self._database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", pairs)
        self._database.execute("COMMIT")

    def add(self, found: Found) -> None:
        """Take in what was read; call `settle` when that is all."""
        run = self._database.execute
        if not self._waiting:
            run("BEGIN")
        self._waiting += 1
        if isinstance(found, Row):
            self._add_row(found)
        elif isinstance(found, Reject):
            self._reject(found.place, found.reason)
        elif isinstance(found, Said):
            run(
                "INSERT INTO said VALUES (?, ?, ?, ?, ?)",
                (found.external_id, found.label, found.at_ms, found.place, found.settles),
            )
        else:
            self._add_article(found)
        if self._waiting == _COMMIT_EVERY:
            self._commit()

    def _commit(self) -> None:
        if self._waiting:
            self._database.execute("COMMIT")
            self._waiting = 0

    def _reject(self, place: str, reason: str, is_note: bool = False) -> None:
        self._database.execute(
            "INSERT INTO rejects (place, reason, is_note) VALUES (?, ?, ?)",
            (place, reason, is_note),
        )

    def _add_article(self, found: Article) -> None:
        article = msgspec.structs.replace(
            found, permalink=str_of(found.permalink)[:2048], title=str_of(found.title)[:512]
        )
        self._database.execute(
            "INSERT OR REPLACE INTO articles VALUES (?, ?)", (found.name, _pack(article))
        )

    def _add_row(self, row: Row) -> None:
        if row.note:
            self._reject(row.place, row.note, is_note=True)
        # What has no time of its own stays where it stands in the file.
        at = self._last = self._last if row.decided_ms is None else row.decided_ms
        values = (
            row.submission.external_id, at, row.label, row.place, row.article,
            _pack(row.submission),
        )  # fmt: skip
        added = self._database.execute(
            "INSERT INTO rows (external_id, at, label, place, article, submission) "
            "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            values,
        )
        if not added.rowcount:
            self._settle_between(row, at, values)

    def _settle_between(self, row: Row, at: int | None, values: tuple[Any, ...]) -> None:
        """Keep one of two rows of the same comment: the labelled one, the one decided later."""
        label, before, place = self._database.execute(
            "SELECT label, at, place FROM rows WHERE external_id = ?", values[:1]
        ).fetchone()
        is_contradiction = row.label is not None and label is not None and row.label != label
        is_newer = (before or 0) <= (at or 0) if is_contradiction else label is None
        loser, winner = (place, row.place) if is_newer and row.label else (row.place, place)
        if loser == place:
            self._database.execute(
                "UPDATE rows SET at = ?, label = ?, place = ?, article = ?, submission = ? "
                "WHERE external_id = ?",
                (*values[1:], values[0]),
            )
        if is_contradiction:
            self._reject(loser, f"it contradicts {winner}, which was decided later and counts")
        else:
            self._reject(loser, f"it is the same comment as {winner}")

    def settle(self, now_ms: int) -> None:
        """End the reading: what was said elsewhere of a comment counts, and all is in order."""
        run = self._database.execute
        self._commit()
        run("BEGIN")
        run("UPDATE rows SET at = ? WHERE at IS NULL", (now_ms,))
        for statement in _SETTLED.split(";"):
            run(statement)
        run("INSERT OR REPLACE INTO facts VALUES ('whole', ?)", (_pack(True),))
        run("COMMIT")

    def free_bytes(self) -> int:
        """Return how much of its disk is free."""
        return shutil.disk_usage(self._path.parent).free

    def counts(self) -> dict[str, Any]:
        """Return how many rows there are of each kind, from when to when, and what was rejected."""
        run = self._database.execute
        labels = dict(run("SELECT coalesce(label, ''), count(*) FROM rows GROUP BY 1").fetchall())
        first, last = run("SELECT min(at), max(at) FROM rows WHERE label IS NOT NULL").fetchone()
        reasons, notes = (dict(run(_REASONS, (is_note,)).fetchall()) for is_note in (False, True))
        return {
            "spam": labels.get("spam", 0),
            "ham": labels.get("ham", 0),
            "unlabelled": labels.get("", 0),
            "rejected": run("SELECT count(*) FROM rejects WHERE NOT is_note").fetchone()[0],
            "reasons": reasons,
            "notes": notes,
            "from": time_at(first).isoformat() if first is not None else None,
            "to": time_at(last).isoformat() if last is not None else None,
        }

    def rejects(self, most: int = -1) -> Iterator[tuple[str, str]]:
        """Yield place and reason of what is not imported, or not as it stands there."""
        yield from self._database.execute(
            "SELECT place, reason FROM rejects ORDER BY n LIMIT ?", (most,)
        )

    def next(self, after: tuple[int, int], most: int) -> list[Staged]:
        """Return the labelled comments that follow a place in time, oldest first."""
        rows: Iterable[tuple[Any, ...]] = self._database.execute(_NEXT, (*after, most))
        return [
            Staged(n, at, label, place, _under(_submission(data), article))
            for n, at, label, place, data, article in rows
        ]

    def examples(self, most: int) -> list[Staged]:
        """Return some of the labelled comments, spread over the time."""
        total = self._database.execute(
            "SELECT count(*) FROM rows WHERE label IS NOT NULL"
        ).fetchone()[0]
        step = max(1, total // most)
        # The numbers alone are in the index; what is told of the rows is read for these few.
        found = self._database.execute(_CHOSEN, (step, most))
        return [
            Staged(n, at, label, place, _under(_submission(data), article))
            for n, at, label, place, data, article in found
        ]


def _under(submission: Submission, article: bytes | None) -> Submission:
    """Return a comment with what is known of the page under which it stands."""
    if article is None:
        return submission
    page = _article(article)
    return msgspec.structs.replace(
        submission,
        permalink=submission.permalink or page.permalink,
        context=[page.title] if page.title.strip() else [],
        article_published_at=None if page.published_ms is None else time_at(page.published_ms),
    )
