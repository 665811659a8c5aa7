"""Copies of the lists that sites subscribed to, ready to be asked about comments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from msgspec import Struct

from moderation.domain.comments import Submission
from moderation.domain.feeds import Feed, Heard, Index, sketch_of
from moderation.domain.keywords import Searched, fields_of
from moderation.domain.matching import NOWHERE, Addresses, Domains, domains_named
from moderation.domain.subscribed import Reads, Subscription, Trusted


class Copy:
    """What was fetched of a list, ready to be asked, for any number of threads; `size` in bytes."""

    def __init__(self, reads: Reads, entries: Sequence[str], digest: str = "") -> None:
        self.digest = digest
        self.size = sum(map(len, entries))
        self._found = _SEARCHED[reads](entries)

    def fits(self, comment: Submission, named: list[str]) -> bool:
        """Say whether some entry fits a comment, which names these domains."""
        return self._found(comment, named)


Fits = Callable[[Submission, list[str]], bool]


def _in_domains(entries: Sequence[str]) -> Fits:
    index = Domains()
    for entry in entries:
        index.add(entry, 0)
    return lambda _, named: index.first_of(named) < NOWHERE


def _in_networks(entries: Sequence[str]) -> Fits:
    index = Addresses()
    for entry in entries:
        index.add(entry, 0)
    return lambda comment, _: index.first(comment) < NOWHERE


def _in_keys(entries: Sequence[str]) -> Fits:
    keys = Searched(list(entries))
    return lambda comment, _: bool(keys) and keys.is_in(fields_of(comment))


_SEARCHED: dict[str, Callable[[Sequence[str]], Fits]] = {
    "domains": _in_domains, "networks": _in_networks, "keys": _in_keys,
}  # fmt: skip


class FeedCopy:
    """What was fetched of a feed, ready to be asked; `size` in bytes."""

    def __init__(self, feed: Feed, digest: str = "", size: int = 0) -> None:
        self.digest = digest
        self.size = size
        self.index = Index(feed)

    def fits(self, comment: Submission, named: list[str]) -> bool:
        """Say no: a feed decides nothing."""
        return False


class Slot:
    """Where the copy of a list stands that serves; another takes its place at any time."""

    __slots__ = ("__weakref__", "copy")

    def __init__(self, copy: Copy | FeedCopy) -> None:
        self.copy = copy


class Subscribed(Struct, frozen=True):
    """The lists of a site with the copies of them."""

    lists: tuple[tuple[Subscription, Slot], ...] = ()

    def of(self, comment: Submission) -> Asked:
        """Return the lists ready to be asked about one comment, by one action after the other."""
        return Asked(self, comment)

    @property
    def size(self) -> int:
        """How many bytes the copies have, as they were fetched."""
        return sum(slot.copy.size for _, slot in self.lists)

    def has_feeds(self) -> bool:
        """Say whether a feed is among them."""
        return any(one.reads == "feed" for one, _ in self.lists)

    def hear(self, comment: Submission, mark: bytes, now_ms: int) -> Heard | None:
        """Return what the weightiest feed says of a comment with this mark
        (`classifier.marks_of`); they tell of the same campaigns, so one of them is heard."""
        if not self.has_feeds():
            return None
        sketch, named = sketch_of(mark), domains_named(comment)
        heard = [
            Heard(one.number, one.weight, found.sites, found.people)
            for one, slot in self.lists
            if isinstance(slot.copy, FeedCopy)
            and (found := slot.copy.index.hear(sketch, named, now_ms)) is not None
        ]
        return max(heard, key=lambda one: one.weight, default=None)


class Asked:
    """A site's lists as they are asked about one comment: the domains that it names are looked for
    once, and only where a list wants them."""

    def __init__(self, subscribed: Subscribed, comment: Submission) -> None:
        self._lists = subscribed.lists
        self._comment = comment

    def first(self, action: Trusted) -> Subscription | None:
        """Return the first list with this action that fits the comment."""
        for one, slot in self._lists:
            if one.action == action:
                named = self._named if one.reads == "domains" else []
                if slot.copy.fits(self._comment, named):
                    return one
        return None

    @cached_property
    def _named(self) -> list[str]:
        return domains_named(self._comment)


NO_SUBSCRIPTIONS = Subscribed()
