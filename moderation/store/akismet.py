"""What the Akismet protocol keeps: accounts, keys, blogs, and the traces of checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from msgspec import Struct

from moderation.domain.akismet import Account, Blog, Key, Trace
from moderation.domain.errors import StoreDown
from moderation.store import codec, keys
from moderation.store.client import Store
from moderation.store.comments.accepting import Notes
from moderation.store.faults import store_errors

_account = msgspec.json.Decoder(Account).decode
_key = msgspec.json.Decoder(Key).decode
_blog = msgspec.json.Decoder(Blog).decode
_trace = msgspec.msgpack.Decoder(Trace).decode

KEY_ID_LENGTH = 8
"""So many characters of its keyed hash name a key to people."""
UNKNOWN_SECONDS = 600
"""For how long unknown keys count against the address that they came from."""
_USAGE_SECONDS = 70 * 86_400


class Counted(Struct, frozen=True):
    """What a site is told of a comment as of a time (ms), '' for what it was told before."""

    told: str = ""
    updated_ms: int = 0


UNCOUNTED = Counted()


def put_account(store: Store, account: Account) -> None:
    """Keep an account."""
    with store_errors():
        store.redis.hset(keys.AKISMET_ACCOUNTS, account.id, msgspec.json.encode(account))


def account(store: Store, account_id: str) -> Account | None:
    """Return an account, None where there is none."""
    with store_errors():
        data = store.redis.hget(keys.AKISMET_ACCOUNTS, account_id)
    return None if data is None else _account(data)


def accounts(store: Store) -> list[Account]:
    """Return every account, by name."""
    with store_errors():
        found = store.redis.hvals(keys.AKISMET_ACCOUNTS)
    return sorted(map(_account, found), key=lambda a: a.name)


def put_key(store: Store, digest: str, key: Key) -> None:
    """Keep a key under its keyed hash."""
    with store_errors():
        store.redis.hset(keys.AKISMET_KEYS, digest, msgspec.json.encode(key))


def drop_key(store: Store, digest: str) -> None:
    """Delete a key."""
    with store_errors():
        store.redis.hdel(keys.AKISMET_KEYS, digest)
        store.redis.hdel(keys.TOKENS_USED, use_name(digest))


def use_name(digest: str) -> str:
    """Return the name under which the last use of a key is kept, among those of tokens."""
    return f"akismet:{digest[:KEY_ID_LENGTH]}"


def key(store: Store, digest: str) -> Key | None:
    """Return the key with this keyed hash, None where there is none."""
    with store_errors():
        data = store.redis.hget(keys.AKISMET_KEYS, digest)
    return None if data is None else _key(data)


def all_keys(store: Store) -> dict[str, Key]:
    """Return every key by its keyed hash."""
    with store_errors():
        found = store.redis.hgetall(keys.AKISMET_KEYS)
    return {digest.decode(): _key(data) for digest, data in found.items()}


def blog(store: Store, account_id: str, name: str) -> Blog | None:
    """Return what is known of a blog of an account."""
    with store_errors():
        data = store.redis.hget(keys.akismet_blogs(account_id), name)
    return None if data is None else _blog(data)


def blogs(store: Store, account_id: str) -> dict[str, Blog]:
    """Return the blogs of an account by their address."""
    with store_errors():
        found = store.redis.hgetall(keys.akismet_blogs(account_id))
    return {name.decode(): _blog(data) for name, data in found.items()}


def blog_count(store: Store, account_id: str) -> int:
    """Return how many blogs an account has."""
    with store_errors():
        return int(store.redis.hlen(keys.akismet_blogs(account_id)))


def put_blog(store: Store, account_id: str, name: str, blog: Blog) -> None:
    """Keep a blog of an account and write on its site whose and which blog it is."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        pipe.hset(keys.akismet_blogs(account_id), name, msgspec.json.encode(blog))
        meta = keys.of_site(blog.site).meta
        pipe.hset(meta, mapping={"akismet_account": account_id, "akismet_blog": name})
        pipe.execute()


def owner(store: Store, site: str) -> tuple[str, str]:
    """Return the account and the blog that a site stands for, ('', '') for another site."""
    with store_errors():
        found = store.redis.hmget(keys.of_site(site).meta, "akismet_account", "akismet_blog")
    return (found[0] or b"").decode(), (found[1] or b"").decode()


def touch(store: Store, sites: Iterable[str]) -> None:
    """Have every process look anew at what a key may do, at its next call for these sites."""
    with store_errors():
        pipe = store.redis.pipeline(transaction=False)
        for site in sites:
            pipe.hincrby(keys.of_site(site).meta, "tokens", 1)
        pipe.execute()


def good_key(
    store: Store, digest: str, address: str, now_ms: int, most: int
) -> tuple[Key | None, int]:
    """Return the key with this keyed hash if it is good, and 0.

    Else None, and how many different keys that are unknown or over came from the address of
    late: `most` where there were more, which are not kept.
    """
    # A set of numbers is kept in eight bytes each; these are 48 bits of a keyed hash.
    names = [keys.AKISMET_KEYS, keys.akismet_unknown(address)]
    args = [digest, int(digest[:12], 16), now_ms, most, UNKNOWN_SECONDS]
    data, unknown = store.run("akismet_key", names, args)
    return (_key(data) if data else None), int(unknown)


def uncount(store: Store, account_id: str, month: str) -> None:
    """Take back one check that was counted for a quota."""
    with store_errors():
        store.redis.decr(keys.akismet_usage(account_id, month))


def usage(store: Store, account_id: str, month: str) -> int:
    """Return how many checks were counted for an account's quota in a month."""
    with store_errors():
        return int(store.redis.get(keys.akismet_usage(account_id, month)) or 0)


def counting(account_id: str, month: str) -> Callable[[Any], None]:
    """Return what counts a check of an account in a pipeline."""

    def count(pipe: Any) -> None:
        name = keys.akismet_usage(account_id, month)
        pipe.incr(name)
        pipe.expire(name, _USAGE_SECONDS, nx=True)

    return count


def put_usage(store: Store, account_id: str, month: str, used: int) -> None:
    """Set how many checks an account made in a month."""
    with store_errors():
        store.redis.set(keys.akismet_usage(account_id, month), used, ex=_USAGE_SECONDS)


def _leading(k: keys.SiteKeys, raw_id: bytes, trace: Trace) -> list[bytes]:
    """Return the keys that lead from a trace's names to its comment.

    A guid that is the comment's id needs none.
    """
    return [
        *(k.akismet_guid.encode() + guid for guid in trace.guids if guid != raw_id),
        *(k.akismet_same.encode() + same for same in trace.same),
        *(k.akismet_reference.encode() + reference for reference in trace.references),
    ]


def notes(site: str, raw_id: bytes, trace: Trace, told: str) -> Notes:
    """Return what a check keeps beside its new comment, for the script that writes that."""
    k = keys.of_site(site)
    leading = [(name, b"") for name in _leading(k, raw_id, trace)]
    return Notes(told, [(k.akismet.encode(), codec.encode(trace)), *leading])


def trace(store: Store, site: str, raw_id: bytes) -> Trace | None:
    """Return what is kept of the checks of a comment, None where there was none."""
    data = _trace_bytes(store, site, raw_id)
    return _trace(data) if data else None


def _trace_bytes(store: Store, site: str, raw_id: bytes) -> bytes:
    with store_errors():
        return store.redis.get(keys.of_site(site).akismet.encode() + raw_id) or b""


def change_trace(
    store: Store,
    site: str,
    raw_id: bytes,
    change: Callable[[Trace | None], Trace | None],
    counted: Counted = UNCOUNTED,
) -> None:
    """Write a comment's trace anew, and where reports find it; all of it goes with the comment.

    `change` makes the new trace of the one that is there; None deletes it. Nothing is written
    where that is the same.

    Raises:
        StoreDown: others change it again and again, or the store does not answer. StoreFull.
    """
    k = keys.of_site(site)
    for _ in range(8):
        data = _trace_bytes(store, site, raw_id)
        before = _trace(data) if data else None
        new = change(before)
        if new == before:
            return
        leading = _leading(k, raw_id, new) if new else []
        known_by = _leading(k, raw_id, before) if before else []
        gone = [name for name in known_by if name not in leading]
        day = k.day + keys.day_of(counted.updated_ms)
        names: list[Any] = [k.comment.encode() + raw_id, k.akismet.encode() + raw_id, day]
        told = codec.TOLD_CODE[counted.told] if counted.told else 0
        known = codec.encode(new) if new else b""
        args = [raw_id, data, known, len(leading), counted.updated_ms, told]
        names += [*leading, *gone]
        if store.run("akismet_trace", names, args):
            return
    raise StoreDown("what is kept of a check is being changed again and again")


def forget(store: Store, site: str, raw_id: bytes) -> None:
    """Delete what is kept of the checks of a comment."""
    change_trace(store, site, raw_id, lambda _: None)


def find(
    store: Store, site: str, guid: bytes, same: bytes, reference: bytes
) -> tuple[bytes | None, bytes | None, bytes | None]:
    """Return the comments that a guid, a hash of author and text, and a client's id lead to.

    A guid that nothing was kept of may be a comment's id.
    """
    k = keys.of_site(site)
    with store_errors():
        found = store.redis.mget(
            k.akismet_guid.encode() + guid,
            k.akismet_same.encode() + same,
            k.akismet_reference.encode() + reference,
        )
    return found[0] or guid or None, found[1], found[2]
