"""Who looks at which held comment, and which of them another person must look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

import msgspec

from moderation.domain.people import Escalation
from moderation.store import codec, keys
from moderation.store.client import Store
from moderation.store.faults import store_errors
from moderation.store.leases import What, lease, left_ms

ESCALATED_AT_MOST = 1000
"""Most escalated comments of one site."""

Withdrawal = Literal["withdrawn", "nothing", "other"]
"""Whether somebody's asking was withdrawn, or nobody asked, or another person did."""

_escalation = msgspec.json.Decoder(Escalation).decode


def held(store: Store, sites: Sequence[str], after: bytes, number: int) -> list[tuple[bytes, str]]:
    """Return held comments of several sites with their site, the oldest first, after an id."""
    low = b"(" + after if after else b"-"
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for site in sites:
            pipe.zrangebylex(keys.of_site(site).held, low, b"+", start=0, num=number)
        found = pipe.execute()
    merged = [(raw, site) for site, ids in zip(sites, found, strict=True) for raw in ids]
    return sorted(merged)[:number]


def count_held(store: Store, sites: Sequence[str]) -> tuple[int, int]:
    """Return how many comments of several sites are held, and how many are escalated."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for site in sites:
            pipe.zcard(keys.of_site(site).held)
            pipe.hlen(keys.of_site(site).escalated)
        counts = pipe.execute()
    return sum(counts[::2]), sum(counts[1::2])


def look(store: Store, site: str, raw_id: bytes, what: What, who: str, lease_ms: int) -> bool:
    """Take, keep or give back the lease of a comment; False where another person has it."""
    return lease(store, keys.of_site(site).looking + codec.id_text(raw_id), what, who, lease_ms)


def look_left_ms(store: Store, site: str, raw_id: bytes) -> int:
    """Return how long the lease of a comment still holds, 0 where nobody has it."""
    return left_ms(store, keys.of_site(site).looking + codec.id_text(raw_id))


def who_looks(store: Store, places: Sequence[tuple[bytes, str]]) -> list[str]:
    """Return who looks at each of these comments (id, site), '' for nobody."""
    if not places:
        return []
    with store_errors():
        by_site: dict[str, list[bytes]] = {}
        for raw, site in places:
            by_site.setdefault(site, []).append(raw)
        pipe = store.redis.pipeline(transaction=False)
        for site, ids in by_site.items():
            prefix = keys.of_site(site).looking
            pipe.mget([prefix + codec.id_text(raw) for raw in ids])
        found = zip(by_site.items(), pipe.execute(), strict=True)
    looks = {
        (raw, site): (who or b"").decode()
        for (site, ids), some in found
        for raw, who in zip(ids, some, strict=True)
    }
    return [looks[place] for place in places]


def escalate(store: Store, site: str, raw_id: bytes, entry: Escalation) -> bool:
    """Note that another person must look; False where there are too many such comments."""
    words = [raw_id, msgspec.json.encode(entry), ESCALATED_AT_MOST]
    return bool(store.run("escalate", [keys.of_site(site).escalated], words))


def withdraw(store: Store, site: str, raw_id: bytes, who: str) -> Withdrawal:
    """Forget that another person must look where it is `who` that asked, and say how it stood."""
    answer = store.run("withdraw", [keys.of_site(site).escalated], [raw_id, who])
    return cast("Withdrawal", answer.decode())


def settle(store: Store, site: str, raw_id: bytes) -> None:
    """Forget that another person must look."""
    with store_errors():
        store.redis.hdel(keys.of_site(site).escalated, raw_id)


def escalations(store: Store, sites: Sequence[str]) -> dict[tuple[bytes, str], Escalation]:
    """Return every escalation of several sites by the comment's id and site."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for site in sites:
            pipe.hgetall(keys.of_site(site).escalated)
        found = pipe.execute()
    return {
        (raw, site): _escalation(data)
        for site, of_site in zip(sites, found, strict=True)
        for raw, data in of_site.items()
    }
