"""Which sites wait for word back, since when, and who is telling one of them now."""

from __future__ import annotations

from collections.abc import Sequence

from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors
from moderation.store.leases import lease


def tell_by(store: Store, what: str, due_ms: int) -> None:
    """Note that a site is to be told of a comment, as of a time."""
    store.run("akismet_expect", [keys.AKISMET_TELL, keys.AKISMET_TRIES], [what, due_ms])


def to_tell(store: Store, what: str) -> tuple[int | None, int]:
    """Return when a site is to be told of a comment (None: not at all) and how often it failed."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        pipe.zscore(keys.AKISMET_TELL, what)
        pipe.hget(keys.AKISMET_TRIES, what)
        due, tries = pipe.execute()
    return None if due is None else int(due), int(tries or 0)


def due(store: Store, now_ms: int, most: int) -> Sequence[str]:
    """Return who is to be told by now, those who wait longest first."""
    with store_errors():
        found = store.redis.zrangebyscore(keys.AKISMET_TELL, 0, now_ms, start=0, num=most)
    return [what.decode() for what in found]


def failing(store: Store) -> tuple[int, int]:
    """Return how many sites' comments could not be told of yet though it was tried, and when the
    next of those that wait is due (0: none waits)."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        pipe.hlen(keys.AKISMET_TRIES)
        pipe.zrange(keys.AKISMET_TELL, 0, 0, withscores=True)
        tried, first = pipe.execute()
    return int(tried), int(first[0][1]) if first else 0


def take_turn(store: Store, what: str, token: str, lease_ms: int) -> bool:
    """Take the lease of telling a site of one comment; False while somebody else does."""
    return lease(store, keys.akismet_telling(what), "claim", token, lease_ms)


def end_turn(store: Store, what: str, token: str) -> None:
    """Give the lease back, unless it ran out and somebody else has it now."""
    lease(store, keys.akismet_telling(what), "release", token, 0)


def told(store: Store, what: str, due_ms: int, again_ms: int) -> bool:
    """End a try to tell; `again_ms` is when the next one is due, 0 for none."""
    names = [keys.AKISMET_TELL, keys.AKISMET_TRIES]
    return bool(store.run("akismet_told", names, [what, due_ms, again_ms]))
