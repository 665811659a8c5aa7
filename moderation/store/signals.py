"""Reputations and campaigns, as `scripts/signals.lua` keeps them."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from msgspec import Struct

from moderation.store import keys
from moderation.store.authors import WHO_BYTES
from moderation.store.client import Store
from moderation.store.faults import store_errors

BUCKETS = 512
NOTED_BUCKETS = 4096
AT_ONCE = 100
"""Most reputations that one script forgets."""
MARK_BYTES = 48
"""A mark of what is alike that has a sketch and all its bands: shorter texts make no campaign."""
HOUR_MS = 3_600_000
ID, PAIR, EMAIL, ADDRESS, NETWORK, AUTHOR_DOMAIN, LINK_DOMAIN, NAME = range(1, 9)
"""What has a reputation; the script has the half-life of each."""

_KINDS = [bytes((kind,)) for kind in range(NAME + 1)]
_SEEN = struct.Struct(">HHH")
_KNOWN = struct.Struct(">IIHH")


class Reputation(Struct, frozen=True):
    """What people decided of comments by or with something: ham and spam as they weigh now (half as
    much after each half-life), and how often each was said."""

    kind: int
    ham: float
    spam: float
    hams: int
    spams: int


class Signals(Struct, frozen=True):
    """How many nearly the same comments came within the hour, this one included (0: none is known),
    from how many addresses and by how many authors, and the reputations that there are."""

    comments: int = 0
    addresses: int = 0
    authors: int = 0
    reputations: tuple[Reputation, ...] = ()


NO_SIGNALS = Signals()


def packed(reputations: Sequence[tuple[int, bytes]]) -> bytes:
    """Return what has reputations, kind and keyed hash of each, as a mark holds it."""
    return b"".join([_KINDS[kind] + who for kind, who in reputations])


def unpack(mark: bytes, data: bytes) -> Signals:
    """Return what the script answered of a mark, b"" for nothing."""
    if not data:
        return NO_SIGNALS
    n = (len(data) - _SEEN.size) // _KNOWN.size
    first = len(mark) - n * (1 + WHO_BYTES)
    kinds = mark[first :: 1 + WHO_BYTES] if n else b""
    found = []
    for kind, place in zip(kinds, range(_SEEN.size, len(data), _KNOWN.size), strict=True):
        ham, spam, hams, spams = _KNOWN.unpack_from(data, place)
        if hams or spams:
            found.append(Reputation(kind, ham / 100, spam / 100, hams, spams))
    comments, addresses, people = _SEEN.unpack_from(data)
    return Signals(comments, addresses, people, tuple(found))


def drop(store: Store, site: str, people: Sequence[bytes]) -> int:
    """Forget the reputations under some keyed hashes; return how many there were."""
    names = [keys.of_site(site).authors]
    return sum(
        store.run("drop_reputations", names, people[at : at + AT_ONCE])
        for at in range(0, len(people), AT_ONCE)
    )


def drop_before(store: Store, site: str, at_ms: int, part: int, parts: int) -> int:
    """Forget reputations of which nothing was decided since a time (ms since 1970), and decisions
    of before that time, in one part of a site's buckets; return how many reputations went."""
    prefix, hour = f"{keys.of_site(site).authors}r", at_ms // HOUR_MS
    dropped = 0
    for bucket in range(part, BUCKETS, parts):
        with store_errors():
            found = store.redis.hgetall(f"{prefix}{bucket}")
        place = bucket.to_bytes(2, "big")
        gone = [who for who, data in found.items() if int.from_bytes(data[:4], "big") < hour]
        # What an older version wrote has no bit that tells of it.
        dropped += drop(store, site, [*(place + who for who in gone), *([place] if found else ())])
        dropped += _expire(store, site, hour, range(bucket, NOTED_BUCKETS, BUCKETS))
    return dropped


def _expire(store: Store, site: str, hour: int, buckets: Sequence[int]) -> int:
    """Forget decisions of before an hour, and take back what they counted: how often something was
    said is not halved with time. Return how many reputations went."""
    k = keys.of_site(site)
    gone = 0
    for bucket in buckets:
        with store_errors():
            found = store.redis.hgetall(f"{k.authors}n{bucket}")
        old = [raw for raw, data in found.items() if int.from_bytes(data[1:5], "big") < hour]
        for at in range(0, len(old), AT_ONCE):
            # The script compares the hour again: a comment may be decided anew meanwhile.
            gone += store.run("expire_noted", [k.authors], [hour, *old[at : at + AT_ONCE]])
    return gone
