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
        pipe = store.redis.pipeline(transaction=False)
        for i, number in places:
            site, raw, _ = asked[i]
            prefix = keys.of_site(site).alike
            pipe.hget(f"{prefix}{int(number) % BUCKETS}", f"g{int(number):04}")
            pipe.zscore(f"{prefix}of:{number}", raw)
            pipe.zcard(f"{prefix}of:{number}")
        answers = iter(pipe.execute() if places else ())
    found: list[Group | None] = [None] * len(asked)
    for i, number in places:
        group, score, size = next(answers), next(answers), next(answers)
        if group is not None and score is not None and size > 1:
            found[i] = Group(number, size, group[ID:])
    return found


def _numbers(store: Store, asked: Sequence[tuple[str, bytes, bytes]]) -> list[list[str]]:
    """Return the numbers of the groups to which the bands of each mark lead."""
    pipe = store.redis.pipeline(transaction=False)
    counts = []
    for site, _, mark in asked:
        prefix = keys.of_site(site).alike
        bands = [mark[at : at + BAND] for at in range(SKETCH, len(mark), BAND)]
        counts.append(len(bands))
        for band in bands:
            pipe.hget(f"{prefix}{int.from_bytes(band[:2], 'big') % BUCKETS}", band)
    answers = iter(pipe.execute() if sum(counts) else ())
    found = [[next(answers) for _ in range(count)] for count in counts]
    return [list(dict.fromkeys(number.decode() for number in some if number)) for some in found]


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
