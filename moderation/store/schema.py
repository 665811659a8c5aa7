"""The number of the store's layout: an older store is migrated, a newer one refused."""

from __future__ import annotations

from collections.abc import Callable

from moderation.domain.errors import SchemaMismatch
from moderation.store import keys
from moderation.store.client import Store, store_errors

VERSION = 1
"""The layout that this code reads and writes."""

Step = Callable[[Store, Callable[[str], None]], None]

STEPS: dict[int, Step] = {}
"""`STEPS[n]` brings a store from layout n to n + 1; running it twice does no harm."""


def stored(store: Store) -> int:
    """Returns the layout of the store, 0 where it is empty."""
    with store_errors():
        found = store.redis.get(keys.SCHEMA)
    return 0 if found is None else int(found)


def check(store: Store, version: int = VERSION) -> None:
    """Raises `SchemaMismatch` unless the store has exactly this layout."""
    found = stored(store)
    if found > version:
        raise SchemaMismatch(
            f"the store was written by a newer Winnow (layout {found}; this one knows "
            f"{version}): install that version or newer, or restore an older backup"
        )
    if found < version:
        raise SchemaMismatch(
            f"the store has layout {found}, this Winnow needs {version}: "
            "run `python -m moderation migrate` (docs/operating.md, Upgrade)"
        )


def migrate(
    store: Store,
    progress: Callable[[str], None],
    steps: dict[int, Step] | None = None,
    version: int = VERSION,
) -> int:
    """Brings the store to this layout step by step and returns how many steps that took.

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
    for layout in range(found, version):
        progress(f"layout {layout} to {layout + 1}")
        steps[layout](store, progress)
        with store_errors():
            store.redis.set(keys.SCHEMA, layout + 1)
    return version - found
