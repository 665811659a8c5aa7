"""Taking a site out of the store: every key of it, and what is kept of it among others' keys.

This alone looks through all keys of a store (SCAN): a site's keys include those that nothing leads
to any more, such as the labels of comments that expired. It runs in jobs, a bounded part at a time.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from moderation.domain.reports import Disagreement
from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

AT_ONCE = 1000
_disagreement = msgspec.json.Decoder(Disagreement).decode


def size(store: Store) -> int:
    """Return how many keys the store has, of all sites."""
    with store_errors():
        return sum(int(server.dbsize()) for server in store.each())


def sweep(store: Store, site: str) -> Iterator[tuple[int, int]]:
    """Delete every key of a site but the one that says that it is there.

    Yields how many keys were looked at and how many were deleted, for each bounded part.
    """
    # A site's name holds no sign that a pattern gives a meaning to.
    meta = keys.of_site(site).meta
    pattern, server = meta.encode() + b":*", store.at(meta)
    cursor = looked = 0
    while True:
        with store_errors():
            cursor, found = server.scan(cursor, match=pattern, count=AT_ONCE)
            deleted = store.redis.unlink(*found) if found else 0
            if store.at(meta) is not server:  # The shard moved: a cursor means nothing elsewhere.
                server, cursor = store.at(meta), 0
                continue
        looked += AT_ONCE
        yield looked, int(deleted)
        if not cursor:
            return


def drop_waiting(store: Store, site: str) -> Iterator[int]:
    """Take a site's comments out of its shard's inbox; yields how many entries, page by page."""
    inbox, ours, start = keys.of_site(site).inbox, site.encode(), "-"
    while True:
        with store_errors():
            page = store.redis.xrange(inbox, min=start, count=AT_ONCE)
            ids = [entry for entry, fields in page if fields[b"s"] == ours]
            if ids:
                pipe = store.redis.pipeline(transaction=False)
                pipe.xack(inbox, keys.GROUP, *ids)
                pipe.xdel(inbox, *ids)
                pipe.execute()
        yield len(ids)
        if len(page) < AT_ONCE:
            return
        start = f"({page[-1][0].decode()}"


def drop_mentions(store: Store, site: str) -> None:
    """Take a site out of what is kept of many sites together: who looks on, what is to be told."""
    with store_errors():
        redis = store.redis
        redis.zrem(keys.ATTACKED, site)
        redis.zrem(keys.SUBSCRIBED, site)
        redis.hdel(keys.SHADOW_AT, site)
        for name in (keys.SHADOW_STRICTER, keys.SHADOW_MILDER):
            for data in redis.lrange(name, 0, -1):
                if _disagreement(data).site == site:
                    redis.lrem(name, 0, data)
        told = f"{site}/*"
        for at, drop, look in (
            (keys.AKISMET_TELL, redis.zrem, redis.zscan_iter),
            (keys.AKISMET_TRIES, redis.hdel, redis.hscan_iter),
        ):
            for member, _ in look(at, match=told, count=AT_ONCE):
                drop(at, member)
        for member in redis.sscan_iter(keys.WEBHOOKS, match=told, count=AT_ONCE):
            redis.srem(keys.WEBHOOKS, member)


def drop_jobs(store: Store, site: str) -> int:
    """Forget some of a site's jobs; return how many. Whoever works on one of them stops."""
    with store_errors():
        found = [job.decode() for job in store.redis.zrange(keys.jobs(site), 0, AT_ONCE - 1)]
        if found:
            pipe = store.redis.pipeline(transaction=False)
            pipe.unlink(*map(keys.job, found), *map(keys.job_lease, found))
            for name in (keys.jobs(site), keys.jobs(""), keys.JOBS_OPEN):
                pipe.zrem(name, *found)
            pipe.execute()
    return len(found)


def drop_account(store: Store, account_id: str, months: list[str]) -> None:
    """Forget an Akismet account with its blogs and what it used in these months."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        pipe.hdel(keys.AKISMET_ACCOUNTS, account_id)
        pipe.unlink(
            keys.akismet_blogs(account_id),
            *(keys.akismet_usage(account_id, month) for month in months),
        )
        pipe.execute()


def end(store: Store, site: str) -> None:
    """Forget that a site was there, but for the numbers that one of its name goes on from.

    Processes keep what they know of a site by these numbers; a site made anew under the name must
    not pass for the one that is gone.
    """
    meta = keys.of_site(site).meta
    with store_errors():
        if not store.redis.exists(meta):
            return
        found = store.redis.hmget(meta, *NUMBERS)
        after = {name: int(value or 0) + 1 for name, value in zip(NUMBERS, found, strict=True)}
        store.redis.hset(keys.SITES_GONE, site, msgspec.json.encode(after))
        store.redis.srem(keys.SITES, site)
        # Last of all: while it is there, whoever removes the site begins again.
        store.redis.unlink(meta)


NUMBERS = ("tokens", "settings", "epoch")
"""Revisions of a site's tokens and settings, and how often labels were erased."""


def numbers_after(store: Store, site: str) -> dict[str, int]:
    """Return the numbers that a site of a name goes on from; none where there was none."""
    with store_errors():
        found = store.redis.hget(keys.SITES_GONE, site)
    return msgspec.json.decode(found, type=dict[str, int]) if found else {}
