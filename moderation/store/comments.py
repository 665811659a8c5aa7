"""Comments: decided, read, listed and counted."""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections import Counter
from collections.abc import Iterable, Sequence

from moderation.domain.comments import Comment, Status
from moderation.store import codec, keys
from moderation.store.accepting import (
    AT_ONCE,
    EXTERNAL_BUCKETS,
    NO_NOTES,
    Conditions,
    Notes,
    Write,
    Written,
    accept_call,
    charging,
    day_of,
    external_bucket,
    state_instead,
    ttls,
    written,
)
from moderation.store.client import Store, store_errors

__all__ = [
    "AT_ONCE",
    "EXTERNAL_BUCKETS",
    "NO_NOTES",
    "Conditions",
    "Notes",
    "Write",
    "Written",
    "accept_call",
    "charging",
    "counters",
    "counters_of_day",
    "day_of",
    "decide",
    "external_bucket",
    "find_external",
    "find_externals",
    "get",
    "get_many",
    "page",
    "state_instead",
    "ttls",
    "written",
]


def decide(
    store: Store,
    site: str,
    raw_id: bytes,
    *,
    expected: tuple[int, int],
    label: str | None,
    decision: bytes,
    example: bytes,
    retention: list[int],
    now_ms: int,
    call: str,
    replayable: int,
    undecided: Status | None = None,
) -> tuple[str, int]:
    """Decide a comment, or undo its decision (`label` None), if it is as `expected`.

    `expected` is (revision, number of decisions); `call` names this call, so that running it
    twice has one effect; the withdrawal of a label more than `replayable` back asks for a job
    that makes the learner anew; `undecided` is the status that the last undo gives back (None: that
    by the verdict). Return ("ok", sequence), or ("stale" | "missing" | "nothing", 0).
    """
    k = keys.of_site(site)
    answer = store.run(
        "decide",
        [
            k.meta, k.comment, k.queued, k.approved, k.held, k.spam, k.day + day_of(now_ms),
            k.label, k.labels, k.once + call, k.waiting, k.labelled,
        ],
        [
            site, now_ms, *retention, raw_id, *expected, codec.LABEL_CODE[label], decision, example,
            replayable, "" if undecided is None else codec.STATUS_CODE[undecided],
        ],
    )  # fmt: skip
    return answer[0].decode(), int(answer[1]) if len(answer) > 1 else 0


def get(store: Store, site: str, raw_id: bytes, revision: int = 0) -> Comment | None:
    """Return a comment, or one of its older revisions; None where there is none."""
    key = keys.of_site(site).comment.encode() + raw_id
    if revision:
        key += b":%d" % revision
    with store_errors():
        data = store.redis.get(key)
    return None if data is None else codec.unpack_comment(site, raw_id, data)


def get_many(store: Store, site: str, ids: Sequence[bytes]) -> list[Comment | None]:
    """Return comments in the order of their ids; None for one that is gone."""
    if not ids:
        return []
    prefix = keys.of_site(site).comment.encode()
    with store_errors():
        found = store.redis.mget([prefix + raw for raw in ids])
    return [
        None if data is None else codec.unpack_comment(site, raw, data)
        for raw, data in zip(ids, found, strict=True)
    ]


def get_within(
    store: Store, site: str, ids: Sequence[bytes], most_bytes: int
) -> tuple[list[Comment | None], int]:
    """Return the first of these comments, as many as fit, and how many bytes they have.

    The first is there whatever its size, so that whoever goes on gets on.
    """
    prefix = keys.of_site(site).comment.encode()
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for raw in ids:
            pipe.strlen(prefix + raw)
        sizes = list(itertools.accumulate(pipe.execute()))
    fitting = max(1, bisect.bisect_right(sizes, most_bytes))
    found = get_many(store, site, ids[:fitting])
    return found, sizes[len(found) - 1] if found else 0


def find_external(store: Store, site: str, external_id: str) -> bytes | None:
    """Return the id of the comment that a site calls `external_id`."""
    bucket = keys.of_site(site).external + str(external_bucket(external_id))
    with store_errors():
        found: bytes | None = store.redis.hget(bucket, external_id)
    return found


def find_externals(store: Store, site: str, external_ids: Sequence[str]) -> list[bytes | None]:
    """Return the ids of several external ids in one round trip; None for '' and unknown ones."""
    prefix = keys.of_site(site).external
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for external_id in external_ids:
            pipe.hget(f"{prefix}{external_bucket(external_id)}", external_id)
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


def counters(store: Store, site: str, days: Iterable[str]) -> list[dict[str, int]]:
    """Return a site's counters of each day."""
    return _counters(store, [keys.of_site(site).day + day for day in days])


def counters_of_day(store: Store, sites: Iterable[str], day: str) -> list[dict[str, int]]:
    """Return the counters of several sites on one day, in one round trip."""
    return _counters(store, [keys.of_site(site).day + day for site in sites])


def _counters(store: Store, names: Iterable[str]) -> list[dict[str, int]]:
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for name in names:
            pipe.hgetall(name)
        return [_by_name(found) for found in pipe.execute()]


def _by_name(found: dict[bytes, bytes]) -> dict[str, int]:
    """Return counters by name. What a verdict counts is one field: `verdicts_` and the codes of
    its status, its label and who judged."""
    counts: Counter[str] = Counter()
    for field, value in found.items():
        name, _, codes = field.decode().partition("verdicts_")
        if codes:
            for what, code in zip(("verdict", "label", "by"), codes, strict=True):
                counts[f"{what}_{code}"] += int(value)
        else:
            counts[name] += int(value)
    return dict(counts)
