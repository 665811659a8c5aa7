"""What was decided: the newest decisions of sites, and all that was ever said of one comment."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from moderation.domain.comments import Comment
from moderation.domain.decisions import Decision, LabelEntry
from moderation.flow.lookup import raw_id
from moderation.flow.runtime import Runtime
from moderation.store import codec, labels, sites
from moderation.store.comments import reading

STEPS_AT_MOST = 100
"""Most entries of the label log that the history of one comment shows."""
SITES_AT_ONCE = 50
"""Most sites whose decisions are shown together."""


class Said(Struct, frozen=True):
    """An entry of a site's label log: a decision, or an undo of the entry `drops`.

    `comment` is the comment as it is now, None where it is gone. `withdrawn_ms` is when an undo
    withdrew this decision (None: it was not, or not lately).
    """

    seq: int
    site: str
    kind: str
    decision: Decision
    comment: Comment | None
    comment_id: str
    holds: bool = False
    withdrawn_ms: int | None = None


def decisions(
    runtime: Runtime, of_sites: Sequence[str], number: int, before: int = 0
) -> list[Said]:
    """Return the newest decisions of some sites, the newest first.

    `before` is the number of an entry of the log to go on before; it is of use for one site.
    """
    found: list[Said] = []
    for site in of_sites[:SITES_AT_ONCE]:
        last = sites.read(runtime.store, site).labels
        to = min(last, before - 1) if before else last
        entries = labels.entries(runtime.store, site, max(0, to - number), to)
        found += _said(runtime, site, entries)
    return sorted(found, key=lambda said: (-said.decision.at_ms, -said.seq))[:number]


def _said(runtime: Runtime, site: str, entries: Sequence[LabelEntry]) -> list[Said]:
    undone = {e.drops: e.decision.at_ms for e in entries if e.kind == "undo" and e.decision}
    shown = [e for e in entries if e.kind == "label" and e.decision and e.example]
    ids = [e.example.comment for e in shown if e.example]
    comments = reading.get_many(runtime.store, site, [codec.id_bytes(name) for name in ids])
    return [
        Said(
            seq=entry.seq,
            site=site,
            kind=entry.kind,
            decision=entry.decision,
            comment=comment,
            comment_id=name,
            holds=comment is not None and comment.active_label == entry.seq,
            withdrawn_ms=undone.get(entry.seq),
        )
        for entry, name, comment in zip(shown, ids, comments, strict=True)
        if entry.decision is not None
    ]


def of_comment(runtime: Runtime, comment: Comment) -> list[Said]:
    """Return everything that was said of a comment, the oldest first, as far as it is kept."""
    found: list[Said] = []
    seq = comment.last_label
    while seq and len(found) < STEPS_AT_MOST:
        entry = labels.entry(runtime.store, comment.site, seq)
        if entry is None or entry.kind == "erased":
            break
        if entry.decision is not None:
            found.append(
                Said(
                    seq,
                    comment.site,
                    entry.kind,
                    entry.decision,
                    comment,
                    comment.id,
                    comment.active_label == seq,
                )
            )
        seq = entry.previous
    return found[::-1]


def revisions(runtime: Runtime, comment: Comment) -> list[Comment]:
    """Return the older revisions of a comment that are kept, the oldest first."""
    raw = raw_id(comment.id)
    first = max(1, comment.revision - STEPS_AT_MOST)
    found = (
        reading.get(runtime.store, comment.site, raw, revision)
        for revision in range(first, comment.revision)
    )
    return [older for older in found if older is not None]
