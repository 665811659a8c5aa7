"""The store's own files: its append-only file written anew, so that it has nothing that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Literal

from msgspec import Struct
from redis.exceptions import ResponseError

from moderation.store.client import Store
from moderation.store.faults import store_errors

LOOK_SECONDS = 0.05

What = Literal["rewritten", "none", "refused", "failed"]


class Files(Struct, frozen=True):
    """How a store keeps its data: in an append-only file, by snapshots (RDB), and on how many
    replicas. `folder` is where, as it says itself ('' where it does not say)."""

    appends: bool
    snapshots: bool
    replicas: int
    folder: str

    def lies_in(self, data: Path) -> bool:
        """Say whether the files lie below a folder: then the store is ours."""
        return bool(self.folder) and Path(self.folder).is_relative_to(data.resolve())


def files(store: Store) -> Files:
    """Return how the store keeps its data; what it does not tell counts as there."""
    facts = store.facts()
    told = _configured(store)
    return Files(
        appends=bool(facts.get("aof_enabled")),
        snapshots=told.get("save", "?") != "",
        replicas=int(facts.get("connected_slaves", 0)),
        folder=told.get("dir", ""),
    )


def _configured(store: Store) -> dict[str, str]:
    with store_errors():
        try:
            return {**store.redis.config_get("save"), **store.redis.config_get("dir")}
        except ResponseError:  # A store that others keep seldom says how it is set.
            return {}


def rewrite(store: Store) -> Iterator[What | None]:
    """Have the append-only file written anew and wait for it; yields None while it is, then what
    came of it.

    One that is being written already began before what is to go went: it is waited for first.
    """
    if not store.facts().get("aof_enabled"):
        yield "none"
        return
    yield from _until_written(store)
    with store_errors():
        try:
            store.redis.bgrewriteaof()
        except ResponseError:
            yield "refused"
            return
    yield from _until_written(store)
    yield "rewritten" if store.facts().get("aof_last_bgrewrite_status") == "ok" else "failed"


def _until_written(store: Store) -> Iterator[None]:
    while True:
        facts = store.facts()
        if not facts.get("aof_rewrite_in_progress") and not facts.get("aof_rewrite_scheduled"):
            return
        yield None
        sleep(LOOK_SECONDS)
