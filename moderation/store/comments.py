"""Comments: written, recorded, decided, read and listed."""

from __future__ import annotations

import datetime as dt
import heapq
import itertools
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from msgspec import Struct

from moderation.domain.comments import Comment, Status
from moderation.domain.sites import Retention
from moderation.domain.verdicts import Verdict
from moderation.store import codec, keys
from moderation.store.client import Store, store_errors
from moderation.store.sites import SiteState, state_of

AT_ONCE = 100
"""Most comments that one script handles: it blocks the store for about 2 ms."""
EXTERNAL_BUCKETS = 4096
IDEMPOTENCY_MS = 24 * 3600 * 1000


class Write(Struct, frozen=True):
    """One comment on its way into the store; `label` with `decision` and `example` decide it."""

    id: bytes
    external_id: str
    digest: bytes
    submission: bytes
    verdict: Verdict | None = None
    status: Status = "queued"
    label: str | None = None
    decision: bytes = b""
    example: bytes = b""


class Written(Struct, frozen=True):
    """What became of a `Write`: new, a new revision, or the same comment again."""

    id: bytes
    kind: Literal["new", "revision", "same"]
    revision: int


class Conditions(Struct, frozen=True):
    """What must hold before anything is written, and what is counted.

    `tokens` is the revision of the site's tokens that the caller knows (None: any); `state` is
    what the verdicts were made with (None: unasked), and has the tokens' revision in it;
    `idempotency` is the keyed hash of the client's key with the digest of its request; `charge`
    is what counts against `per_minute` (0: each comment of the call); `replayable` is how many
    labels back a learner may be made anew without a job.
    """

    tokens: int | None = None
    state: SiteState | None = None
    idempotency: tuple[str, bytes] | None = None
    token_id: str = ""
    per_minute: int = 0
    charge: int = 0
    replayable: int = 1000


_KIND: dict[bytes, Literal["new", "revision", "same"]] = {
    b"n": "new",
    b"r": "revision",
    b"s": "same",
}


def ttls(retention: Retention) -> list[int]:
    """Returns the time to live by status code, in milliseconds; 0 is for ever."""
    days = (retention.queued, retention.approved, retention.held, retention.spam)
    return [day * 86_400_000 for day in days]


def external_bucket(external_id: str) -> int:
    """Returns the bucket of an external id; small hashes are kept compact by the store."""
    return zlib.crc32(external_id.encode()) % EXTERNAL_BUCKETS


def day_of(now_ms: int) -> str:
    """Returns the UTC day of a time as `2026-11-22`."""
    return dt.datetime.fromtimestamp(now_ms / 1000, dt.UTC).date().isoformat()


Notes = Sequence[tuple[bytes, bytes]]
"""What is kept beside a comment for as long as it: a prefix to which the comment's id is added
with what stands there, or a key that leads to the comment's id with b"" in its place."""


def accept_call(
    site: str,
    writes: Sequence[Write],
    retention: list[int],
    now_ms: int,
    on: Conditions,
    notes: Notes = (),
) -> tuple[list[str], list[Any]]:
    """Returns keys and arguments of the script that writes up to `AT_ONCE` comments.

    `notes` are on the first of them.
    """
    k = keys.of_site(site)
    idempotency, limit = k.meta, k.meta
    request = b""
    if on.idempotency is not None:
        idempotency, request = k.idempotency + on.idempotency[0], on.idempotency[1]
    if on.per_minute:
        limit = f"{k.limit}{on.token_id}:{now_ms // 60_000}"
    args: list[Any] = [
        site, now_ms, "" if on.tokens is None else on.tokens, *retention,
        request, IDEMPOTENCY_MS, on.per_minute, len(writes), on.replayable,
        on.charge or len(writes), "" if on.state is None else _state_text(on.state),
    ]  # fmt: skip
    for w in writes:
        args += (w.id, w.external_id)
        args += (external_bucket(w.external_id) if w.external_id else "", w.digest, w.submission)
        if w.verdict is None:
            args += (0, 0, 0, 0, b"")
        else:
            args += _verdict_args(w.verdict, w.status)
        args += (codec.LABEL_CODE[w.label], w.decision, w.example)
    for note in notes:
        args += note
    return [
        k.meta, k.comment, k.queued, k.approved, k.held, k.spam, k.inbox, k.day + day_of(now_ms),
        k.external, k.label, k.labels, idempotency, limit, k.snapshot, k.waiting,
    ], args  # fmt: skip


def _state_text(s: SiteState) -> str:
    return f"{s.labels} {s.epoch} {s.settings} {s.tokens} {s.created_ms} {s.snapshot}"


def _verdict_args(verdict: Verdict, status: Status) -> tuple[Any, ...]:
    code = codec.STATUS_CODE[status]
    label = codec.LABEL_CODE[verdict.label]
    return code, code, label, codec.BY_CODE[verdict.decided_by], codec.pack_verdict(verdict)


def written(answer: list[Any]) -> list[Written] | str:
    """Returns what the accepting script answered: comments, or the word for why none."""
    if answer[0] != b"ok":
        return str(answer[0].decode())
    return [
        Written(answer[i], _KIND[answer[i + 1]], int(answer[i + 2]))
        for i in range(1, len(answer), 3)
    ]


def state_instead(answer: list[Any]) -> SiteState | None:
    """Returns the site's state where the accepting script found another than it was told."""
    return state_of(answer[1:]) if answer[0] == b"stale" else None


class Recorded(Struct, frozen=True):
    """A verdict on its way into the store, with the inbox entry that asked for it."""

    site: str
    entry: bytes
    id: bytes
    revision: int
    verdict: Verdict
    status: Status
    ttl_ms: int


def record(store: Store, shard: int, verdicts: Sequence[Recorded], now_ms: int) -> int:
    """Records verdicts of one shard, at most `AT_ONCE` a script, and empties their entries."""
    calls = []
    for start in range(0, len(verdicts), AT_ONCE):
        part = verdicts[start : start + AT_ONCE]
        sites: dict[str, int] = {}
        names = [keys.inbox(shard), keys.waiting(shard)]
        args: list[Any] = [keys.GROUP, now_ms]
        for r in part:
            at = sites.get(r.site)
            if at is None:
                at = sites[r.site] = len(sites)
                k = keys.of_site(r.site)
                names += (k.comment, *k.by_status, k.day + day_of(now_ms))
            args += (at, r.entry, r.id, r.revision)
            args += (*_verdict_args(r.verdict, r.status), r.ttl_ms)
        calls.append((names, args))
    return sum(store.run_many("record", calls))


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
) -> tuple[str, int]:
    """Decides a comment, or undoes its decision (`label` None), if it is as `expected`.

    `expected` is (revision, number of decisions); `call` names this call, so that running it
    twice has one effect; the withdrawal of a label more than `replayable` back asks for a job
    that makes the learner anew. Returns ("ok", sequence), or ("stale" | "missing" | "nothing", 0).
    """
    k = keys.of_site(site)
    answer = store.run(
        "decide",
        [
            k.meta, k.comment, k.queued, k.approved, k.held, k.spam, k.day + day_of(now_ms),
            k.label, k.labels, k.once + call, k.waiting,
        ],
        [
            site, now_ms, *retention, raw_id, *expected, codec.LABEL_CODE[label], decision, example,
            replayable,
        ],
    )  # fmt: skip
    return answer[0].decode(), int(answer[1]) if len(answer) > 1 else 0


def get(store: Store, site: str, raw_id: bytes, revision: int = 0) -> Comment | None:
    """Returns a comment, or one of its older revisions; None where there is none."""
    key = keys.of_site(site).comment.encode() + raw_id
    if revision:
        key += b":%d" % revision
    with store_errors():
        data = store.redis.get(key)
    return None if data is None else codec.unpack_comment(site, raw_id, data)


def get_many(store: Store, site: str, ids: Sequence[bytes]) -> list[Comment | None]:
    """Returns comments in the order of their ids; None for one that is gone."""
    if not ids:
        return []
    prefix = keys.of_site(site).comment.encode()
    with store_errors():
        found = store.redis.mget([prefix + raw for raw in ids])
    return [
        None if data is None else codec.unpack_comment(site, raw, data)
        for raw, data in zip(ids, found, strict=True)
    ]


def find_external(store: Store, site: str, external_id: str) -> bytes | None:
    """Returns the id of the comment that a site calls `external_id`."""
    bucket = keys.of_site(site).external + str(external_bucket(external_id))
    with store_errors():
        found: bytes | None = store.redis.hget(bucket, external_id)
    return found


def find_externals(store: Store, site: str, external_ids: Sequence[str]) -> list[bytes | None]:
    """Returns the ids of several external ids in one round trip; None for '' and unknown ones."""
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
    """Returns up to `n` ids strictly between two ids, oldest or newest first.

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
    """Returns a site's counters of each day."""
    return _counters(store, [keys.of_site(site).day + day for day in days])


def counters_of_day(store: Store, sites: Iterable[str], day: str) -> list[dict[str, int]]:
    """Returns the counters of several sites on one day, in one round trip."""
    return _counters(store, [keys.of_site(site).day + day for site in sites])


def _counters(store: Store, names: Iterable[str]) -> list[dict[str, int]]:
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for name in names:
            pipe.hgetall(name)
        return [{f.decode(): int(v) for f, v in found.items()} for found in pipe.execute()]
