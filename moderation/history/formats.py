"""Which format a history has, and what reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from msgspec import Struct

from moderation.history import (
    commento,
    discourse,
    disqus,
    isso,
    jsonlines,
    remark42,
    spreadsheet,
    sqldump,
    staticman,
    wxr,
)
from moderation.history.rows import Found, Unreadable
from moderation.history.source import Source


class Format(Struct, frozen=True):
    """A format: what people call it, what its beginning looks like, what reads it."""

    title: str
    is_one: Callable[[bytes], bool]
    read: Callable[[Source], Iterator[Found]]


FORMATS: dict[str, Format] = {
    "isso": Format("Isso (SQLite)", isso.is_one, isso.read),
    "wxr": Format("WordPress export (WXR)", wxr.is_one, wxr.read),
    "disqus": Format("Disqus export (XML)", disqus.is_one, disqus.read),
    "remark42": Format("Remark42 backup", remark42.is_one, remark42.read),
    "commento": Format("Commento or Comentario export", commento.is_one, commento.read),
    "sql": Format("WordPress database dump (SQL)", sqldump.is_one, sqldump.read),
    "jsonl": Format("lines of JSON", jsonlines.is_one, jsonlines.read),
    "discourse": Format("Discourse review export (CSV)", discourse.is_one, discourse.read),
    "csv": Format("CSV", spreadsheet.is_one, spreadsheet.read),
    "staticman": Format("Staticman folder", lambda head: False, staticman.read),
}
"""The formats, in the order in which a file is tried for them; a folder is Staticman's."""


_PACKED = {
    b"PK\x03\x04": "a ZIP archive", b"BZh": "packed with bzip2", b"\xfd7zXZ\0": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd", b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive", b"\x1f\x8b": "packed with gzip twice",
}  # fmt: skip
"""How files begin that have to be unpacked before."""


def detect(source: Source) -> str:
    """Return the name of a file's format.

    Raises:
        Unreadable: it cannot be told, or the file cannot be read.
    """
    if source.path.is_dir():
        return "staticman"
    head = source.beginning()
    if not head:
        raise Unreadable("the file is empty")
    for mark, what in _PACKED.items():
        if head.startswith(mark):
            raise Unreadable(f"this is {what}: unpack it first, or pack it with gzip once")
    for name, found in FORMATS.items():
        if found.is_one(head):
            return name
    raise Unreadable(f"its format cannot be told: {_looks(head)}")


def _looks(head: bytes) -> str:
    """Return what a file may be that has none of the formats, and what helps."""
    if b"\0" in head:
        return "it is no text; one of UTF-16 needs its mark, or --encoding utf-16-le"
    if head.startswith(b"["):
        return "it is one list of JSON; write one comment a line, without brackets"
    if spreadsheet.is_too_wide(head):
        return f"its first line has more than {spreadsheet.COLUMNS:,} columns"
    if b"\r" in head and b"\n" not in head:
        return "its lines end with CR alone; write them with LF at the end"
    if spreadsheet.is_table(head):
        return "a table needs a column called content and one called label in its first line"
    return "say which it is (--format), one of " + ", ".join(FORMATS)
