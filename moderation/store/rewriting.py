"""The store's own files: its append-only file written anew, so that it has nothing that is gone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import sleep
from typing import Any, Literal

from msgspec import Struct
from redis.exceptions import NoPermissionError, ResponseError

from moderation.store.client import Store
from moderation.store.faults import store_errors

LOOK_SECONDS = 0.05

What = Literal["rewritten", "none", "refused", "failed"]
_FROM_BEST: tuple[What, ...] = ("none", "rewritten", "refused", "failed")


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
    """Return how the store keeps its data, all of its servers together; what one does not tell
    counts as there."""
    facts, told = store.facts_told(), [_configured(server) for server in store.each()]
    folders = {one.get("dir", "") for one in told}
    return Files(
        appends=any(one.get("aof_enabled", not one) for one in facts),
        snapshots=any(one.get("save", "?") != "" for one in told),
        replicas=sum(int(one.get("connected_slaves", 0)) for one in facts),
        folder=folders.pop() if len(folders) == 1 else "",
    )


def _configured(server: Any) -> dict[str, str]:
    with store_errors():
        try:
            return {**server.config_get("save"), **server.config_get("dir")}
        except ResponseError:  # A store that others keep seldom says how it is set.
            return {}


def rewrite(store: Store) -> Iterator[What | None]:
    """Have the append-only file written anew and wait for it; yields None while it is, then what
    came of it: of several servers the worst.

    One that is being written already began before what is to go went: it is waited for first.
    """
    worst: What = "none"
    for server in store.each():
        for came in _rewrite_one(server):
            if came is None:
                yield None
            else:
                worst = max(worst, came, key=_FROM_BEST.index)
    yield worst


def _rewrite_one(server: Any) -> Iterator[What | None]:
    with store_errors():
        try:
            facts = server.info()
        except NoPermissionError:
            yield "refused"
            return
    if not facts.get("aof_enabled"):
        yield "none"
        return
    yield from _until_written(server)
    with store_errors():
        try:
            server.bgrewriteaof()
        except ResponseError:
            yield "refused"
            return
    yield from _until_written(server)
    yield "rewritten" if _facts(server).get("aof_last_bgrewrite_status") == "ok" else "failed"


def _until_written(server: Any) -> Iterator[None]:
    while True:
        facts = _facts(server)
        if not facts.get("aof_rewrite_in_progress") and not facts.get("aof_rewrite_scheduled"):
            return
        yield None
        sleep(LOOK_SECONDS)


def _facts(server: Any) -> dict[str, Any]:
    with store_errors():
        found: dict[str, Any] = server.info()
    return found
