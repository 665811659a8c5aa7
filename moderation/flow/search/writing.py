"""An index as its one writer has it: what became of comments is taken in, then settled."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from pathlib import Path

from moderation.flow.runtime import now_ms
from moderation.flow.search import folders
from moderation.search.index import Writer
from moderation.store import Store
from moderation.store import search as stored
from moderation.store.search import Positions

_AT_ONCE = 200


class Index:
    """An index as it is written: where it lies, its writer, what it has had of what is gone."""

    def __init__(self, folder: Path, erased_ms: int = 0) -> None:
        self.folder = folder
        self.writer = Writer(folder)
        self.erased_ms = erased_ms

    def apply(self, store: Store, places: set[tuple[str, bytes]], beat: Callable[[], None]) -> None:
        """Take in what became of some comments, calling `beat` now and then."""
        waiting = iter(places)
        while some := list(islice(waiting, _AT_ONCE)):
            beat()
            for (site, raw), (comment, expires) in zip(
                some, stored.fetch(store, some, now_ms()), strict=True
            ):
                self.writer.remove(site, raw)
                if comment is None:
                    self.erased_ms = self.erased_ms or now_ms()
                else:
                    self.writer.add(raw, comment, expires)

    def clean(self, known: list[str]) -> bool:
        """Take out what has expired, and sites that are gone; say whether there was any."""
        gone = self.writer.keep_sites(known)
        if not self.writer.expire(now_ms()) and not gone:
            return False
        self.erased_ms = self.erased_ms or now_ms()
        return True

    def close(self) -> None:
        """Let go of it without what was not committed, whatever state it is in."""
        with suppress(ValueError):
            self.writer.close()

    def settle(self, store: Store, positions: Positions) -> None:
        """Commit, then note how far the index is, then drop what was read."""
        self.writer.commit()
        folders.note(self.folder, positions, self.erased_ms)
        stored.read_up_to(store, positions)
