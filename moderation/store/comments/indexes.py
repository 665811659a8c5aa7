"""Removing index entries whose comments have expired."""

from __future__ import annotations

from contextlib import suppress

from moderation.domain.comments import STATUSES
from moderation.domain.errors import StoreFull
from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

_CHUNK = 500
_CHUNKS_AT_MOST = 40
_CLEAN_CHUNKS_AT_MOST = 4
_WORDS_AT_ONCE = 400


def indexes(store: Store, site: str) -> int:
    """Remove ids that are gone from each of a site's sorted sets; return how many.

    A look goes on where the last one ended, and anew from the oldest id after the newest. It ends
    after 20,000 ids, or after 2,000 of those that hold, so that comments that are kept for ever
    hide no others.
    """
    k = keys.of_site(site)
    places = (*zip(STATUSES, k.by_status, strict=True), ("sample", k.sample))
    return sum(_index(store, k, place, name) for place, name in places)


def _index(store: Store, k: keys.SiteKeys, place: str, name: str) -> int:
    removed = clean = 0
    with store_errors():
        low = store.redis.hget(k.trimmed, place) or b"-"
        for _ in range(_CHUNKS_AT_MOST):
            ids = store.redis.zrangebylex(name, low, b"+", start=0, num=_CHUNK)
            if not ids:
                low = b"-"
                break
            low = b"(" + ids[-1]
            gone = _gone(store, k.comment, ids)
            if gone:
                removed += store.redis.zrem(name, *gone)
            else:
                clean += 1
            if clean == _CLEAN_CHUNKS_AT_MOST:
                break
    with suppress(StoreFull), store_errors():
        store.redis.hset(k.trimmed, place, low)
    return removed


def _gone(store: Store, prefix: str, ids: list[bytes]) -> list[bytes]:
    pipe = store.redis.pipeline(transaction=False)
    for raw in ids:
        pipe.exists(prefix.encode() + raw)
    return [raw for raw, there in zip(ids, pipe.execute(), strict=True) if not there]


def external_ids(store: Store, site: str, part: int, parts: int) -> int:
    """Remove external ids of comments that are gone from one part of a site's buckets."""
    k = keys.of_site(site)
    removed = 0
    for start in range(part, keys.EXTERNAL_BUCKETS, parts * 16):
        names = [
            f"{k.external}{b}"
            for b in range(start, min(keys.EXTERNAL_BUCKETS, start + parts * 16), parts)
        ]
        with store_errors():
            pipe = store.redis.pipeline(transaction=False)
            for name in names:
                pipe.hgetall(name)
            for name, ids in zip(names, pipe.execute(), strict=True):
                gone = set(_gone(store, k.comment, list(ids.values()))) if ids else set()
                stale = [word for pair in ids.items() if pair[1] in gone for word in pair]
                for at in range(0, len(stale), _WORDS_AT_ONCE):
                    words = stale[at : at + _WORDS_AT_ONCE]
                    removed += store.run("drop_external", [name, k.comment], words)
    return removed
