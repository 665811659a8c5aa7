"""What waits for a person: the next held comment, under a lease, and who looks at which."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from msgspec import Struct

from moderation.domain.comments import Comment
from moderation.domain.errors import InvalidInput, StaleState
from moderation.domain.people import Act, Escalation
from moderation.flow.events import Decided, Deleted
from moderation.flow.lookup import find, raw_id
from moderation.flow.review import sampling
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import codec, looking, people
from moderation.store.comments import reading

LEASE_MS = 180_000
"""How long a comment is somebody's without a heartbeat."""
AMONG = 200
"""The comments that waited longest, among which the most uncertain are sought."""
_CHUNK, _CHUNKS = 50, 20

Order = Literal["oldest", "uncertain"]
"""Which held comment comes first: the oldest, or that of which the filter knows least."""


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
    runtime: Runtime, sites: Sequence[str], after: str = "", number: int = _CHUNK
) -> list[Waiting]:
    """Return held comments of some sites, the oldest first, after an id ('' from the start)."""
    return _waiting(runtime, sites, codec.id_bytes(after) if after else b"", number)[0]


def uncertain(runtime: Runtime, sites: Sequence[str], after: str = "") -> list[Waiting]:
    """Return those held comments first of which the filter knows least whether they are spam, of
    the `AMONG` that waited longest: after an id, or from the start where that is none of them."""
    found = sorted(_waiting(runtime, sites, b"", AMONG)[0], key=_certainty)
    ids = [place.comment.id for place in found]
    return found[ids.index(after) + 1 :] if after in ids else found


def _certainty(place: Waiting) -> tuple[float, str]:
    """Return how far a score is from even (0 where there is none), then which comment is older."""
    verdict = place.comment.verdict
    score = verdict.score if verdict else None
    return abs(score - 0.5) if score is not None else 0.0, place.comment.id


def _waiting(
    runtime: Runtime, sites: Sequence[str], after: bytes, number: int
) -> tuple[list[Waiting], bytes]:
    """Return held comments, and the id up to which was looked (b"" at the end)."""
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


def take_next(
    runtime: Runtime,
    sites: Sequence[str],
    who: str,
    after: str = "",
    beside: Collection[str] = (),
    order: Order = "oldest",
) -> Waiting | None:
    """Lease and return the next comment that nobody else looks at, None where there is none.

    Held ones come first, but one in `sampling.EVERY` is of the random sample, and so is what comes
    when none is held. It is sought after the id `after` first, then from the start on; ids
    `beside` are passed over, and so are those about which this person asked another one.
    """
    ways = [_take_uncertain if order == "uncertain" else _take_after, _take_sample]
    if sampling.is_due(runtime, who):
        ways.reverse()
    for take in ways:
        for start in (after, "") if after else ("",):
            found = take(runtime, sites, who, start, beside)
            if found is not None:
                return found
    return None


def _take_sample(
    runtime: Runtime, sites: Sequence[str], who: str, after: str, beside: Collection[str]
) -> Waiting | None:
    last = codec.id_bytes(after) if after else b""
    for _ in range(_CHUNKS):
        chunk, last = sampling.waiting(runtime, sites, last, _CHUNK)
        for comment in chunk:
            if comment.id not in beside and look(runtime, comment, who):
                return Waiting(comment, who, None)
        if not last:
            return None
    return None


def coming(
    runtime: Runtime,
    sites: Sequence[str],
    number: int,
    after: str = "",
    order: Order = "oldest",
) -> list[Waiting]:
    """Return what comes after an id ('' from the start): held comments in their order, and of
    the random sample one in `sampling.EVERY`, and what is left of it at the end."""
    if order == "uncertain":
        held = uncertain(runtime, sites, after)[:number]
    else:
        held = waiting(runtime, sites, after, number)
    rest = number - len(held)
    wanted = rest if after else rest + number // sampling.EVERY
    drawn = looks_of(runtime, sampling.waiting(runtime, sites, b"", wanted)[0]) if wanted else []
    if after:
        return [*held, *drawn]
    mixed: list[Waiting] = []
    for place in held:
        if drawn and len(mixed) % sampling.EVERY == sampling.EVERY - 1:
            mixed.append(drawn.pop(0))
        mixed.append(place)
    return [*mixed, *drawn[:rest]]


def _take_after(
    runtime: Runtime, sites: Sequence[str], who: str, after: str, beside: Collection[str]
) -> Waiting | None:
    last = codec.id_bytes(after) if after else b""
    for _ in range(_CHUNKS):
        chunk, last = _waiting(runtime, sites, last, _CHUNK)
        found = _take_of(runtime, chunk, who, beside)
        if found is not None or not last:
            return found
    return None


def _take_uncertain(
    runtime: Runtime, sites: Sequence[str], who: str, after: str, beside: Collection[str]
) -> Waiting | None:
    return _take_of(runtime, uncertain(runtime, sites, after), who, beside)


def _take_of(
    runtime: Runtime, places: Sequence[Waiting], who: str, beside: Collection[str]
) -> Waiting | None:
    """Lease and return the first of some held comments that the person may be shown."""
    for place in places:
        comment = place.comment
        if comment.id in beside or place.looks not in ("", who):
            continue
        if place.escalation is not None and place.escalation.by == who:
            continue
        if look(runtime, comment, who):
            return place
    return None


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
        looking.settle(runtime.store, site, raw)
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


def listen(runtime: Runtime) -> None:
    """Forget of a comment that was decided or deleted that another person must look at it."""

    def settle(event: Decided | Deleted) -> None:
        looking.settle(runtime.store, event.site, raw_id(event.comment))

    runtime.events.listen(Decided, settle)
    runtime.events.listen(Deleted, settle)
