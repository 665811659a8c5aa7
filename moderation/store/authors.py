"""What is kept of the people who write, under keyed hashes: how their comments ended, and when."""

from __future__ import annotations

import struct
from collections.abc import Collection, Sequence

from msgspec import Struct

from moderation.domain.comments import STATUSES, Status
from moderation.store import codec, keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

BUCKETS = 512
"""The hashes that a site's people are spread over, as `scripts/author.lua` has it."""
STRIP = 20
"""Comments whose outcome is kept each for itself."""
WHO_BYTES = 6
DAY_MS = 86_400_000

_MARK = struct.Struct(">HBB")
_HEAD = struct.Struct(">HHBB")
_ONCE = 4
"""Bytes of a record of somebody who wrote once: day and entry."""
_TAG = 0x3FFF


class Record(Struct, frozen=True):
    """What is known of a person: `strip` has the outcomes of the last comments, the oldest first.

    Days are counted since 1970. `today` is how many comments came on `last_day`, and `names` under
    how many names (of addresses alone, 0 else; 8 is many).
    """

    first_day: int
    last_day: int
    today: int
    names: int
    strip: tuple[Status, ...]
    approved: int
    spam: int


def who(keyed_hash: str) -> bytes:
    """Return the bytes under which a person is known, of the hexadecimal keyed hash."""
    return bytes.fromhex(keyed_hash[: 2 * WHO_BYTES])


def pack_mark(
    at_ms: int,
    name: int,
    has_address: bool,
    people: Sequence[bytes],
    campaign: bytes = b"",
    reputations: bytes = b"",
) -> bytes:
    """Return what the scripts note a comment under: its day, a byte for the author's name, and its
    people, the address last where there is one; then its campaign and its reputations, as
    `signals` packs them."""
    flags = has_address | len(people) << 1 | bool(campaign) << 4
    head = _MARK.pack(min(at_ms // DAY_MS, 0xFFFF), name, flags)
    return b"".join((head, *people, campaign, reputations))


def only(mark: bytes, who: Collection[bytes]) -> bytes:
    """Return a mark with these of its people alone, b"" where that is none; without its campaign
    and its reputations."""
    people, has_address = people_of(mark)
    left = [person for person in people if person in who]
    if not left:
        return b""
    day, name, _ = _MARK.unpack_from(mark)
    is_last = has_address and people[-1] in who
    return pack_mark(day * DAY_MS, name, is_last, left)


def people_of(mark: bytes) -> tuple[list[bytes], bool]:
    """Return the people of a mark, and whether the last of them is an address."""
    if not mark:
        return [], False
    flags = _MARK.unpack_from(mark)[2]
    end = _MARK.size + (flags >> 1 & 7) * WHO_BYTES
    return [mark[at : at + WHO_BYTES] for at in range(_MARK.size, end, WHO_BYTES)], bool(flags & 1)


def read(store: Store, asked: Sequence[tuple[str, bytes, bytes]]) -> list[Record | None]:
    """Return the record of each person: site, who, and a comment that is left out of it (b"" none),
    in one round trip.

    Raises:
        codec.Unreadable: one cannot be read.
    """
    if not asked:
        return []
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for site, person, _ in asked:
            pipe.hget(*_place(site, person))
        found = pipe.execute()
    try:
        return [
            None if data is None else record_of(data, left_out)
            for (_, _, left_out), data in zip(asked, found, strict=True)
        ]
    except codec.UNREADABLE as error:
        raise codec.Unreadable("the record of an author cannot be read") from error


def drop(store: Store, site: str, people: Sequence[bytes]) -> int:
    """Forget people of a site; return how many were known."""
    with store_errors():
        return sum(store.redis.hdel(*_place(site, person)) for person in people)


def drop_before(store: Store, site: str, day: int, part: int, parts: int) -> int:
    """Forget who was not seen since a day, in one part of a site's buckets; return how many."""
    prefix = keys.of_site(site).authors
    dropped = 0
    with store_errors():
        for bucket in range(part, BUCKETS, parts):
            found = store.redis.hgetall(f"{prefix}{bucket}")
            gone = [person for person, data in found.items() if _last_day(data) < day]
            if gone:
                dropped += store.redis.hdel(f"{prefix}{bucket}", *gone)
    return dropped


def drop_all(store: Store, site: str) -> None:
    """Forget everybody who wrote on a site."""
    prefix = keys.of_site(site).authors
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for bucket in range(BUCKETS):
            pipe.delete(f"{prefix}{bucket}")
        pipe.execute()


def take_from(store: Store, site: str, comments: Sequence[tuple[bytes, int, bytes]]) -> int:
    """Take revised comments from who wrote an earlier text alone: id, the revision that is compared
    (0: it is gone), and the mark of those who did not write that one.

    Return how many have another revision by now, and were left. It may be done again.
    """
    k = keys.of_site(site)
    words = [word for comment in comments for word in comment]
    return int(store.run("revised", [k.comment, k.authors], words))


def note(store: Store, site: str, comments: Sequence[tuple[bytes, bytes, bytes]]) -> None:
    """Note stored comments (id, mark of the authors, mark of what is alike) with their authors and
    with those like them, whatever is known already; a hundred at most."""
    k = keys.of_site(site)
    words = [word for comment in comments for word in comment]
    store.run("note", [k.comment, k.authors, k.alike], words)


def _place(site: str, person: bytes) -> tuple[str, bytes]:
    """Return in which hash, under which field, a person's record stands."""
    bucket = int.from_bytes(person[:2], "big") % BUCKETS
    return f"{keys.of_site(site).authors}{bucket}", person[2:]


def _last_day(data: bytes) -> int:
    at = 0 if len(data) == _ONCE else 2
    return int.from_bytes(data[at : at + 2], "big")


def record_of(data: bytes, left_out: bytes = b"") -> Record | None:
    """Return a record of its bytes, without a comment of this id; None where nothing is left."""
    if len(data) == _ONCE:
        data = _HEAD.pack(_last_day(data), _last_day(data), 1, 0) + data[2:]
    first, last, today, names = _HEAD.unpack_from(data)
    rest = data[_HEAD.size + names :]
    entries = [int.from_bytes(rest[at : at + 2], "big") for at in range(0, len(rest), 2)][:STRIP]
    older = rest[2 * STRIP :]
    approved, spam = (int.from_bytes(older[at : at + 3], "big") for at in (0, 3))
    tag = int.from_bytes(left_out[14:], "big") & _TAG if left_out else -1
    strip = [STATUSES[entry & 3] for entry in entries if entry & 3 and entry >> 2 != tag]
    if not strip and not older:
        return None
    return Record(
        first_day=first,
        last_day=last,
        today=today,
        names=names,
        strip=tuple(strip),
        approved=approved + strip.count("approved"),
        spam=spam + strip.count("spam"),
    )
