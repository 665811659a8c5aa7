"""The copies of subscribed lists that a process holds, ready to be asked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from weakref import WeakValueDictionary

from moderation import faults
from moderation.domain.copies import Copy, FeedCopy, Slot, Subscribed
from moderation.domain.subscribed import Subscription, Subscriptions
from moderation.flow import signing
from moderation.store import Store, subscriptions

RENEWAL = "renewal of a list"


class Copies:
    """Copies by site and number of the list, for as long as somebody holds them: they weigh with
    what else is kept of their site.

    The first is loaded by whoever asks; a newer one by a thread of its own, while the one before
    goes on to serve: no comment waits for 65,000 entries to be put in order. `renewed` is told
    whose newer copy stands: it may weigh more.
    """

    def __init__(self, store: Store, renewed: Callable[[str], None]) -> None:
        self._store = store
        self._renewed = renewed
        self._slots: WeakValueDictionary[tuple[str, int], Slot] = WeakValueDictionary()
        self._lock = threading.Lock()

    def of(self, site: str, chosen: Subscriptions) -> Subscribed:
        """Return the lists of a site with their copies, of those that were fetched."""
        return Subscribed(tuple((one, self._slot(site, one)) for one in chosen.lists if one.digest))

    def _slot(self, site: str, one: Subscription) -> Slot:
        name = site, one.number
        with self._lock:
            slot = self._slots.get(name)
        if slot is None:
            slot = Slot(self._loaded(site, one))
            with self._lock:
                self._slots[name] = slot
        elif slot.copy.digest != one.digest:
            threading.Thread(
                target=self._renew, name=RENEWAL, args=(site, one, slot), daemon=True
            ).start()
        return slot

    def _renew(self, site: str, one: Subscription, slot: Slot) -> None:
        try:
            slot.copy = self._loaded(site, one)
            self._renewed(site)
        except Exception as error:
            faults.say("the loading of a subscribed list", error)

    def _loaded(self, site: str, one: Subscription) -> Copy | FeedCopy:
        return copy_of(one, subscriptions.copy(self._store, site, one.number))


def copy_of(one: Subscription, entries: list[str]) -> Copy | FeedCopy:
    """Return the copy of a list, ready to be asked."""
    if one.reads == "feed":
        data = "\n".join(entries).encode()
        return FeedCopy(signing.read(data, one.key), one.digest, len(data))
    return Copy(one.reads, entries, one.digest)
