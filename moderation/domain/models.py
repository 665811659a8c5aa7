"""Snapshots that an installation has, and which of them was put to use when, by whom and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

Origin = Literal["shipped", "trained", "made elsewhere"]
State = Literal["in use", "candidate", "retired", "withdrawn"]
Kind = Literal["start", "promote", "rollback"]


class Snapshot(Struct, frozen=True, omit_defaults=True):
    """What is known of a snapshot beside its bytes.

    `labels` is the number of the installation's own labels that it learned, `sha256` that of its
    file, `first_used_ms` when it was first put to use (0: never, it is a candidate).
    Since `withdrawn_ms` (0: it is not) it is known to have learned labels of somebody who was
    erased, and is not put to use again.
    """

    name: str
    origin: Origin
    made_ms: int
    by: str
    size: int
    sha256: str
    labels: int = 0
    first_used_ms: int = 0
    withdrawn_ms: int = 0

    def state(self, in_use: str) -> State:
        """Return what it is while the snapshot `in_use` is."""
        if self.name == in_use:
            return "in use"
        if self.withdrawn_ms:
            return "withdrawn"
        return "retired" if self.first_used_ms else "candidate"


class Promotion(Struct, frozen=True, omit_defaults=True):
    """One change of the snapshot in use; `revision` counts them from 1.

    `previous` was in use before. `overridden` are the rules of the gate that refused it where an
    administrator promoted it all the same.
    """

    kind: Kind
    name: str
    previous: str
    at_ms: int
    by: str
    reason: str = ""
    overridden: tuple[str, ...] = ()
    revision: int = 0


class InUse(Struct, frozen=True):
    """The snapshot in use, and the revision of that choice (0: none was made yet)."""

    name: str
    revision: int

    @property
    def etag(self) -> str:
        """The name of this choice, as `ETag` and `If-Match` give it."""
        return f'"{self.revision}"'


def before_promotion(changes: Sequence[Promotion]) -> str | None:
    """Return the snapshot that a roll-back leads to, None where no promotion still stands.

    `changes` are in order, the oldest first. A roll-back withdraws the promotion before it, so
    that a second one goes one further back and never forth again.
    """
    standing: list[str] = []
    for change in changes:
        if change.kind != "rollback":
            standing.append(change.previous)
        elif standing:
            standing.pop()
    return standing[-1] or None if standing else None
