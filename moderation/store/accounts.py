"""People's accounts, changed by one at a time, and what opens something for a while."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from moderation.domain.accounts import User
from moderation.domain.errors import StoreDown
from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors

TRIES = 20
"""How often a change is made anew because somebody else changed an account meanwhile."""
MAILED_KEPT_MS = 7 * 86_400_000
DIGESTED_KEPT_MS = 3 * 86_400_000

_user = msgspec.json.Decoder(User).decode

Change = Callable[[dict[str, User]], User | None]
"""What becomes of one account in view of all of them; None: it is removed."""


def change(store: Store, name: str, made: Change) -> User | None:
    """Change one account by what `made` makes of all of them, and return it (None: removed).

    Nobody changes an account between the look at it and the change: then `made` is asked again.
    What it raises is raised, and nothing is changed.

    Raises:
        StoreDown: others change accounts again and again.
    """
    names = [keys.USERS, keys.USERS_REVISION, keys.SEEN]
    for _ in range(TRIES):
        with store_errors():
            pipe = store.redis.pipeline(transaction=False)
            # The revision first: what changes after it is noticed.
            pipe.get(keys.USERS_REVISION)
            pipe.hgetall(keys.USERS)
            revision, found = pipe.execute()
        new = made({person.decode(): _user(data) for person, data in found.items()})
        data = b"" if new is None else msgspec.json.encode(new)
        if store.run("account", names, [revision or b"", name, data]):
            return new
    raise StoreDown("accounts are being changed by others again and again")


def keep_ticket(store: Store, kind: str, digest: str, text: str, ttl_ms: int) -> None:
    """Keep what a secret opens, by the secret's digest, for so long."""
    store.run("ticket", [keys.ticket(kind, digest)], [text, ttl_ms])


def ticket(store: Store, kind: str, digest: str) -> str:
    """Return what a secret opens, '' where it opens nothing."""
    with store_errors():
        found = store.redis.get(keys.ticket(kind, digest))
    return found.decode() if found else ""


def take_ticket(store: Store, kind: str, digest: str) -> str:
    """Return what a secret opens, '' where it opens nothing; it never opens it again."""
    with store_errors():
        found = store.redis.getdel(keys.ticket(kind, digest))
    return found.decode() if found else ""


def put_mailed(store: Store, account: str, what: str) -> None:
    """Note what became of a letter to a person."""
    with store_errors():
        store.redis.set(keys.mailed(account), what, px=MAILED_KEPT_MS)


def mailed(store: Store, accounts: Sequence[str]) -> list[str]:
    """Return what became of the last letter to each of these people, '' where there was none."""
    if not accounts:
        return []
    with store_errors():
        found = store.redis.mget([keys.mailed(account) for account in accounts])
    return [data.decode() if data else "" for data in found]


def claim_digest(store: Store, day: str, account: str) -> bool:
    """Say whether a person's digest of a day is still to be sent; from now on it is not."""
    with store_errors():
        return bool(store.redis.set(keys.digested(day, account), 1, px=DIGESTED_KEPT_MS, nx=True))


def release_digest(store: Store, day: str, account: str) -> None:
    """Say that a person's digest of a day was not sent after all."""
    with store_errors():
        store.redis.delete(keys.digested(day, account))
