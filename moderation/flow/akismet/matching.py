"""Which stored comment an Akismet client means: it seldom says so."""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct

from moderation.domain.addresses import mailbox
from moderation.domain.akismet import Check
from moderation.domain.comments import Comment, Submission
from moderation.domain.shown import unescape
from moderation.flow.runtime import Runtime
from moderation.store import akismet, codec
from moderation.store.comments import reading

_TAG = re.compile(r"<[^<>]*>")
_LINK = re.compile(r"""(?:href|src)\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_SIGNS = bytes(code for code in range(128) if not chr(code).isalnum())


class Names(Struct, frozen=True):
    """Keyed hashes of one check: `same` of who wrote what, `reference` of the client's own id
    (b"" where it gave none), `external` of everything that makes it one comment.

    The author is part of all: comments, forms and profiles of a site may count alike. `before` are
    the first two as they were kept while addresses were compared in lower case alone, None where
    they are the same.
    """

    same: bytes
    reference: bytes
    external: str
    before: tuple[bytes, bytes] | None = None


def names_of(secret: bytes, asked: Check) -> Names:
    """Return what a comment is found by when it is asked about or reported again."""
    author = asked.submission.author
    email, written = mailbox(author.email), author.email.strip().lower()
    text = plain_text(asked.submission) + asked.whole

    def of(email: str) -> tuple[bytes, bytes]:
        same = _hash(secret, "same", f"{_plain(author.name)}\0{email}\0{text}")
        called = f"{email or _plain(author.name)}\0{asked.reference}"
        return same, _hash(secret, "reference", called) if asked.reference else b""

    same, reference = of(email)
    whole = "\0".join((same.hex(), asked.place, author.ip, asked.submission.type))
    external = "akismet:" + _hash(secret, "external", whole).hex()
    return Names(same, reference, external, of(written) if written != email else None)


def name_of_unread(secret: bytes, asked: Check) -> str:
    """Return what a comment that cannot be read is called: only the very same is it again."""
    text = repr(asked.submission) + asked.whole
    return "akismet:" + _hash(secret, "unread", text).hex()


def _hash(secret: bytes, kind: str, text: str) -> bytes:
    data = f"akismet {kind}\0{text}".encode("utf-8", "replace")
    return hashlib.blake2b(data, digest_size=16, key=secret[:64]).digest()


def plain_text(submission: Submission) -> str:
    """Return what stays of a text when a site has cleaned it: letters, digits, links' targets.

    WordPress adds `rel` to links, drops tags, escapes and adds slashes between the check and
    everything that it sends about the same comment later.
    """
    text = unescape(submission.content)
    return _plain(_TAG.sub(lambda tag: " ".join(_LINK.findall(tag.group())), text))


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower().encode().translate(None, _SIGNS).decode()
    return "".join(filter(str.isalnum, text.casefold()))


def known_comment(runtime: Runtime, site: str, asked: Check, names: Names) -> Comment | None:
    """Return the comment that a client means: by guid, by author and text, by its own id."""
    guid = bytes.fromhex(asked.guid) if asked.guid else b""
    before = (names.before,) if names.before else ()
    for same, reference in ((names.same, names.reference), *before):
        for raw in akismet.find(runtime.store, site, guid, same, reference):
            comment = reading.get(runtime.store, site, raw) if raw else None
            if comment is not None:
                return comment
    return None


def is_same_text(a: Submission, b: Submission) -> bool:
    """Say whether two submissions carry the same text, as far as cleaning leaves it."""
    return plain_text(a) == plain_text(b)


def raw_id(comment: Comment) -> bytes:
    """Return a stored comment's id as the store has it."""
    return codec.id_bytes(comment.id)
