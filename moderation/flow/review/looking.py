"""Held comments, who looks at which under a lease, and about which another one was asked."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from moderation.domain.comments import Comment
from moderation.domain.errors import InvalidInput, StaleState
from moderation.domain.people import Act, Escalation
from moderation.flow.events import Decided, Deleted
from moderation.flow.lookup import find, raw_id
from moderation.flow.review import sampling
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import looking, people
from moderation.store.comments import reading

LEASE_MS = 180_000
"""How long a comment is somebody's without a heartbeat."""


class Waiting(Struct, frozen=True):
    """A comment, who looks at it ('' for nobody), and by whom another one was asked."""

    comment: Comment
    looks: str
    escalation: Escalation | None

    @property
    def is_sample(self) -> bool:
        """Whether it waits as one of the random sample, with the filter's opinion hidden."""
        return sampling.is_hidden(self.comment)


def waiting(
    runtime: Runtime, sites: Sequence[str], after: bytes, number: int
) -> tuple[list[Waiting], bytes]:
    """Return held comments of some sites, the oldest first, after an id (b"" from the start), and
    the id up to which was looked (b"" at the end)."""
    places = looking.held(runtime.store, sites, after, number) if sites else []
    looks = looking.who_looks(runtime.store, places)
    of_sites = sorted({site for _, site in places})
    escalated = looking.escalations(runtime.store, of_sites) if places else {}
    found = dict(_comments(runtime, places))
    shown = [
        Waiting(found[place], who, escalated.get(place))
        for place, who in zip(places, looks, strict=True)
        if place in found and found[place].status == "held"
    ]
    return shown, places[-1][0] if len(places) == number else b""


def _comments(
    runtime: Runtime, places: Sequence[tuple[bytes, str]]
) -> list[tuple[tuple[bytes, str], Comment]]:
    by_site: dict[str, list[bytes]] = {}
    for raw, site in places:
        by_site.setdefault(site, []).append(raw)
    return [
        ((raw, site), comment)
        for site, ids in by_site.items()
        for raw, comment in zip(ids, reading.get_many(runtime.store, site, ids), strict=True)
        if comment is not None
    ]


def look(runtime: Runtime, comment: Comment, who: str) -> bool:
    """Take the lease of a comment; False where another person has it."""
    raw = raw_id(comment.id)
    return looking.look(runtime.store, comment.site, raw, "claim", who, LEASE_MS)


def keep(runtime: Runtime, site: str, comment_id: str, who: str) -> bool:
    """Keep the lease of a comment for longer; False where it is not, or no longer, theirs."""
    return looking.look(runtime.store, site, raw_id(comment_id), "keep", who, LEASE_MS)


def leave(runtime: Runtime, site: str, comment_id: str, who: str) -> None:
    """Give the lease of a comment back, so that others are shown it."""
    looking.look(runtime.store, site, raw_id(comment_id), "release", who, LEASE_MS)


def until_ms(runtime: Runtime, site: str, comment_id: str) -> int:
    """Return until when the lease of a comment holds, 0 where nobody has it."""
    left = looking.look_left_ms(runtime.store, site, raw_id(comment_id))
    return now_ms() + left if left else 0


def look_of(runtime: Runtime, comment: Comment) -> Waiting:
    """Return a comment with who looks at it, whatever its status."""
    return looks_of(runtime, [comment])[0]


def looks_of(runtime: Runtime, comments: Sequence[Comment]) -> list[Waiting]:
    """Return comments with who looks at each of them, whatever their statuses."""
    if not comments:
        return []
    places = [(raw_id(comment.id), comment.site) for comment in comments]
    looks = looking.who_looks(runtime.store, places)
    asked = looking.escalations(runtime.store, sorted({comment.site for comment in comments}))
    return [
        Waiting(comment, who, asked.get(place))
        for comment, who, place in zip(comments, looks, places, strict=True)
    ]


def counts(runtime: Runtime, sites: Sequence[str]) -> tuple[int, int]:
    """Return how many comments of some sites are held, and how many of them are escalated."""
    return looking.count_held(runtime.store, sites) if sites else (0, 0)


def escalated(runtime: Runtime, sites: Sequence[str]) -> list[Waiting]:
    """Return the held comments of some sites about which another person was asked.

    What is no longer held, or is gone since, is forgotten.
    """
    asked = looking.escalations(runtime.store, sites) if sites else {}
    found = {p: c for p, c in _comments(runtime, sorted(asked)) if c.status == "held"}
    for raw, site in asked.keys() - found.keys():
        # Another person may have asked since it was read.
        looking.withdraw(runtime.store, site, raw, asked[raw, site].by)
    return looks_of(runtime, [found[place] for place in sorted(found)])


def escalate(
    runtime: Runtime, site: str, comment_id: str, who: str, note: str = "", address: str = ""
) -> Comment:
    """Ask for another person to look at a held comment; `address` is where the asking one sits.

    Raises:
        NotFound: no such comment. StaleState: it is not held, or not any more. InvalidInput: too
            many were asked about.
    """
    comment = find(runtime, site, comment_id)
    if comment.status != "held":
        raise StaleState(comment)
    now = now_ms()
    if not looking.escalate(
        runtime.store, site, raw_id(comment_id), Escalation(who, now, note[:2000])
    ):
        raise InvalidInput("too many comments of this site are escalated; decide some first")
    people.note(runtime.store, Act(now, who, "escalated", address, site, comment_id))
    leave(runtime, site, comment_id, who)
    return comment


def ask_no_longer(
    runtime: Runtime, site: str, comment_id: str, who: str, address: str = "", if_match: str = ""
) -> Comment:
    """Withdraw that a person asked for another one to look at a comment as seen under an ETag; sent
    twice it has one effect.

    Raises:
        NotFound: no such comment. StaleState: it was decided meanwhile, or another person asks.
    """
    comment = find(runtime, site, comment_id)
    if comment.status != "held":
        raise StaleState(comment)
    stood = looking.withdraw(runtime.store, site, raw_id(comment_id), who)
    if stood == "withdrawn":
        act = Act(now_ms(), who, "escalation_withdrawn", address, site, comment_id)
        people.note(runtime.store, act)
        return comment
    now = find(runtime, site, comment_id)
    # A decision settles what was asked, and leaves another ETag even where it was undone.
    if stood == "other" or now.status != "held" or if_match not in ("", now.etag):
        raise StaleState(now)
    return now


def listen(runtime: Runtime) -> None:
    """Forget of a comment that was decided or deleted that another person must look at it."""

    def settle(event: Decided | Deleted) -> None:
        looking.settle(runtime.store, event.site, raw_id(event.comment))

    runtime.events.listen(Decided, settle)
    runtime.events.listen(Deleted, settle)
