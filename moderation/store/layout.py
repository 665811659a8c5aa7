"""The number of the store's layout, compared by every connection before it is used."""

from __future__ import annotations

from typing import Any

from moderation.domain.errors import SchemaMismatch
from moderation.store import keys

VERSION = 2
"""The layout that this code reads and writes."""


def check(found: int, version: int = VERSION) -> None:
    """Raise `SchemaMismatch` unless this is the layout that a version of the code needs."""
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


def guarded(kind: type[Any]) -> type[Any]:
    """Return a kind of connection that refuses a store of another layout.

    So no process works on one, whenever it started and however often the store was away.
    """

    class Guarded(kind):  # type: ignore[misc]
        def on_connect_check_health(self, check_health: bool = True) -> None:
            super().on_connect_check_health(check_health=check_health)
            self.send_command("GET", keys.SCHEMA, check_health=False)
            found = self.read_response()
            if found is None:
                return  # It is empty: its first run names the layout.
            try:
                check(int(found))
            except SchemaMismatch:
                self.disconnect()
                raise

    return Guarded
