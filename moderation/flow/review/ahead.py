"""What comes to a person in Review: held comments in their order, mixed with the random sample."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Literal

from msgspec.structs import replace

from moderation.flow.review import looking, sampling
from moderation.flow.review.looking import Waiting
from moderation.flow.runtime import Runtime
from moderation.store import codec

AMONG = 200
"""The comments that waited longest, among which the most uncertain are sought."""
_CHUNK, _CHUNKS = 50, 20

Order = Literal["oldest", "uncertain"]
"""Which held comment comes first: the oldest, or that of which the filter knows least."""


class Ahead:
    """What waits on some sites as one page shows it: the comments that come first are read once,
    whether one of them is taken, they are listed, or both.
    """

    def __init__(self, runtime: Runtime, sites: Sequence[str], order: Order = "oldest") -> None:
        self._runtime, self._sites, self._order = runtime, sites, order

    @cached_property
    def _first(self) -> tuple[list[Waiting], bytes]:
        """The held comments that come first, and the id up to which was looked (b"" at the end)."""
        if self._order == "oldest":
            return looking.waiting(self._runtime, self._sites, b"", _CHUNK)
        found = looking.waiting(self._runtime, self._sites, b"", AMONG)[0]
        return sorted(found, key=_certainty), b""

    def _held(self, after: str) -> tuple[list[Waiting], bytes]:
        """Return held comments after an id, and the id up to which was looked (b"" at the end).

        The uncertain ones begin anew after an id that is none of them.
        """
        if not after:
            return self._first
        if self._order == "oldest":
            return looking.waiting(self._runtime, self._sites, codec.id_bytes(after), _CHUNK)
        first = self._first[0]
        ids = [place.comment.id for place in first]
        return first[ids.index(after) + 1 :] if after in ids else first, b""

    def take(self, who: str, after: str = "", beside: Collection[str] = ()) -> Waiting | None:
        """Lease and return the next comment that nobody else looks at, None where there is none.

        Held ones come first, but one in `sampling.EVERY` is of the random sample, and so is what
        comes when none is held. It is sought after the id `after` first, then from the start on;
        ids `beside` are passed over, and so are those about which this person asked another one.
        """
        ways = [self._take_held, self._take_sample]
        if sampling.is_due(self._runtime, who):
            ways.reverse()
        for take in ways:
            for start in (after, "") if after else ("",):
                found = take(who, start, beside)
                if found is not None:
                    return found
        return None

    def _take_held(self, who: str, after: str, beside: Collection[str]) -> Waiting | None:
        chunk, last = self._held(after)
        for _ in range(_CHUNKS):
            found = self._take_of(chunk, who, beside)
            if found is not None or not last:
                return found
            chunk, last = looking.waiting(self._runtime, self._sites, last, _CHUNK)
        return None

    def _take_of(self, places: list[Waiting], who: str, beside: Collection[str]) -> Waiting | None:
        """Lease and return the first of some held comments that the person may be shown."""
        for number, place in enumerate(places):
            comment = place.comment
            if comment.id in beside or place.looks not in ("", who):
                continue
            if place.escalation is not None and place.escalation.by == who:
                continue
            if looking.look(self._runtime, comment, who):
                places[number] = replace(place, looks=who)
                return places[number]
        return None

    def _take_sample(self, who: str, after: str, beside: Collection[str]) -> Waiting | None:
        last = codec.id_bytes(after) if after else b""
        for _ in range(_CHUNKS):
            chunk, last = sampling.waiting(self._runtime, self._sites, last, _CHUNK)
            for comment in chunk:
                if comment.id not in beside and looking.look(self._runtime, comment, who):
                    return looking.look_of(self._runtime, comment)
            if not last:
                return None
        return None

    def listed(self, number: int, after: str = "") -> list[Waiting]:
        """Return at most `number` of what comes after an id ('' from the start), at most `_CHUNK`
        of them held: held comments in their order, and of the random sample one in
        `sampling.EVERY`, and what is left of it at the end."""
        held = self._held(after)[0][:number]
        rest = number - len(held)
        wanted = rest if after else rest + number // sampling.EVERY
        drawn = self._drawn(wanted) if wanted else []
        if after:
            return [*held, *drawn]
        mixed: list[Waiting] = []
        for place in held:
            if drawn and len(mixed) % sampling.EVERY == sampling.EVERY - 1:
                mixed.append(drawn.pop(0))
            mixed.append(place)
        return [*mixed, *drawn[:rest]]

    def _drawn(self, number: int) -> list[Waiting]:
        found = sampling.waiting(self._runtime, self._sites, b"", number)[0]
        return looking.looks_of(self._runtime, found)


def _certainty(place: Waiting) -> tuple[float, str]:
    """Return how far a score is from even (0 where there is none), then which comment is older."""
    verdict = place.comment.verdict
    score = verdict.score if verdict else None
    return abs(score - 0.5) if score is not None else 0.0, place.comment.id
