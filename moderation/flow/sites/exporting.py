"""All comments of a site in their order, and what was taught of those that are gone."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from classifier import Row
from moderation.domain.comments import Comment
from moderation.domain.decisions import Decision
from moderation.flow.labels import streaming
from moderation.flow.rows import training_row
from moderation.store import Store, codec, labels, search, sites
from moderation.store.comments import reading

AT_ONCE = 100


class Taught(Struct, frozen=True):
    """A label that holds, of a comment that is kept no longer: `seq` is its place in the log."""

    seq: int
    comment: str
    decision: Decision
    labelled_ms: int
    row: Row


def number(store: Store, site: str) -> int:
    """Return how many comments a site has, those that have just expired with them."""
    return search.count(store, [site])


def comments(store: Store, site: str, after: str = "") -> Iterator[Comment]:
    """Yield a site's comments, the oldest first, from the one after an id on.

    Those that come meanwhile are among them; each stands as it was when it was read.
    """
    last = codec.id_bytes(after) if after else b""
    while ids := reading.page(store, site, None, last, b"", newest=False, n=AT_ONCE):
        for found in reading.get_many(store, site, ids):
            if found is not None:
                yield found
        last = ids[-1]


def labels_alone(store: Store, site: str, after: int = 0) -> Iterator[Taught]:
    """Yield the labels that hold of comments that are kept no longer, in their order, after an
    entry of the log."""
    end = sites.read(store, site).labels
    off = streaming.outline(store, site, 0, end, everything=True).off
    for start in range(after, end, AT_ONCE):
        entries = [
            e
            for e in labels.entries(store, site, start, min(end, start + AT_ONCE))
            if e.kind == "label" and e.seq not in off and e.example and e.decision
        ]
        ids = [codec.id_bytes(e.example.comment) for e in entries if e.example]
        there = reading.get_many(store, site, ids)
        for e, comment in zip(entries, there, strict=True):
            if comment is None and e.example and e.decision:
                example = e.example
                yield Taught(
                    e.seq,
                    example.comment,
                    e.decision,
                    example.labelled_ms,
                    training_row(example.row),
                )
