"""What a comment is noted under besides itself: keyed hashes of its authors, and its likeness."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from classifier import marks_of
from moderation.domain.comments import Comment, Submission
from moderation.flow.rows import personal_hash
from moderation.store import authors
from moderation.store.comments.deletions import Marks


def author_mark(secret: bytes, submission: Submission, now: int) -> bytes:
    """Return the mark of a comment's author: what is known of an e-mail address, of an id and of an
    IP address is kept under a keyed hash of each."""
    author = submission.author
    people = [
        authors.who(found)
        for kind, value in (("email", author.email), ("author", author.id), ("ip", author.ip))
        if (found := personal_hash(secret, kind, value))
    ]
    if not people:
        return b""
    written = submission.created_at
    at = now if written is None else min(now, max(0, round(written.timestamp() * 1000)))
    name = zlib.crc32(author.name.casefold().encode("utf-8", "replace")) & 255
    return authors.pack_mark(at, name, bool(author.ip.strip()), people)


def likeness(submission: Submission) -> bytes:
    """Return the mark by which comments like this one are found."""
    return likenesses([submission])[0]


def likenesses(submissions: Sequence[Submission]) -> list[bytes]:
    """Return the mark of each comment by which those like it are found."""
    return marks_of([submission.content for submission in submissions]) if submissions else []


def marks_of_comment(secret: bytes, comment: Comment, now: int) -> Marks:
    """Return the marks of a stored comment: of its authors, and of what is like it.

    What could not be scored is not read for its likeness either.
    """
    verdict = comment.verdict
    alike = likeness(comment.submission) if verdict and verdict.score is not None else b""
    return author_mark(secret, comment.submission, now), alike
