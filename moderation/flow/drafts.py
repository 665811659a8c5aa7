"""A comment as it is first written: what its site gets to see of it, and what the store takes."""

from __future__ import annotations

from moderation.domain.comments import Comment, Status, Submission
from moderation.domain.verdicts import Verdict
from moderation.flow.marks import author_mark, likeness
from moderation.flow.runtime import Runtime
from moderation.store import codec
from moderation.store.comments import accepting
from moderation.store.comments.deletions import Marks


def fresh_comment(
    site: str,
    submission: Submission,
    verdict: Verdict | None,
    status: Status,
    raw_id: bytes | None = None,
) -> Comment:
    """Return a comment as it stands when it was first written, under this or a new id."""
    raw = raw_id or codec.new_id()
    made = codec.id_ms(raw)
    return Comment(
        id=codec.id_text(raw),
        site=site,
        revision=1,
        status=status,
        submission=submission,
        verdict=verdict,
        created_ms=made,
        updated_ms=made,
    )


def write_of(
    runtime: Runtime,
    raw_id: bytes,
    submission: Submission,
    verdict: Verdict | None = None,
    status: Status = "queued",
) -> accepting.Write:
    """Return how a comment is handed to the store, by a site that asks nothing of its author.

    Only what was scored is read for its likeness: what could not be may be what ends processes.
    """
    author = alike = b""
    if verdict is not None:
        author = author_mark(runtime.secret, submission, codec.id_ms(raw_id))
        if verdict.score is not None and status == "held":
            alike = likeness(submission)
    encoded = codec.encode(submission)
    return handed_over(
        runtime, raw_id, submission.external_id, encoded, verdict, status, (author, alike)
    )


def handed_over(
    runtime: Runtime,
    raw_id: bytes,
    external_id: str,
    encoded: bytes,
    verdict: Verdict | None,
    status: Status,
    marks: Marks,
) -> accepting.Write:
    """Return a comment as the store takes it, encoded, with what it is noted under."""
    author, alike = marks
    return accepting.Write(
        id=raw_id,
        external_id=external_id,
        digest=codec.digest(runtime.secret, encoded),
        submission=encoded,
        verdict=verdict,
        status=status,
        author=author,
        alike=alike,
    )
