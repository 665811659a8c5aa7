"""Comments by their ids, by what their sites call them, and a page at a time."""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections.abc import Iterator, Sequence

from msgspec import Struct

from moderation.domain.comments import Comment, Status
from moderation.store import codec, keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

_REVISIONS_AT_ONCE = 20
_MISSING_AT_MOST = 100
"""After so many revisions that are not there, older ones that went first, none is looked for."""


class Left(Struct, frozen=True):
    """What is there of a comment that cannot be read itself: its newest older revision, 0 for none,
    and what its site calls it by the newest of them that can be read."""

    revision: int = 0
    external_id: str = ""


def get(store: Store, site: str, raw_id: bytes, revision: int = 0) -> Comment | None:
    """Return a comment, or one of its older revisions; None where there is none."""
    key = keys.of_site(site).comment.encode() + raw_id
    if revision:
        key += b":%d" % revision
    with store_errors():
        data = store.redis.get(key)
    return None if data is None else codec.unpack_comment(site, raw_id, data)


def get_many(
    store: Store, site: str, ids: Sequence[bytes], unread: list[bytes] | None = None
) -> list[Comment | None]:
    """Return comments in the order of their ids; None for one that is gone.

    With `unread` also for one that cannot be read, whose id is put there.
    """
    if not ids:
        return []
    prefix = keys.of_site(site).comment.encode()
    with store_errors():
        found = store.redis.mget([prefix + raw for raw in ids])
    return [_read(site, raw, data, unread) for raw, data in zip(ids, found, strict=True)]


def _read(
    site: str, raw_id: bytes, data: bytes | None, unread: list[bytes] | None
) -> Comment | None:
    try:
        return None if data is None else codec.unpack_comment(site, raw_id, data)
    except codec.UNREADABLE:
        if unread is None:
            raise
        unread.append(raw_id)
        return None


def with_older(
    store: Store, site: str, places: Sequence[tuple[bytes, int]]
) -> list[tuple[Comment | None, Comment | None]]:
    """Return older revisions of comments, by the id and the revision of each, with the comments as
    they are now; None for what is gone or cannot be read."""
    prefix = keys.of_site(site).comment.encode()
    names = [prefix + raw + b":%d" % number for raw, number in places]
    with store_errors():
        found = store.redis.mget(names + [prefix + raw for raw, _ in places])
    ids = [raw for raw, _ in places]
    read = [_read(site, raw, data, []) for raw, data in zip(ids * 2, found, strict=True)]
    return list(zip(read[: len(ids)], read[len(ids) :], strict=True))


def older(
    store: Store, site: str, raw_id: bytes, revision: int, unread: list[bytes] | None = None
) -> Iterator[Comment]:
    """Yield the revisions of a comment before one, the oldest first, those that are there; with
    `unread` without those that cannot be read, for each of which the comment's id is put there."""
    key = keys.of_site(site).comment.encode() + raw_id
    for first in range(1, revision, _REVISIONS_AT_ONCE):
        last = min(revision, first + _REVISIONS_AT_ONCE)
        with store_errors():
            found = store.redis.mget([key + b":%d" % number for number in range(first, last)])
        for data in found:
            comment = _read(site, raw_id, data, unread)
            if comment is not None:
                yield comment


def left_of(store: Store, site: str, raw_id: bytes) -> Left:
    """Return what is there of a comment that cannot be read itself, and so says nothing of it."""
    key = keys.of_site(site).comment.encode() + raw_id
    newest, external_id, first = 0, "", 1
    while first <= newest + _MISSING_AT_MOST:
        numbers = range(first, first + _REVISIONS_AT_ONCE)
        with store_errors():
            found = store.redis.mget([key + b":%d" % number for number in numbers])
        for number, data in zip(numbers, found, strict=True):
            newest = newest if data is None else number
            comment = _read(site, raw_id, data, [])
            external_id = (comment.submission.external_id if comment else "") or external_id
        first = numbers.stop
    return Left(newest, external_id)


def get_within(
    store: Store,
    site: str,
    ids: Sequence[bytes],
    most_bytes: int,
    unread: list[bytes] | None = None,
) -> tuple[list[Comment | None], int]:
    """Return the first of these comments, as many as fit, and how many bytes they have; `unread` as
    for `get_many`.

    The first is there whatever its size, so that whoever goes on gets on.
    """
    prefix = keys.of_site(site).comment.encode()
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for raw in ids:
            pipe.strlen(prefix + raw)
        sizes = list(itertools.accumulate(pipe.execute()))
    fitting = max(1, bisect.bisect_right(sizes, most_bytes))
    found = get_many(store, site, ids[:fitting], unread)
    return found, sizes[len(found) - 1] if found else 0


def find_externals(store: Store, site: str, external_ids: Sequence[str]) -> list[bytes | None]:
    """Return the ids of several external ids in one round trip; None for '' and unknown ones."""
    prefix = keys.of_site(site).external
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for external_id in external_ids:
            pipe.hget(f"{prefix}{keys.external_bucket(external_id)}", external_id)
        found: list[bytes | None] = pipe.execute()
    return found


def page(
    store: Store,
    site: str,
    status: Status | None,
    after: bytes,
    before: bytes,
    newest: bool,
    n: int,
) -> list[bytes]:
    """Return up to `n` ids strictly between two ids, oldest or newest first.

    `after` and `before` may be empty for no bound. Without a status those of all are merged.
    """
    k = keys.of_site(site)
    names = k.by_status if status is None else (k.by_status[codec.STATUS_CODE[status]],)
    low = b"(" + after if after else b"-"
    high = b"(" + before if before else b"+"
    with store_errors():
        pipe = store.redis.pipeline(transaction=len(names) > 1)
        for name in names:
            if newest:
                pipe.zrevrangebylex(name, high, low, start=0, num=n)
            else:
                pipe.zrangebylex(name, low, high, start=0, num=n)
        found = pipe.execute()
    return list(itertools.islice(heapq.merge(*found, reverse=newest), n))
