"""What is known of who writes, read with the state of the site before comments are judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from moderation.store import authors, keys, signals
from moderation.store.authors import Record
from moderation.store.client import Call, Store
from moderation.store.faults import store_errors
from moderation.store.signals import Signals, unpack
from moderation.store.sites import SiteState, state_of

AT_ONCE = 100
"""Most comments that one script looks up."""
HOUR_MS = 3_600_000


class Asked(Struct, frozen=True):
    """What is asked: whether comments are counted, and whether anybody asks for their pace."""

    is_counted: bool
    pace: bool


class Person(Struct, frozen=True):
    """What is known of one that a comment is by: e-mail, id or address."""

    who: bytes
    is_address: bool
    record: Record | None
    hour: int


def call(
    site: str,
    marks: Sequence[bytes],
    ids: Sequence[bytes],
    asked: Asked,
    now_ms: int,
    external_id: str = "",
    revisions: Sequence[int] = (),
) -> Call:
    """Return the call that reads the state of a site and what is known of up to a hundred marks, of
    comments with these ids, each the first of its revisions unless `revisions` says otherwise; one
    alone that may have been sent before comes with its external id."""
    k = keys.of_site(site)
    hour, over = divmod(now_ms, HOUR_MS)
    words: list[Any] = [
        hour,
        over * 1000 // HOUR_MS,
        int(asked.is_counted),
        int(asked.pace),
        now_ms,
        external_id,
    ]
    bucket = k.external + str(keys.external_bucket(external_id))
    for three in zip(marks, ids, revisions or [1] * len(ids), strict=True):
        words += three
    names = [k.meta, k.snapshot, k.authors, k.pace, k.alike, bucket, k.comment]
    return Call("known", names, words)


def answered(
    marks: Sequence[bytes], answer: list[Any]
) -> tuple[SiteState, list[tuple[list[Person], Signals]]]:
    """Return the state of the site, and of each mark what is known of its people, and of more."""
    state, found = answer
    people = []
    for mark, (seen, *given) in zip(marks, found, strict=True):
        whos, has_address = authors.people_of(mark)
        records = [authors.record_of(data) if data else None for data in given[::2]]
        some = [
            Person(who, has_address and at == len(whos) - 1, record, int(hour))
            for at, (who, record, hour) in enumerate(zip(whos, records, given[1::2], strict=True))
        ]
        people.append((some, unpack(mark, seen)))
    return state_of(state), people


def forget(store: Store, site: str, people: Sequence[bytes], now_ms: int) -> int:
    """Forget what is counted under some keyed hashes: records, paces, reputations; return how many
    there were.

    Each hash is as `authors.who` shortens it. This is the one place that knows all of them. What
    stays: a campaign holds two bytes of an address and of an author for six hours, and the note of
    where a decision counted holds the hash until its comment is deleted or the note is too old;
    nothing is taken back by it from what is counted since.
    """
    dropped = authors.drop(store, site, people) + drop_paces(store, site, people, now_ms)
    return dropped + signals.drop(store, site, people)


def drop_paces(store: Store, site: str, people: Sequence[bytes], now_ms: int) -> int:
    """Forget how many comments some people wrote within the hour; return how many counts went."""
    hour, prefix = now_ms // HOUR_MS, keys.of_site(site).pace.encode()
    names = [b"%s%d:%s" % (prefix, at, who) for who in people for at in (hour, hour - 1)]
    with store_errors():
        return int(store.redis.unlink(*names)) if names else 0
