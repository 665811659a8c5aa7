"""Evidence of ham: what a site published and nobody reported, drawn as its people label."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from classifier import Published, draw
from classifier.evidence import NEWEST, SEEN_AFTER
from moderation.domain.comments import Comment
from moderation.flow.rows import example_of_comment
from moderation.flow.runtime import Runtime
from moderation.store import codec
from moderation.store.comments import published, reading


def drawn(
    runtime: Runtime, site: str, labelled: bytes, now: int, apart: Collection[bytes] = ()
) -> bytes:
    """Return what is kept of a site's published comments with its next label, for the scripts that
    write labels; b"" where there is nothing to look at.

    Looked at is what was published before the comment `labelled` (b"" where it is new), or long
    enough ago, and was not looked at before; `apart` are left out. Every comment is looked at once.
    """
    until = max(labelled, codec.id_at(now - int(SEEN_AFTER * 1000)))
    found = published.not_looked_at(runtime.store, site, until, NEWEST)
    if found.before >= until:
        return b""
    comments = [(raw_id, score) for raw_id, score in found.comments if raw_id not in apart]
    chosen = draw(
        [
            Published(
                id=codec.id_text(raw_id),
                chance=score / 1_000_000,
                age=(now - codec.id_ms(raw_id)) / 1000,
                is_older=raw_id < labelled,
            )
            for raw_id, score in comments
        ],
        found.labels,
    )
    ids = [comments[place][0] for place, _ in chosen]
    stored = reading.get_many(runtime.store, site, ids)
    weights = [weight for _, weight in chosen]
    return published.pack(found, until, _examples(runtime, ids, stored, weights, now))


def _examples(
    runtime: Runtime,
    ids: Sequence[bytes],
    stored: Sequence[Comment | None],
    weights: Sequence[float],
    now: int,
) -> list[tuple[bytes, bytes]]:
    """Return each comment that is still there with the example that is kept of it."""
    return [
        (
            raw_id,
            example_of_comment(
                runtime.secret, comment, now, suggestion_shown=False, stands_for=weight
            ),
        )
        for raw_id, comment, weight in zip(ids, stored, weights, strict=True)
        if comment is not None
    ]
