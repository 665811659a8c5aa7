"""What was decided: the newest decisions of sites, and all that was ever said of one comment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from moderation.domain.comments import Comment
from moderation.domain.decisions import Decision, LabelEntry
from moderation.flow.lookup import raw_id
from moderation.flow.runtime import Runtime
from moderation.store import codec, labels, sites
from moderation.store.comments import reading

STEPS_AT_MOST = 100
"""Most entries of the label log that the history of one comment shows."""
CHUNK, CHUNKS = 200, 20
"""Entries of the label log that are read at once, and how often one page reads."""
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


class Asked(Struct, frozen=True):
    """Which decisions are shown: what was said, by whom and how; '' for any."""

    label: str = ""
    by: str = ""
    via: str = ""

    def fits(self, decision: Decision) -> bool:
        """Say whether a decision is one of these."""
        return (
            self.label in ("", decision.label)
            and self.by in ("", decision.by)
            and self.via in ("", decision.via)
        )


ALL = Asked()


def decisions(
    runtime: Runtime,
    of_sites: Sequence[str],
    number: int,
    before: Mapping[str, int] | None = None,
    asked: Asked = ALL,
) -> tuple[list[Said], dict[str, int]]:
    """Return the newest decisions of some sites, the newest first, and where they go on.

    `before` is the place in each site's log to go on before, and so is the second value (1: at the
    end; empty: nothing is left). Between decisions stands evidence that nobody gave: no more than
    4,000 entries of a log are looked at, so that a page may be short and not be the last.
    """
    found: list[Said] = []
    goes_on: dict[str, int] = {}
    for site in of_sites[:SITES_AT_ONCE]:
        said, goes_on[site] = _newest(runtime, site, number, (before or {}).get(site, 0), asked)
        found += said
    found.sort(key=lambda said: (-said.decision.at_ms, said.site, -said.seq))
    for unseen in found[number:]:
        # What is not shown is where its site goes on.
        goes_on[unseen.site] = max(goes_on[unseen.site], unseen.seq + 1)
    return found[:number], goes_on if any(place > 1 for place in goes_on.values()) else {}


def _newest(
    runtime: Runtime, site: str, number: int, before: int, asked: Asked
) -> tuple[list[Said], int]:
    """Return a site's newest decisions, and the place in its log before which they go on."""
    last = sites.read(runtime.store, site).labels
    to = min(last, before - 1) if before else last
    undone: dict[int, int] = {}
    found: list[LabelEntry] = []
    for _ in range(CHUNKS):
        if to <= 0 or len(found) >= number:
            break
        start = max(0, to - CHUNK)
        for entry in reversed(labels.entries(runtime.store, site, start, to)):
            if entry.kind == "undo" and entry.decision:
                undone[entry.drops] = entry.decision.at_ms
            elif entry.kind == "label" and entry.decision and entry.example:
                found += [entry] if asked.fits(entry.decision) else []
        to = start
    shown = found[:number]
    more = shown[-1].seq if len(found) > number else to + 1
    return _said(runtime, site, shown, undone), more


def _said(
    runtime: Runtime, site: str, shown: Sequence[LabelEntry], undone: dict[int, int]
) -> list[Said]:
    ids = [entry.example.comment for entry in shown if entry.example]
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
