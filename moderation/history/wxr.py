"""WordPress's own export (WXR: RSS with elements of `wp:`), with what Akismet noted of comments."""

from __future__ import annotations

from collections.abc import Iterator

from moderation.history import wordpress
from moderation.history.elements import Record, records
from moderation.history.rows import Article, Found, ms_of
from moderation.history.source import Source


def is_one(head: bytes) -> bool:
    """Say whether a file begins like one."""
    return head.startswith(b"<") and b"<rss" in head and b"wordpress.org/export/" in head


def read(source: Source) -> Iterator[Found]:
    """Yield what is found, as it stands in the file."""
    item: Record | None = None
    for record in records(source, "rss", ("item", "wp:comment"), ("wp:commentmeta",)):
        if record.tag != "wp:comment":
            continue
        around = record.around
        if around is not None and around is not item:
            item = around
            yield _article(around, source.now_ms)
        yield from _comment(record, _name(around), source.now_ms)


def _name(item: Record | None) -> str:
    return "" if item is None else f"line {item.line}"


def _article(item: Record, now_ms: int) -> Article:
    return Article(
        name=_name(item),
        permalink=item["link"] or item["guid"],
        title=item["title"],
        published_ms=ms_of(item["wp:post_date_gmt"], now_ms),
    )


_FIELDS = {
    "comment_ID": "id", "comment_author": "author", "comment_author_email": "author_email",
    "comment_author_url": "author_url", "comment_author_IP": "author_IP", "comment_date": "date",
    "comment_date_gmt": "date_gmt", "comment_content": "content", "comment_approved": "approved",
    "comment_type": "type", "comment_parent": "parent", "user_id": "user_id",
}  # fmt: skip


def _comment(record: Record, article: str, now_ms: int) -> Iterator[Found]:
    place = f"line {record.line}"
    values: dict[str, str | None] = {
        column: record[f"wp:comment_{name}"] for column, name in _FIELDS.items()
    }
    yield wordpress.comment(values, article, place, now_ms)
    for meta in record.within:
        found = wordpress.meta(
            values["comment_ID"], meta["wp:meta_key"], meta["wp:meta_value"],
            f"line {meta.line}", now_ms,
        )  # fmt: skip
        if found is not None:
            yield found
