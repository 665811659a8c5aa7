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
    for name, found in FORMATS.items():
        if found.is_one(head):
            return name
    raise Unreadable(
        "its format cannot be told: say which it is (--format), one of " + ", ".join(FORMATS)
    )
