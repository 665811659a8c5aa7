"""A dump of WordPress's database: its comments, with what Akismet and the trash noted of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from moderation.history import wordpress
from moderation.history.rows import (
    Article,
    Found,
    Reject,
    Unreadable,
    ms_of,
)
from moderation.history.source import Source, is_wide, not_in
from moderation.history.sqlstatements import Line, Statements

_COMMENTS = (
    "comment_ID", "comment_post_ID", "comment_author", "comment_author_email",
    "comment_author_url", "comment_author_IP", "comment_date", "comment_date_gmt",
    "comment_content", "comment_karma", "comment_approved", "comment_agent", "comment_type",
    "comment_parent", "user_id",
)  # fmt: skip
"""Columns in WordPress's own order, for dumps that do not name them."""
_META = ("meta_id", "comment_id", "meta_key", "meta_value")
_NEEDED = {
    "comments": {"comment_ID", "comment_content", "comment_approved"},
    "commentmeta": {"comment_id", "meta_key", "meta_value"},
    "posts": {"ID", "post_title", "guid"},
}
_WARNED = rb"(?:(?:mysqldump|mariadb-dump): [^\n]*+\n)*+"
"""What the program wrote into the same file as its dump, by `2>&1`."""
_BEGINS = re.compile(
    _WARNED + rb"(?:\s++|--[^\n]*+\n|\#[^\n]*+\n|/\*.*?\*/;?)*+"
    rb"(?:SET|INSERT|REPLACE|CREATE|DROP|LOCK|START|BEGIN|USE|DELIMITER)\s",
    re.I | re.S,
)
_POSTS = frozenset((b"post", b"page", b"attachment", b"product"))
_SAFE = re.compile(r"[\w$]{1,64}", re.ASCII)


def is_one(head: bytes) -> bool:
    """Say whether a file begins like one."""
    return _BEGINS.match(head) is not None


def read(source: Source) -> Iterator[Found]:
    """Yield what is found, as it stands in the dump.

    Raises:
        Unreadable: it is cut off, has no table of comments, or several of them and none was named,
        or those of several databases.
    """
    tables = _Tables(source.table)
    ending = _Ending(source.as_utf8())
    statements = Statements(
        ending.pieces(), lambda table, columns: tables.wants(statements.database, table, columns)
    )
    encoding = "utf-8" if is_wide(source.encoding(source.head())) else source.encoding(b"")
    for line in statements.rows():
        if isinstance(line, Reject):
            yield line
            continue
        try:
            yield from _found(tables.kind(line.table), line, encoding, source.now_ms)
        except UnicodeDecodeError as error:
            yield Reject(line.place, not_in(encoding, error.start))
    if ending.is_missing:
        raise Unreadable(
            f"line {statements.line}: the dump was cut off: its last lines are missing"
        )
    if not tables.has_comments:
        raise Unreadable(
            "there is no table of WordPress's comments in this dump, or no row in it: one that is "
            "called …comments, with comment_ID, comment_content and comment_approved"
        )


_ENDS = (
    # mysqldump and mariadb-dump
    (_WARNED + rb"\s*(?:/\*.*?\*/\s*)?-- (?:MySQL|MariaDB) dump", rb"-- Dump completed"),
    # Adminer
    (rb"\s*-- Adminer [^\n]* dump", rb"\n-- \d{4}-\d\d-\d\d \d\d:\d\d:\d\d[^\n]*\s*\Z"),
    # phpMyAdmin, and others that leave the server as they found it
    (rb".*?\nSTART TRANSACTION;", rb"\nCOMMIT;"),
    (rb".*?SET @OLD_CHARACTER_SET_CLIENT *=", rb"SET CHARACTER_SET_CLIENT *= *@OLD_CHARACTER_SET"),
)
"""How programs begin a dump, and what stands at the end of those that begin so."""


class _Ending:
    """Looks whether a dump has what the program that wrote it ends with."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._head = self._tail = b""

    def pieces(self) -> Iterator[bytes]:
        """Yield the dump."""
        for piece in self._pieces:
            self._head += piece[: 2000 - len(self._head)]
            self._tail = (self._tail + piece).rstrip(b"\0\x1a")[-2000:]
            yield piece

    @property
    def is_missing(self) -> bool:
        """Whether it has the beginning of one of `_ENDS` and not its end."""
        return any(
            re.match(begins, self._head, re.S) is not None and re.search(ends, self._tail) is None
            for begins, ends in _ENDS
        )


class _Tables:
    """Which tables of a dump belong to the site that is imported: those with one prefix."""

    def __init__(self, named: str) -> None:
        self._is_named = bool(named)
        self._prefix = named.removesuffix("comments") if named else None
        self._database: str | None = None
        self.has_comments = False

    def kind(self, table: str) -> str:
        """Return what a table holds: comments, commentmeta or posts; '' for others."""
        return next((kind for kind in _NEEDED if table.endswith(kind)), "")

    def wants(self, database: str, table: str, columns: Sequence[str]) -> Sequence[str] | None:
        """Return the columns of a table that is read, None for others.

        Raises:
            Unreadable: it is the comments of a second site, and none was named; or of a second
            database.
        """
        kind = self.kind(table)
        columns = columns or {"comments": _COMMENTS, "commentmeta": _META}.get(kind, ())
        if not kind or not _NEEDED[kind] <= set(columns):
            return None
        prefix = table.removesuffix(kind)
        if self._prefix is None:
            self._prefix = prefix
        elif prefix != self._prefix:
            if kind == "comments" and not self._is_named:
                self._refuse(prefix)
            return None
        if self._database is None:
            self._database = database
        elif database != self._database:
            # Two sites may well have one prefix, and the same numbers for their comments.
            if kind == "comments":
                raise Unreadable("the dump has comments of several databases: dump the one alone")
            return None
        self.has_comments = self.has_comments or kind == "comments"
        return columns

    def _refuse(self, prefix: str) -> None:
        names = [f"{found}comments" for found in (self._prefix, prefix)]
        shown = " or ".join(name for name in names if _SAFE.fullmatch(name))
        raise Unreadable(f"the dump has comments of several sites: say which (--table {shown})")


def _found(kind: str, line: Line, encoding: str, now_ms: int) -> Iterator[Found]:
    values = line.values
    if kind == "commentmeta":
        key = (values["meta_key"] or b"").decode("utf-8", "replace")
        if key in wordpress.META_KEYS:
            text = (values["meta_value"] or b"").decode(encoding, "replace")
            comment = (values["comment_id"] or b"").decode(encoding)
            said = wordpress.meta(comment, key, text, line.place, now_ms)
            if said is not None:
                yield said
    elif kind == "comments":
        # What plugins added may be no text at all.
        known = {name: values.get(name) for name in _COMMENTS}
        texts = {name: None if v is None else v.decode(encoding) for name, v in known.items()}
        yield wordpress.comment(texts, texts.get("comment_post_ID") or "", line.place, now_ms)
    elif values.get("post_type", b"post") in _POSTS:
        part = {
            name: (values.get(name) or b"")[:8192].decode(encoding, "replace")
            for name in ("ID", "guid", "post_title", "post_date_gmt")
        }
        yield Article(
            name=part["ID"],
            permalink=part["guid"],
            title=part["post_title"],
            published_ms=ms_of(part["post_date_gmt"], now_ms),
        )
