"""From what a site sends to what is scored, kept and found again."""

from __future__ import annotations

import functools
import hashlib

import msgspec

from classifier import Row, for_training
from moderation.domain.addresses import DOTTED, mailbox, parsed
from moderation.domain.comments import CONTENT_BYTES, Comment, Submission
from moderation.domain.decisions import Example
from moderation.domain.honeypots import is_filled_by_a_bot
from moderation.store import codec

_row = msgspec.msgpack.Decoder(Row).decode


def row_of(submission: Submission) -> Row:
    """Return a submission as the classifier reads it."""
    author = submission.author
    return Row(
        text=submission.content,
        author=author.name,
        url=author.url,
        email=author.email,
        permalink=submission.permalink,
        lang=submission.language,
        type=submission.type,
        context=submission.context,
        honeypot=submission.honeypot if is_filled_by_a_bot(submission) else "",
        form_ms=submission.form_ms,
    )


def training_row(data: bytes) -> Row:
    """Return the row of a stored example.

    Raises:
        codec.Unreadable: it cannot be read.
    """
    try:
        return _row(data)
    except codec.UNREADABLE as error:
        raise codec.Unreadable("the row of an example cannot be read") from error


def personal_hash(secret: bytes, kind: str, value: str) -> str:
    """Return the keyed hash under which an e-mail, IP or author id is found again, '' for ''."""
    value = spelt(kind, value)
    return keyed_hash(secret, kind, value) if value else ""


def spelt(kind: str, value: str) -> str:
    """Return an e-mail, IP or author id in the spelling in which it is hashed.

    E-mail addresses and IP addresses are the same in any spelling, ids as they are.
    """
    value = value.strip()
    if kind == "email":
        return mailbox(value)
    if kind == "ip" and not DOTTED.fullmatch(value):
        return str(parsed(value) or value)
    return value


def keyed_hash(secret: bytes, kind: str, value: str) -> str:
    """Return the keyed hash of a value just as it is."""
    return keyed_digest(secret, kind, value).hex()


def keyed_digest(secret: bytes, kind: str, value: str) -> bytes:
    """Return the bytes of the keyed hash of a value just as it is."""
    found = _begun(secret, kind).copy()
    found.update(value.encode())
    return found.digest()


@functools.lru_cache(maxsize=64)
def _begun(secret: bytes, kind: str) -> hashlib.blake2b:
    """Return the hash as far as it is the same for all values: half of the work is there."""
    return hashlib.blake2b(f"{kind}:".encode(), digest_size=12, key=secret[:64])


def example_of(
    secret: bytes,
    submission: Submission,
    *,
    comment: str,
    revision: int,
    labelled_ms: int,
    model: str = "",
    suggestion_shown: bool = True,
    audit: float | None = None,
    stands_for: float = 1.0,
) -> bytes:
    """Return the encoded example that a label on this submission teaches, or that is kept of it."""
    author = submission.author
    return codec.encode(
        Example(
            comment=comment,
            revision=revision,
            row=codec.encode(for_training(row_of(submission))),
            labelled_ms=labelled_ms,
            model=model,
            suggestion_shown=suggestion_shown,
            audit=audit,
            stands_for=stands_for,
            email=personal_hash(secret, "email", author.email),
            ip=personal_hash(secret, "ip", author.ip),
            author=personal_hash(secret, "author", author.id),
        )
    )


def example_of_comment(
    secret: bytes,
    comment: Comment,
    labelled_ms: int,
    *,
    suggestion_shown: bool,
    audit: float | None = None,
    stands_for: float = 1.0,
) -> bytes:
    """Return the encoded example of a comment as it is stored."""
    return example_of(
        secret,
        comment.submission,
        comment=comment.id,
        revision=comment.revision,
        labelled_ms=labelled_ms,
        model=comment.verdict.model if comment.verdict else "",
        suggestion_shown=suggestion_shown,
        audit=audit,
        stands_for=stands_for,
    )


def cut(content: str) -> tuple[str, bool]:
    """Return content of at most 64 KiB of UTF-8, ending with a whole character, for lenient
    callers, and whether it was longer."""
    data = content.encode("utf-8", "replace")
    if len(data) <= CONTENT_BYTES:
        return data.decode("utf-8"), False
    return data[:CONTENT_BYTES].decode("utf-8", "ignore"), True
