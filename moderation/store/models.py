"""Snapshots: their bytes, what is known of each, and the pointer to the one in use.

Which one is in use is decided in one place of the installation, `{winnow}:in-use`, and copied to
each shard, where the scripts read it. A copy that was cut short is made good by `copy_pointer`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from moderation.domain.models import InUse, Promotion, Snapshot
from moderation.domain.reports import Report
from moderation.store import codec, keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

CHANGES_KEPT = 1000
OTHER_KEPT_MS = 7 * 86_400_000
"""How long the checkpoints of a snapshot stay after it was replaced: for a roll-back, and for
processes of a rolling upgrade."""

_OF_EACH = (keys.FIRST_USED, keys.MODELS, keys.SNAPSHOTS, keys.REPORTS, keys.WITHDRAWN)
"""The hashes that hold something of a snapshot; that of the first use comes first."""

_snapshot = msgspec.json.Decoder(Snapshot).decode
_report = msgspec.json.Decoder(Report).decode
_promotion = msgspec.json.Decoder(Promotion).decode


def put(store: Store, snapshot: Snapshot, blob: bytes) -> Literal["made", "same", "other"]:
    """Keep a snapshot; say whether it was there before, or another of the same name is."""
    facts = msgspec.json.encode(snapshot)
    answer = store.run("put_model", [keys.MODELS, keys.SNAPSHOTS], [snapshot.name, facts, blob])
    return {1: "made", 0: "same"}.get(answer, "other")  # type: ignore[return-value]


def blob(store: Store, name: str) -> bytes | None:
    """Return the bytes of a snapshot."""
    with store_errors():
        found: bytes | None = store.redis.hget(keys.SNAPSHOTS, name)
    return found


def every(store: Store) -> list[Snapshot]:
    """Return what is known of each snapshot, the newest first.

    Raises:
        codec.Unreadable: of one it cannot be read.
    """
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        pipe.hvals(keys.MODELS)
        pipe.hgetall(keys.FIRST_USED)
        pipe.hgetall(keys.WITHDRAWN)
        known, used, withdrawn = pipe.execute()
    try:
        found = [_with_times(_snapshot(data), used, withdrawn) for data in known]
    except codec.UNREADABLE as error:
        raise codec.Unreadable("what is known of a model cannot be read") from error
    return sorted(found, key=lambda s: (s.made_ms, s.name), reverse=True)


def one(store: Store, name: str) -> Snapshot | None:
    """Return what is known of a snapshot, None where there is none."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        pipe.hget(keys.MODELS, name)
        pipe.hget(keys.FIRST_USED, name)
        pipe.hget(keys.WITHDRAWN, name)
        data, *times = pipe.execute()
    if data is None:
        return None
    used, withdrawn = ({name.encode(): time or b"0"} for time in times)
    return _with_times(_snapshot(data), used, withdrawn)


def _with_times(
    snapshot: Snapshot, used: dict[bytes, bytes], withdrawn: dict[bytes, bytes]
) -> Snapshot:
    name = snapshot.name.encode()
    return msgspec.structs.replace(
        snapshot, first_used_ms=int(used.get(name, 0)), withdrawn_ms=int(withdrawn.get(name, 0))
    )


def withdraw(store: Store, names: Iterable[str], now_ms: int) -> None:
    """Note that snapshots are not to be used again, from now on or from earlier."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for name in names:
            pipe.hsetnx(keys.WITHDRAWN, name, now_ms)
        pipe.execute()


def restore(store: Store, name: str) -> None:
    """Take back that a snapshot is not to be used again."""
    with store_errors():
        store.redis.hdel(keys.WITHDRAWN, name)


def withdrawn(store: Store) -> frozenset[str]:
    """Return the names of the snapshots that are not to be used again."""
    with store_errors():
        return frozenset(name.decode() for name in store.redis.hkeys(keys.WITHDRAWN))


def note_erasure(store: Store) -> None:
    """Note that labels of a person were erased: what was read of labels before holds no longer."""
    with store_errors():
        store.redis.incr(keys.ERASURES)


def erasures(store: Store) -> int:
    """Return how often labels of a person were erased."""
    with store_errors():
        return int(store.redis.get(keys.ERASURES) or 0)


def drop_candidate(store: Store, name: str) -> bool:
    """Forget a snapshot; False where it is, or once was, in use."""
    return bool(store.run("drop_model", _OF_EACH, [name]))


def forget(store: Store, name: str) -> None:
    """Forget a snapshot that was in use long ago."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=True)
        for key in _OF_EACH:
            pipe.hdel(key, name)
        pipe.execute()


def put_report(store: Store, name: str, found: Report) -> None:
    """Keep how a candidate was judged, in place of an earlier judgement."""
    with store_errors():
        store.redis.hset(keys.REPORTS, name, msgspec.json.encode(found))


def report(store: Store, name: str) -> Report | None:
    """Return how a candidate was judged, None where it was not, or by a version whose reports
    had another form."""
    with store_errors():
        data = store.redis.hget(keys.REPORTS, name)
    try:
        return None if data is None else _report(data)
    except msgspec.ValidationError:
        return None


def in_use(store: Store) -> InUse:
    """Return the snapshot in use, with an empty name before the first run."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        pipe.hmget(keys.IN_USE, "name", "revision")
        pipe.get(keys.snapshot(0))
        (name, revision), copied = pipe.execute()
    return InUse((name or copied or b"").decode(), int(revision or 0))


def changes(store: Store, most: int = CHANGES_KEPT) -> list[Promotion]:
    """Return the newest changes of the snapshot in use, the oldest of them first."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        pipe.hget(keys.IN_USE, "revision")
        pipe.lrange(keys.PROMOTIONS, -most, -1)
        last, found = pipe.execute()
    first = int(last or 0) - len(found) + 1
    return [
        msgspec.structs.replace(_promotion(data), revision=revision)
        for revision, data in enumerate(found, first)
    ]


def use(store: Store, change: Promotion, seen: InUse | None = None) -> InUse | None:
    """Put a snapshot to use from the next verdict on, and return that.

    With `seen` only while that is in use. Return None, with nothing changed, where it is not or
    the bytes of the snapshot are gone.
    """
    revision = store.run(
        "promote",
        [keys.IN_USE, keys.PROMOTIONS, keys.SNAPSHOTS, keys.FIRST_USED],
        ["" if seen is None else seen.revision, change.name, change.at_ms,
         msgspec.json.encode(change), CHANGES_KEPT],
    )  # fmt: skip
    if not revision:
        return None
    _copy(store, InUse(change.name, revision), change.at_ms)
    return InUse(change.name, revision)


def copy_pointer(store: Store, now_ms: int) -> bool:
    """Copy the pointer to the shards that lack it, if any; say whether there were some."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        pipe.hmget(keys.IN_USE, "name", "revision")
        pipe.get(keys.snapshot_revision(0))
        (name, revision), copied = pipe.execute()
    if int(revision or 0) <= int(copied or 0):
        return False
    _copy(store, InUse(name.decode(), int(revision)), now_ms)
    return True


def _copy(store: Store, chosen: InUse, now_ms: int) -> None:
    # The first shard tells whether all have it, so it comes last.
    calls = [
        (
            [keys.snapshot(shard), keys.snapshot_revision(shard), keys.other_snapshots(shard)],
            [chosen.name, chosen.revision, now_ms, now_ms + OTHER_KEPT_MS],
        )
        for shard in reversed(range(keys.SHARDS))
    ]
    store.run_many("use_snapshot", calls[:-1])
    store.run_many("use_snapshot", calls[-1:])


def keep_checkpoints(store: Store, name: str, until_ms: int) -> None:
    """Let checkpoints be kept until then that are made with a snapshot that is not in use."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for shard in range(keys.SHARDS):
            pipe.zadd(keys.other_snapshots(shard), {name: until_ms}, gt=True)
        pipe.execute()
