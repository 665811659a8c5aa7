"""What the core announces, and who listens: the core knows nobody who must be told of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Struct

from moderation import faults
from moderation.domain.decisions import Via
from moderation.domain.errors import StoreDown, StoreFull
from moderation.minutely import Minutely

log = logging.getLogger(__name__)

_said = Minutely()


class Deciding(Struct, frozen=True):
    """A decision on a comment, or its undoing, is about to be written.

    A listener that raises keeps it from being written; what it noted must do no harm where the
    decision is not written after all.
    """

    site: str
    comment: str
    via: Via


class Decided(Struct, frozen=True):
    """A decision on a comment, or its undoing, was written."""

    site: str
    comment: str
    via: Via


class Scored(Struct, frozen=True):
    """Verdicts on comments of a site that has webhooks were recorded; of others nothing is said."""

    site: str


class Deleted(Struct, frozen=True):
    """A comment was deleted."""

    site: str
    comment: str


class Rejudging(Struct, frozen=True):
    """A held comment is about to be approved or rejected by a new verdict.

    What a listener notes must do no harm where that is not written after all.
    """

    site: str
    comment: str


class Rejudged(Struct, frozen=True):
    """A held comment was approved or rejected by a new verdict."""

    site: str
    comment: str


class Swept(Struct, frozen=True):
    """The regular look for what was lost: whoever sends messages sends again those that are due."""


Event = TypeVar("Event", Deciding, Decided, Scored, Deleted, Rejudging, Rejudged, Swept)


class Events:
    """Listeners by what they listen to. They are called in order, by whoever announces."""

    def __init__(self) -> None:
        self._listeners: dict[type, list[Callable[[Any], object]]] = {}

    def listen(self, kind: type[Event], listener: Callable[[Event], object]) -> None:
        """Have a listener called with every event of a kind from now on."""
        self._listeners.setdefault(kind, []).append(listener)

    def announce_apart(self, event: Event) -> None:
        """Call everyone who listens to this kind of event; what one raises is logged, and keeps
        none of the others from it."""
        what = type(event).__name__
        for listener in self._listeners.get(type(event), ()):
            try:
                listener(event)
            except (StoreDown, StoreFull) as error:
                if _said.due((what, type(error))) is not None:
                    log.warning("a listener to %s was left for the next time: %s", what, error)
            except Exception as error:
                faults.say(f"a listener to {what}", error)

    def announce(self, event: Event) -> None:
        """Call everyone who listens to this kind of event; what a listener raises is raised."""
        for listener in self._listeners.get(type(event), ()):
            listener(event)
