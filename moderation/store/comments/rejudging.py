"""Held comments that are judged anew: the next verdict holds those before it."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from moderation.domain.comments import Status
from moderation.domain.verdicts import Verdict
from moderation.store import codec, keys
from moderation.store.client import Store
from moderation.store.comments.deletions import NO_MARKS, Marks

_REJUDGED = struct.Struct(">16sIBBBH")


class Rejudged(Struct, frozen=True):
    """A new verdict on a revision, and the one that it takes the place of; `marks` are those of the
    authors and of what is alike."""

    id: bytes
    revision: int
    before: Verdict
    verdict: Verdict
    status: Status
    marks: Marks = NO_MARKS


def rejudge(
    store: Store, site: str, new: Sequence[Rejudged], ttls: Sequence[int], now_ms: int
) -> list[bool]:
    """Put up to a hundred new verdicts on held comments of a site; say of each whether it was.

    It was not where the comment is held no longer, was labelled, or has another verdict by now.
    """
    k = keys.of_site(site)
    words: list[Any] = [now_ms, *ttls, site]
    for one in new:
        words += (_packed(one), *one.marks, codec.drawn(one.verdict))
    names = [k.comment, *k.by_status, k.authors, k.alike, k.sample, k.changes, k.outbox]
    answer = store.run("rejudge", names, words)
    return [bool(one) for one in answer]


def _packed(new: Rejudged) -> bytes:
    before = codec.pack_verdict(new.before)
    return _REJUDGED.pack(
        new.id, new.revision, codec.STATUS_CODE[new.status],
        codec.STATUS_CODE[new.verdict.status], codec.LABEL_CODE[new.verdict.label], len(before),
    ) + before + codec.pack_verdict(new.verdict)  # fmt: skip
