"""Snapshots that had learned labels of somebody who was erased: marked, replaced, named as such."""

from __future__ import annotations

import time
from collections.abc import Iterable

from msgspec import Struct

from moderation.domain.jobs import Job
from moderation.domain.models import Snapshot
from moderation.flow.models import promoting, working
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import labels, models, shadows

READ_EVERY_SECONDS = 5.0


class Withdrawn:
    """The names of the snapshots that are withdrawn, as this process read them last."""

    def __init__(self) -> None:
        self._names: frozenset[str] = frozenset()
        self._read = float("-inf")

    def names(self, runtime: Runtime) -> frozenset[str]:
        """Return the names, at most `READ_EVERY_SECONDS` old."""
        if time.monotonic() - self._read > READ_EVERY_SECONDS:
            self._names, self._read = models.withdrawn(runtime.store), time.monotonic()
        return self._names


def names(runtime: Runtime) -> frozenset[str]:
    """Return the names of the snapshots that are withdrawn, as this process knows them."""
    return runtime.own(Withdrawn).names(runtime)


class Learned(Struct, frozen=True):
    """Up to which entry of a site's label log a trained snapshot may have learned: those before
    `before`, all of them where it is None."""

    name: str
    made_ms: int
    before: int | None

    def has(self, seq: int) -> bool:
        """Say whether it may have learned an entry."""
        return self.before is None or seq < self.before


def learned(runtime: Runtime, site: str) -> list[Learned]:
    """Return what each trained snapshot may have learned of a site: what was written to its log
    before the snapshot was made.

    Whether the site shared its labels then is not known any more; one that did not is made anew to
    the same bytes, and used on.
    """
    return [
        Learned(one.name, one.made_ms, labels.first_since(runtime.store, site, one.made_ms))
        for one in trained(runtime)
    ]


def trained(runtime: Runtime) -> list[Snapshot]:
    """Return the snapshots that were trained here."""
    return [one for one in models.every(runtime.store) if one.origin == "trained"]


def withdraw(runtime: Runtime, which: Iterable[str], since_ms: int, until_ms: int) -> list[str]:
    """Withdraw snapshots, and those that were made between two times: labels were erased then.

    A training that is under way hears of it and begins anew, and one of them that looks on does so
    no longer. Return their names.
    """
    models.note_erasure(runtime.store)
    found = set(which)
    found |= {one.name for one in trained(runtime) if since_ms <= one.made_ms <= until_ms}
    models.withdraw(runtime.store, sorted(found), now_ms())
    if shadows.current(runtime.store).name in found:
        shadows.end(runtime.store)
    return sorted(found)


def replace(runtime: Runtime, by: str, send: bool = True) -> Job | None:
    """Have a model trained that takes the place of the one in use, None where that may stay."""
    if promoting.in_use(runtime).name not in models.withdrawn(runtime.store):
        return None
    return working.ask_training(runtime, by, send)
