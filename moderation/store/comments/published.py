"""The comments that a site's visitors see and nobody labelled, and what is kept of some of them."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence

from msgspec import Struct

from moderation.domain.decisions import How
from moderation.store import codec, keys
from moderation.store.client import Store


class Teaching(Struct, frozen=True):
    """How the labels of a call came (None: as each comment shows), and the evidence drawn with the
    first of them, packed."""

    how: How | None = None
    evidence: bytes = b""


PLAIN = Teaching()


class Published(Struct, frozen=True):
    """The newest published comments that were not yet looked at for evidence, oldest first.

    Each is an id with its score in millionths. `before` is the id before which all were looked at
    (b"" none), `labels` how many entries of the label log are no evidence.
    """

    before: bytes
    labels: int
    comments: list[tuple[bytes, int]]


def not_looked_at(store: Store, site: str, until: bytes, most: int) -> Published:
    """Return up to `most` of a site's published comments before an id, in one round trip."""
    k = keys.of_site(site)
    names = [k.meta, k.comment, k.approved, k.held]
    before, labels, *found = store.run("published", names, [until, most])
    both = heapq.merge(*map(codec.unpack_shown, found), reverse=True)
    return Published(before, labels, list(itertools.islice(both, most))[::-1])


def pack(drawn_from: Published, until: bytes, kept: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return evidence as the scripts take it that write labels: ids with their examples.

    They keep it unless others have drawn from the same comments meanwhile, and note that all before
    the id `until` were looked at.
    """
    words = (drawn_from.before, until, *itertools.chain.from_iterable(kept))
    return b"".join(len(word).to_bytes(4, "big") + word for word in words)
