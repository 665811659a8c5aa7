"""Held comments that are like each other, as `scripts/alike.lua` groups them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

SKETCH, BAND, ID = 24, 4, 16
BUCKETS = 128


class Group(Struct, frozen=True):
    """Comments that are alike: how many there are, and the mark of the one that they began with."""

    number: str
    size: int
    mark: bytes


def groups(store: Store, asked: Sequence[tuple[str, bytes, bytes]]) -> list[Group | None]:
    """Return the group of each held comment (site, id, mark) that has others like it, None for one
    that has none, in three round trips."""
    with store_errors():
        numbers = _numbers(store, asked)
        places = [(i, number) for i, found in enumerate(numbers) for number in found]
        # Many comments of a list are of the same group: it is asked for once.
        once = list(dict.fromkeys((asked[i][0], number) for i, number in places))
        pipe = store.redis.pipeline(transaction=False)
        for site, number in once:
            prefix = keys.of_site(site).alike
            pipe.hget(f"{prefix}{int(number) % BUCKETS}", f"g{int(number):04}")
            pipe.zcard(f"{prefix}of:{number}")
        for i, number in places:
            site, raw, _ = asked[i]
            pipe.zscore(f"{keys.of_site(site).alike}of:{number}", raw)
        answers = iter(pipe.execute() if places else ())
        known = {one: (next(answers), next(answers)) for one in once}
    found: list[Group | None] = [None] * len(asked)
    for i, number in places:
        (group, size), score = known[asked[i][0], number], next(answers)
        if group is not None and score is not None and size > 1:
            found[i] = Group(number, size, group[ID:])
    return found


def _numbers(store: Store, asked: Sequence[tuple[str, bytes, bytes]]) -> list[list[str]]:
    """Return the numbers of the groups to which the bands of each mark lead."""
    bands = [
        [(site, mark[at : at + BAND]) for at in range(SKETCH, len(mark), BAND)]
        for site, _, mark in asked
    ]
    once = list(dict.fromkeys(band for some in bands for band in some))
    pipe = store.redis.pipeline(transaction=False)
    for site, band in once:
        bucket = int.from_bytes(band[:2], "big") % BUCKETS
        pipe.hget(f"{keys.of_site(site).alike}{bucket}", band)
    found = dict(zip(once, pipe.execute() if once else (), strict=True))
    return [
        list(dict.fromkeys(found[band].decode() for band in some if found[band])) for some in bands
    ]


def members(store: Store, site: str, number: str, most: int) -> list[bytes]:
    """Return the ids of a group's first comments, the oldest first."""
    with store_errors():
        found: list[bytes] = store.redis.zrange(
            f"{keys.of_site(site).alike}of:{number}", 0, most - 1
        )
    return found


def leave(store: Store, site: str, number: str, ids: Sequence[bytes]) -> None:
    """Take out of a group what is held no longer, or changed."""
    if ids:
        with store_errors():
            store.redis.zrem(f"{keys.of_site(site).alike}of:{number}", *ids)
