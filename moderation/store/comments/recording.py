"""Recording verdicts: up to a hundred of one shard in one script, with what they end."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct

from moderation.domain.comments import Status
from moderation.domain.verdicts import Verdict
from moderation.store import codec, keys
from moderation.store.client import Call
from moderation.store.comments.accepting import AT_ONCE
from moderation.store.signals import Signals, unpack


class Recorded(Struct, frozen=True, gc=False):
    """A verdict on its way into the store; `ttls` is the time to live by status code (ms).

    `author` and `alike` are the marks under which it is noted with its authors and with what is
    like it, b"" for neither; `tells` says whether the site has webhooks, `is_looked_up` whether it
    was made with what the store knows of its author: one that was not is looked up now.
    """

    site: str
    id: bytes
    revision: int
    verdict: Verdict
    status: Status
    ttls: Sequence[int]
    author: bytes = b""
    alike: bytes = b""
    tells: bool = False
    is_looked_up: bool = False


class Part(Struct, frozen=True):
    """Verdicts of one shard that are recorded together, and the inbox entries that they end."""

    shard: int
    verdicts: list[Recorded]
    done: list[bytes]

    def has_room(self, shard: int, more: int) -> bool:
        """Say whether more verdicts of a shard may be recorded with these."""
        return self.shard == shard and len(self.verdicts) + more <= AT_ONCE


@lru_cache(maxsize=1024)
def _names(site: str, day: str) -> tuple[str, ...]:
    k = keys.of_site(site)
    return (
        k.meta, k.comment, *k.by_status, k.day + day, k.authors, k.alike, k.sample, k.outbox
    )  # fmt: skip


def record_call(part: Part, now_ms: int) -> Call:
    """Return the call of the script that records a part, of at most `AT_ONCE` verdicts."""
    day = keys.day_of(now_ms)
    sites: dict[str, int] = {}
    names: list[Any] = [
        keys.inbox(part.shard), keys.waiting(part.shard), keys.changes(part.shard)
    ]  # fmt: skip
    ttls: list[Any] = []
    packed = []
    for r in part.verdicts:
        at = sites.get(r.site)
        if at is None:
            at = sites[r.site] = len(sites)
            names += _names(r.site, day)
            ttls += (r.site, *r.ttls, int(r.tells))
        packed.append(
            codec.pack_recorded(at, r.id, r.revision, r.verdict, r.status, r.is_looked_up)
        )
        packed += (r.author, r.alike)
    return Call("record", names, [keys.GROUP, now_ms, len(part.done), *part.done, *ttls, *packed])


def answered(part: Part, answer: Sequence[Any]) -> tuple[int, list[tuple[Recorded, Signals]]]:
    """Return how many verdicts of a part were recorded, and which were not, for something is known
    that they were made without, with that; the part ends no entry then."""
    recorded, *found = answer
    again = [part.verdicts[int(at)] for at in found[::2]]
    return int(recorded), [
        (r, unpack(r.author, data)) for r, data in zip(again, found[1::2], strict=True)
    ]
