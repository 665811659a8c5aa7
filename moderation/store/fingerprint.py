"""The fingerprint of the secret under which this store's keyed hashes were made."""

from __future__ import annotations

import hmac
from typing import Any

from moderation.domain.errors import SecretMismatch
from moderation.store import keys
from moderation.store.faults import store_errors
from moderation.store.schema import Opened


def read(store: Opened) -> bytes:
    """Return it, b'' where none was noted yet."""
    with store_errors():
        return bytes(store.redis.get(keys.FINGERPRINT) or b"")


def refuse_other(store: Opened, own: bytes) -> None:
    """Raise `SecretMismatch` where the store was written under another secret than ours."""
    _compare(read(store), own)


def greet(connection: Any, own: bytes) -> None:
    """Raise `SecretMismatch` where a new connection leads to a store of another secret."""
    connection.send_command("GET", keys.FINGERPRINT)
    _compare(connection.read_response() or b"", own)


def _compare(found: bytes, own: bytes) -> None:
    if found and not hmac.compare_digest(found, own):
        raise SecretMismatch(
            "the secret is not that under which the store was written: put back the secret_key or "
            "WINNOW_SECRET_KEY of before, or run `./winnow init --new-secret` "
            "(docs/operating.md, The secret)"
        )


def note(store: Opened, fingerprint: bytes) -> None:
    """Keep it unless there is one."""
    with store_errors():
        store.redis.set(keys.FINGERPRINT, fingerprint, nx=True)


def replace(store: Opened, fingerprint: bytes) -> None:
    """Keep it in place of what was there."""
    with store_errors():
        store.redis.set(keys.FINGERPRINT, fingerprint)
