"""What a process keeps in memory of what it read: bounded by number, by time and by weight."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")

NOTED_SECONDS = 0.1
"""For so long after its last use something counts as just used."""


class Cache(Generic[Value]):
    """A bounded, thread-safe mapping that drops what was used least recently or not of late.

    With `weigh` all that is kept weighs `heaviest` at most, but for one value that is heavier; what
    weighs nothing makes no room and needs none, so it neither goes for weight nor drives out.
    """

    def __init__(
        self,
        most: int,
        idle_seconds: float = math.inf,
        heaviest: int = 0,
        weigh: Callable[[Value], int] | None = None,
    ) -> None:
        self._most = most
        self._idle_seconds = idle_seconds
        self._heaviest = heaviest
        self._weigh = weigh
        self._weight = 0
        self._weights: OrderedDict[str, int] = OrderedDict()  # Of what has weight, as `_items`.
        self._items: OrderedDict[str, tuple[Value, float]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> Value | None:
        """Return what is kept under a key."""
        found = self._items.get(key)
        if found is None:
            return None
        # Most is asked for again at once: that it was used need not be noted each time.
        if time.monotonic() - found[1] < NOTED_SECONDS:
            return found[0]
        with self._lock:
            found = self._items.get(key)
            return None if found is None else self._used(key, found[0])

    def put(self, key: str, value: Value) -> None:
        """Keep a value."""
        self.swap(key, lambda _: value)

    def swap(self, key: str, chosen: Callable[[Value | None], Value]) -> Value:
        """Keep and return what is chosen in view of what is kept (None: nothing)."""
        with self._lock:
            found = self._items.get(key)
            before = None if found is None else found[0]
            value = self._used(key, chosen(before))
            self._weigh_one(key, value)
            while len(self._items) > self._most:
                self._drop(next(iter(self._items)))
        return value

    def weigh_again(self, key: str) -> None:
        """Note what a kept value weighs now; it was not used for that."""
        with self._lock:
            found = self._items.get(key)
            if found is not None:
                self._weigh_one(key, found[0])

    def drop(self, key: str) -> None:
        """Forget a key."""
        with self._lock:
            if key in self._items:
                self._drop(key)

    def _used(self, key: str, value: Value) -> Value:
        now = time.monotonic()
        self._items[key] = value, now
        self._items.move_to_end(key)
        if key in self._weights:
            self._weights.move_to_end(key)
        # The first is always the one that was used least recently.
        while now - next(iter(self._items.values()))[1] > self._idle_seconds:
            self._drop(next(iter(self._items)))
        return value

    def _weigh_one(self, key: str, value: Value) -> None:
        if self._weigh is None:
            return
        weight, before = self._weigh(value), self._weights.get(key, 0)
        self._weight += weight - before
        if weight:
            self._weights[key] = weight  # One that had weight keeps its place in the order.
        else:
            self._weights.pop(key, None)
        while self._weight > self._heaviest and len(self._weights) > 1:
            self._drop(next(iter(self._weights)))

    def _drop(self, key: str) -> None:
        del self._items[key]
        self._weight -= self._weights.pop(key, 0)
