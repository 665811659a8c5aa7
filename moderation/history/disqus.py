"""Disqus's export: XML with threads first and the posts of all of them after."""

from __future__ import annotations

from collections.abc import Iterator

from moderation.domain.verdicts import Label
from moderation.history.elements import Record, records
from moderation.history.rows import Article, Found, Reject, Row, made, ms_of
from moderation.history.source import Source


def is_one(head: bytes) -> bool:
    """Say whether a file begins like one."""
    return head.startswith(b"<") and b"<disqus" in head


def read(source: Source) -> Iterator[Found]:
    """Yield what is found, as it stands in the file."""
    # A thread within a post only names it.
    for record in records(source, "disqus", ("thread", "post")):
        if record.tag == "post":
            yield _post(record, source.now_ms)
        elif record.around is None:
            yield Article(
                name=record.attributes.get("dsq:id", ""),
                permalink=record["link"] or record["id"],
                title=record["title"],
                published_ms=ms_of(record["createdAt"], source.now_ms),
            )
        else:
            record.around.fields["thread@dsq:id"] = record.attributes.get("dsq:id", "")


def _post(post: Record, now_ms: int) -> Row | Reject:
    place = f"line {post.line}"
    created = ms_of(post["createdAt"], now_ms)
    number, parent = post.attributes.get("dsq:id", ""), post["parent@dsq:id"]
    is_deleted = post["isDeleted"].lower() == "true"
    submission = made(
        post["message"],
        external_id=f"disqus:{number}" if number else "",
        name=post["author/name"],
        email=post["author/email"],
        url=post["author/link"],
        ip=post["ipAddress"],
        author_id=post["author/username"],
        created_ms=created,
        parent_id=f"disqus:{parent}" if parent else "",
        kind="comment",
    )
    if submission is None:
        return Reject(place, "the comment was deleted" if is_deleted else "the comment has no text")
    return Row(submission, _label(post, is_deleted), place, created, post["thread@dsq:id"])


def _label(post: Record, is_deleted: bool) -> Label | None:
    """Return what became of a post: who deletes one need not have taken it for spam."""
    if post["isSpam"].lower() == "true":
        return "spam"
    if is_deleted or post["isApproved"].lower() == "false":
        return None
    return "ham"
