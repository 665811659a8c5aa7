"""Who is connected, what is held for them, and who must go when that is too much."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from moderation.server.limits import Limits
from moderation.server.service import Counts

SHARE = 16
"""Where there are too many, one in so many ends at once: it takes a walk through all of them to see
who has waited longest."""


class Client(Protocol):
    """A client's connection, as far as it is bounded."""

    held: int
    """Bytes that are held for it; kept by `Bounds`."""
    is_known: bool
    """Whether a good key was shown; kept by `Bounds`."""
    has_body: bool
    """Whether its body is waited for."""
    since: float
    """When it began to wait for its client, or last saw that send or take enough."""

    @property
    def waits(self) -> bool:
        """Whether it is its client's turn."""

    def end(self) -> None:
        """Make room."""

    def stop(self) -> None:
        """Close unless a request was begun."""

    def look(self, now: float) -> None:
        """End if its client takes too long."""


class Bounds:
    """The connections of a process.

    When there are too many of them, or too much is held, those end that have waited longest for
    their clients: one that sends or reads steadily is always younger than one that stalls. Where
    too much is held, who holds less than the mean is left alone: little would come of ending it.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.clients: set[Client] = set()
        self.refused: Counter[str] = Counter()
        """Bodies that were given up, by why."""
        self.ended: Counter[str] = Counter()
        """Connections that were hung up on, by why."""
        self.on_change: Callable[[int], None] = lambda _count: None
        """Called with the number of connections when it changes."""
        self._bodies = 0
        self._held = {False: 0, True: 0}

    def counts(self) -> Counts:
        """Return what goes on."""
        held = sum(self._held.values())
        return Counts(len(self.clients), self._bodies, held, dict(self.refused), dict(self.ended))

    def enter(self, client: Client) -> None:
        """Take a client in; others end if it is one too many."""
        self.clients.add(client)
        self.on_change(len(self.clients))
        if len(self.clients) > self.limits.connections:
            self.make_room()

    def leave(self, client: Client) -> None:
        """Forget a client that is no longer connected."""
        self.end_body(client)
        self.release(client)
        self.clients.discard(client)
        self.on_change(len(self.clients))

    def make_room(self) -> None:
        """End the connections that have waited longest."""
        _end_longest([client for client in self.clients if client.waits])

    def hold(self, client: Client, size: int) -> None:
        """Count what is kept for a client; others end if it is too much."""
        client.held += size
        self._held[client.is_known] += size
        limits, held = self.limits, self._held
        if held[False] > limits.held_for_strangers:
            self._free(lambda: held[False] > limits.held_for_strangers, strangers=True)
        if held[False] + held[True] > limits.held:
            self._free(lambda: held[False] + held[True] > limits.held, strangers=False)

    def drop(self, client: Client) -> None:
        """Count that nothing is kept in memory for a client, which stays known."""
        self._held[client.is_known] -= client.held
        client.held = 0

    def release(self, client: Client) -> None:
        """Count that nothing is kept for a client, which has to show a key again."""
        self._held[client.is_known] -= client.held
        client.held = 0
        client.is_known = False

    def know(self, client: Client) -> None:
        """Note that a client has shown a good key."""
        self._held[client.is_known] -= client.held
        client.is_known = True
        self._held[True] += client.held

    def begin_body(self, client: Client) -> None:
        """Count a body that is waited for; others end if it is one too many."""
        client.has_body = True
        self._bodies += 1
        if self._bodies > self.limits.bodies:
            waiting = [one for one in self.clients if one.waits and one.has_body]
            _end_longest([one for one in waiting if not one.is_known] or waiting)

    def end_body(self, client: Client) -> None:
        """Count that a client's body is not waited for any more."""
        if client.has_body:
            client.has_body = False
            self._bodies -= 1

    def tick(self, now: float) -> None:
        """Have every client looked at."""
        for client in list(self.clients):
            client.look(now)

    def _free(self, too_much: Callable[[], bool], strangers: bool) -> None:
        waiting = [
            client
            for client in self.clients
            if client.waits and client.held and not (strangers and client.is_known)
        ]
        while waiting and too_much():
            mean = sum(client.held for client in waiting) / len(waiting)
            _end_longest([client for client in waiting if client.held >= mean])
            waiting = [client for client in waiting if client.held]


def _end_longest(waiting: Sequence[Client]) -> None:
    """End one in `SHARE`, at least one, of those given: those who have waited longest."""
    count = len(waiting) // SHARE + 1
    for client in heapq.nsmallest(count, waiting, key=lambda client: client.since):
        client.end()
