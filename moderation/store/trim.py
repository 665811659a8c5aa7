"""Removing index entries whose comments have expired."""

from __future__ import annotations

from moderation.store import keys
from moderation.store.client import Store, store_errors
from moderation.store.comments import EXTERNAL_BUCKETS

_CHUNK = 500
_CHUNKS_AT_MOST = 40


def indexes(store: Store, site: str) -> int:
    """Walks each of a site's sorted sets from the oldest on and removes ids that are gone.

    A walk ends at the first 500 ids of which none is gone, and after 20,000 at most.
    """
    k = keys.of_site(site)
    return sum(_index(store, name, k.comment) for name in (k.comments, k.approved, k.held, k.spam))


def _index(store: Store, name: str, prefix: str) -> int:
    removed, low = 0, b"-"
    for _ in range(_CHUNKS_AT_MOST):
        with store_errors():
            ids = store.redis.zrangebylex(name, low, b"+", start=0, num=_CHUNK)
            if not ids:
                break
            gone = _gone(store, prefix, ids)
            if not gone:
                break
            removed += store.redis.zrem(name, *gone)
        low = b"(" + ids[-1]
    return removed


def _gone(store: Store, prefix: str, ids: list[bytes]) -> list[bytes]:
    pipe = store.redis.pipeline(transaction=False)
    for raw in ids:
        pipe.exists(prefix.encode() + raw)
    return [raw for raw, there in zip(ids, pipe.execute(), strict=True) if not there]


def external_ids(store: Store, site: str, part: int, parts: int) -> int:
    """Removes external ids of comments that are gone from one part of a site's buckets."""
    k = keys.of_site(site)
    removed = 0
    for start in range(part, EXTERNAL_BUCKETS, parts * 16):
        names = [
            f"{k.external}{b}"
            for b in range(start, min(EXTERNAL_BUCKETS, start + parts * 16), parts)
        ]
        with store_errors():
            pipe = store.redis.pipeline(transaction=False)
            for name in names:
                pipe.hgetall(name)
            for name, ids in zip(names, pipe.execute(), strict=True):
                gone = set(_gone(store, k.comment, list(ids.values()))) if ids else set()
                fields = [external for external, raw in ids.items() if raw in gone]
                if fields:
                    removed += store.redis.hdel(name, *fields)
    return removed
