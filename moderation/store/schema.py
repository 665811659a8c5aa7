"""The number of the store's layout: an older store is migrated, a newer one refused."""

from __future__ import annotations

from collections.abc import Callable

from moderation.store import keys, layout, migrations
from moderation.store.client import Store, store_errors

VERSION = layout.VERSION

Step = Callable[[Store, Callable[[str], None]], None]

STEPS: dict[int, Step] = {1: migrations.note_labelled}
"""`STEPS[n]` brings a store from layout n to n + 1; running it twice does no harm."""


def stored(store: Store) -> int:
    """Return the layout of the store, 0 where it is empty."""
    with store_errors():
        found = store.redis.get(keys.SCHEMA)
    return 0 if found is None else int(found)


def check(store: Store, version: int = VERSION) -> None:
    """Raise `SchemaMismatch` unless the store has exactly this layout; an empty one has none."""
    layout.check(stored(store), version)


def migrate(
    store: Store,
    progress: Callable[[str], None],
    steps: dict[int, Step] | None = None,
    version: int = VERSION,
) -> int:
    """Bring the store to this layout step by step and return how many steps that took.

    Raises:
        SchemaMismatch: the store is newer than this code.
    """
    steps = STEPS if steps is None else steps
    found = stored(store)
    if found > version:
        check(store, version)
    if found == 0:
        with store_errors():
            store.redis.set(keys.SCHEMA, version, nx=True)
        return 0
    for before in range(found, version):
        progress(f"layout {before} to {before + 1}")
        steps[before](store, progress)
        with store_errors():
            store.redis.set(keys.SCHEMA, before + 1)
    return version - found
