"""Whether this process has the secret that the store was written under."""

from __future__ import annotations

from contextlib import suppress

from moderation.domain.errors import SecretMismatch, StoreFull
from moderation.flow import sealing
from moderation.settings import Settings
from moderation.store import Store, fingerprint, schema


def check(store: Store, secret: bytes) -> None:
    """Return if the secret is that of the store, or none was noted yet.

    Raises:
        SecretMismatch: under this one nothing that is found by a keyed hash would be found.
    """
    fingerprint.refuse_other(store, sealing.fingerprint(secret))


def hang_up(store: Store, secret: bytes) -> None:
    """Close every connection, and have new ones refused with SecretMismatch for as long as the
    store is not that of the secret."""
    store.own_fingerprint = sealing.fingerprint(secret)
    store.close()


def check_of(store: Store, settings: Settings) -> None:
    """Return if these settings hold the secret of the store, or none was noted yet; where this
    machine has none at all, none is made.

    Raises:
        SecretMismatch: under another one nothing that is found by a keyed hash would be found.
    """
    refuse_to_make(store, settings)
    check(store, settings.secret_key)


def refuse_other(store: Store, settings: Settings) -> None:
    """Return if this machine's secret is that of the store, or either has none; none is made.

    Raises:
        SecretMismatch: as `check_of`.
    """
    refuse_to_make(store, settings)
    if settings.has_secret:
        check(store, settings.secret_key)


def refuse_to_make(store: Store, settings: Settings) -> None:
    """Return if this machine has a secret, or the store was written under none.

    Raises:
        SecretMismatch: one would have to be made beside a store that another was used for.
    """
    if settings.has_secret:
        return
    # Versions of before kept no fingerprint; whoever prepared a store had a secret.
    if fingerprint.read(store) or schema.stored(store):
        raise SecretMismatch(
            "this machine has no secret, and the store was written under one: put back the "
            "secret_key of before, set WINNOW_SECRET_KEY to that of the other machines, or run "
            "`./winnow init --new-secret` (docs/operating.md, The secret)"
        )


def note(store: Store, secret: bytes) -> None:
    """Note the secret of a store that knows none; SecretMismatch where it knows another."""
    with suppress(StoreFull):  # The next start notes it.
        fingerprint.note(store, sealing.fingerprint(secret))
    check(store, secret)


def replace(store: Store, secret: bytes) -> None:
    """Note that the secret was changed on purpose."""
    fingerprint.replace(store, sealing.fingerprint(secret))
