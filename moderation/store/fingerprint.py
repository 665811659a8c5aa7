"""The fingerprint of the secret under which this store's keyed hashes were made."""

from __future__ import annotations

from moderation.store import keys
from moderation.store.client import Store
from moderation.store.faults import store_errors


def read(store: Store) -> bytes:
    """Return it, b'' where none was noted yet."""
    with store_errors():
        return bytes(store.redis.get(keys.FINGERPRINT) or b"")


def note(store: Store, fingerprint: bytes) -> None:
    """Keep it unless there is one."""
    with store_errors():
        store.redis.set(keys.FINGERPRINT, fingerprint, nx=True)


def replace(store: Store, fingerprint: bytes) -> None:
    """Keep it in place of what was there."""
    with store_errors():
        store.redis.set(keys.FINGERPRINT, fingerprint)
