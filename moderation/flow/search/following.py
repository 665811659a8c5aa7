"""The one writer of the index: it follows the store's changes and makes the index anew.

What it commits it notes as read afterwards, so that whatever ends it between the two makes it apply
the same changes again, which changes nothing.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event
from time import monotonic

from moderation.domain.errors import StoreDown, StoreFull
from moderation.flow.runtime import now_ms
from moderation.flow.search import folders
from moderation.flow.search.writing import Index
from moderation.store import Store, sites
from moderation.store import search as stored
from moderation.store.comments import inbox, reading
from moderation.store.search import Gap, Positions

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
RESTED_SECONDS = 3.5
"""So long it leaves the processors to the verdicts where more than so many entries (`MANY`, each of
up to a hundred comments) wait for theirs: what waits changes again with its verdict."""
MANY = 8
LEASE_MS = 10_000
BROKEN_SECONDS = 30.0
"""How long it waits where the folder cannot be written to."""
EXPIRED_SECONDS = 60.0
KEPT_SECONDS = 3600.0
ERASED_MS = 86_400_000
"""So long the disk may hold words of comments that are gone: then the index is made anew."""
_AT_ONCE = 200
_COMMITTED_EVERY = 20_000
_LATER_AT_MOST = 2_000_000
"""Most comments that may change while an index is made."""

Shown = Callable[[int, int], None]
"""Told how many of how many comments are in an index that is made."""


class LeaseLost(Exception):
    """Another process writes the index, or this one is told to stop."""


class Indexer:
    """Follows a store into a folder until it is told to stop; one process at a time does."""

    def __init__(
        self, store: Store, parent: Path, stop: Event, show: Shown = lambda *_: None
    ) -> None:
        self._store = store
        self._parent = parent
        self._stop = stop
        self._show = show
        self._who = secrets.token_hex(8)
        self._index: Index | None = None
        self._positions: Positions = []
        self._changed: set[tuple[str, bytes]] = set()
        self._state = stored.State()
        self._expired_at = self._kept_at = self._beaten_at = self._followed_at = monotonic()

    def run(self, alive: Callable[[], None] = lambda: None) -> None:
        """Follow until told to stop, whatever the store does meanwhile."""
        while not self._stop.is_set():
            alive()
            pause = EVERY_SECONDS
            try:
                if not self._claim():
                    self._tidy()
                elif not self._rests() and self._round():
                    continue
            except (StoreDown, StoreFull, LeaseLost, Gap) as error:
                log.warning("the index of searches waits: %s", str(error) or type(error).__name__)
                self._drop()
            except (OSError, ValueError) as error:
                # A full disk, a folder that may not be written to: tantivy's errors are values'.
                log.error("the index of searches cannot be written: %s", error)
                self._drop()
                pause = BROKEN_SECONDS
            self._stop.wait(pause)
        self._drop()
        with suppress(StoreDown):
            stored.write_lease(self._store, "release", self._who, LEASE_MS)

    def make(self) -> bool:
        """Make the index anew in this process; False while another one writes it."""
        if not self._claim():
            return False
        self._state = stored.state(self._store)
        try:
            self._open()
            self._make()
        finally:
            self._drop()
            stored.write_lease(self._store, "release", self._who, LEASE_MS)
        return True

    def _claim(self) -> bool:
        mine = stored.write_lease(self._store, "claim", self._who, LEASE_MS)
        self._beaten_at = monotonic()
        if not mine:
            self._drop()
        return mine

    def _tidy(self) -> None:
        """Remove what lies here of an index that another machine keeps by now: it would hold words
        of comments that are gone."""
        if monotonic() - self._expired_at > EXPIRED_SECONDS:
            self._expired_at = monotonic()
            token = stored.state(self._store).token
            folders.remove_left(self._parent, token, now_ms() - ERASED_MS)

    def _beat(self) -> None:
        """Keep the lease while much is to be done at once."""
        if monotonic() - self._beaten_at > EVERY_SECONDS:
            self._beaten_at = monotonic()
            mine = stored.write_lease(self._store, "keep", self._who, LEASE_MS)
            if not mine or self._stop.is_set():
                raise LeaseLost

    def _drop(self) -> None:
        index, self._index = self._index, None
        if index is not None:
            index.close()

    def _rests(self) -> bool:
        rested = monotonic() - self._followed_at
        return rested < RESTED_SECONDS and sum(inbox.lengths(self._store)) > MANY

    def _round(self) -> bool:
        """Take in what changed; say whether more waits already."""
        self._state = stored.state(self._store)
        if self._index is not None and self._index.folder.name != self._state.token:
            self._drop()
        if self._index is None and not self._open():
            self._make()
        if self._is_due():
            self._make()
        try:
            return self._follow()
        except Gap:
            log.warning("changes were dropped before they were read: the index is made anew")
            self._drop()
            self._make()
            return True

    def _is_due(self) -> bool:
        erased = self._index.erased_ms if self._index else 0
        asked = self._state.wanted > self._state.made
        return asked or bool(erased and now_ms() - erased > ERASED_MS)

    def _open(self) -> bool:
        """Take up the index that serves; say whether it is whole and of this version."""
        folder = self._parent / self._state.token
        if not folders.is_token(self._state.token):
            return False
        known = folders.position(folder)
        if known is None:
            log.warning("the index of searches is lost or of another version")
            return False
        try:
            self._index = Index(folder, known.erased_ms)
        except ValueError as error:
            if "LockBusy" in str(error):
                raise LeaseLost from error
            log.warning("the index of searches cannot be read")
            return False
        self._positions = known.positions
        return True

    def _follow(self) -> bool:
        """Apply a bounded part of what changed to the index that serves; say whether more waits."""
        index, began = self._index, now_ms()
        if index is None:
            return False
        found = stored.changes(self._store, self._positions)
        index.apply(self._store, found.places, self._beat)
        self._positions = found.positions
        self._changed = found.places
        is_changed = bool(found.places)
        if monotonic() - self._expired_at > EXPIRED_SECONDS:
            self._expired_at = monotonic()
            is_changed = index.clean(sites.names(self._store)) or is_changed
        if is_changed:
            index.settle(self._store, self._positions)
        if monotonic() - self._kept_at > KEPT_SECONDS:
            self._kept_at = monotonic()
            stored.keep(self._store)
        if not found.is_more:
            self._followed_at = monotonic()
            stored.note(self._store, {"at_ms": began})
        return found.is_more

    def _make(self) -> None:
        """Make an index of all comments beside the one that serves, then have it serve.

        The old one is followed meanwhile; what changed is taken in at the end.
        """
        token = folders.new_token()
        folders.remove_others(self._parent, self._state.token)
        names = sites.names(self._store)
        if self._index is None:
            self._positions = stored.begin(self._store)
        total = stored.count(self._store, names)
        log.info("making the index of searches: %d comments", total)
        index = Index(self._parent / token)
        later: set[tuple[str, bytes]] = set()
        try:
            noted = monotonic()
            for done, since in self._comments(names, index):
                if monotonic() - noted > EVERY_SECONDS:
                    noted = monotonic()
                    self._meanwhile(later)
                    stored.note(self._store, {"done": done, "total": total})
                    self._show(done, total)
                if since >= _COMMITTED_EVERY:
                    index.writer.commit()
            while self._meanwhile(later):
                pass
            index.apply(self._store, later, self._beat)
            index.settle(self._store, self._positions)
        except BaseException:
            index.close()
            raise
        self._serve(token, index)
        self._show(total, total)
        log.info("the index of searches is whole")

    def _meanwhile(self, later: set[tuple[str, bytes]]) -> bool:
        """Keep the old index up while a new one is made, and note what changed for that."""
        self._beat()
        if self._index is not None:
            more = self._follow()
            later |= self._changed
        else:
            found = stored.changes(self._store, self._positions)
            later |= found.places
            self._positions, more = found.positions, found.is_more
            stored.read_up_to(self._store, self._positions)
        if len(later) > _LATER_AT_MOST:
            raise Gap
        return more

    def _comments(self, names: list[str], index: Index) -> Iterator[tuple[int, int]]:
        """Add every comment; yield how many so far, and how many since the last commit."""
        done = since = 0
        for site in names:
            last = b""
            while ids := reading.page(self._store, site, None, last, b"", False, _AT_ONCE):
                last = ids[-1]
                places = [(site, raw) for raw in ids]
                for (_, raw), (comment, expires) in zip(
                    places, stored.fetch(self._store, places, now_ms()), strict=True
                ):
                    if comment is not None:
                        index.writer.add(raw, comment, expires)
                done, since = done + len(ids), since + len(ids)
                yield done, since
                since = 0 if since >= _COMMITTED_EVERY else since

    def _serve(self, token: str, index: Index) -> None:
        fields = {"token": token, "done": 0, "total": 0, "made": self._state.wanted}
        stored.note(self._store, fields | {"at_ms": now_ms()})
        self._drop()
        self._state = stored.state(self._store)
        self._index = index
        folders.remove_others(self._parent, token)
