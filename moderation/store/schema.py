"""The number of the store's layout: an older store is migrated, a newer one refused.

A release that changes what is written comes in two steps, so that two versions can work on a store
at a time: one release reads the next layout (`KNOWN` rises) and writes its own, the one after it
writes the next (`VERSION` rises). docs/upgrading.md is the rule for operators.
"""

from __future__ import annotations

from typing import Any, Protocol

from moderation.domain.errors import SchemaMismatch
from moderation.store import keys
from moderation.store.faults import store_errors

VERSION = 5
"""The layout that this code reads and writes."""
KNOWN = 5
"""The newest layout on which it works: it reads what the release after it writes."""
RESTORING = b"restoring"
"""Stands in its place while a backup is put back."""


class Opened(Protocol):
    """A store, by what is needed of it here."""

    @property
    def redis(self) -> Any:
        """The client."""


def greet(connection: Any) -> None:
    """Prepare a new connection, and raise `SchemaMismatch` where the store has another layout.

    So no process works on one, whenever it started and however often the store was away.
    """
    connection.on_connect()
    connection.send_command("GET", keys.SCHEMA)
    found = connection.read_response()
    if found is not None:  # Else it is empty: its first run names the layout.
        _compare(_number(found), VERSION, KNOWN)


def stored(store: Opened) -> int:
    """Return the layout of the store, 0 where it is empty.

    Raises:
        SchemaMismatch: a backup is half in it.
    """
    with store_errors():
        found = store.redis.get(keys.SCHEMA)
    return 0 if found is None else _number(found)


def _number(found: bytes) -> int:
    if found == RESTORING:
        raise SchemaMismatch(
            "a backup was being put back into this store: `./winnow restore FILE` goes on with it"
        )
    return int(found)


def check(store: Opened, version: int = VERSION) -> None:
    """Raise `SchemaMismatch` unless this code works on the store; an empty one has no layout."""
    _compare(stored(store), version, KNOWN if version == VERSION else version)


def refuse_other(store: Opened) -> None:
    """Raise `SchemaMismatch` where this code does not work on what the store holds by now."""
    found = stored(store)
    if found:
        _compare(found, VERSION, KNOWN)


def _compare(found: int, version: int, known: int) -> None:
    if found > known:
        raise SchemaMismatch(
            f"the store was written by a newer Winnow (layout {found}; this one knows "
            f"{known}): install that version or newer, or restore an older backup"
        )
    if found < version:
        raise SchemaMismatch(
            f"the store has layout {found}, this Winnow needs {version}: "
            "run `./winnow migrate` (docs/upgrading.md)"
        )
