"""The copies of subscribed lists that a process holds, ready to be asked."""

from __future__ import annotations

import threading

from moderation import faults
from moderation.domain.copies import Copy, FeedCopy, Slot, Subscribed
from moderation.domain.subscribed import Subscription, Subscriptions
from moderation.flow import signing
from moderation.store import Store, subscriptions

KEPT = 64
"""Most copies that a process holds, of all sites; what was used least recently goes."""


class Copies:
    """Copies by site and number of the list.

    The first is loaded by whoever asks; a newer one by a thread of its own, while the one before
    goes on to serve: no comment waits for 65,000 entries to be put in order.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._slots: dict[tuple[str, int], Slot] = {}
        self._lock = threading.Lock()

    def of(self, site: str, chosen: Subscriptions) -> Subscribed:
        """Return the lists of a site with their copies, of those that were fetched."""
        return Subscribed(tuple((one, self._slot(site, one)) for one in chosen.lists if one.digest))

    def _slot(self, site: str, one: Subscription) -> Slot:
        name = site, one.number
        with self._lock:
            slot = self._slots.pop(name, None)
            if slot is not None:
                self._slots[name] = slot
        if slot is None:
            slot = Slot(self._loaded(site, one))
            with self._lock:
                self._slots[name] = slot
                if len(self._slots) > KEPT:
                    self._slots.pop(next(iter(self._slots)))
        elif slot.copy.digest != one.digest:
            threading.Thread(target=self._renew, args=(site, one, slot), daemon=True).start()
        return slot

    def _renew(self, site: str, one: Subscription, slot: Slot) -> None:
        try:
            slot.copy = self._loaded(site, one)
        except Exception as error:
            faults.say("the loading of a subscribed list", error)

    def _loaded(self, site: str, one: Subscription) -> Copy | FeedCopy:
        return copy_of(one, subscriptions.copy(self._store, site, one.number))


def copy_of(one: Subscription, entries: list[str]) -> Copy | FeedCopy:
    """Return the copy of a list, ready to be asked."""
    if one.reads == "feed":
        return FeedCopy(signing.read("\n".join(entries).encode(), one.key), one.digest)
    return Copy(one.reads, entries, one.digest)
