"""Which entry of a list fits a comment: each kind has an index that finds the first that does."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import unquote

from moderation.domain import wording
from moderation.domain.addresses import host_name, mailbox, parsed, unicode_label
from moderation.domain.comments import Submission
from moderation.domain.listed import Entry, Kind, Listed, name_words
from moderation.domain.shown import unescape

NOWHERE = 1 << 30
"""The place of what fits nothing, behind all others."""
_DOTTED = re.compile(r"(?<![\w\-])[^\W_][\w\-]*+(?:\.[\w\-]++)++")
_LABELS = 8
"""Most labels of a domain that is looked for, counted from its end."""


class Index(Protocol):
    """The entries of one kind."""

    def add(self, value: str, place: int) -> None:
        """Let the index know an entry by its place in the list; places come in their order."""

    def first(self, comment: Submission) -> int:
        """Return the lowest place of an entry that fits a comment, NOWHERE for none."""


class Words:
    """Words and phrases, kept as a tree by their words: a text is walked once, whatever the number
    of entries."""

    def __init__(self) -> None:
        self._root: dict[str | None, Any] = {}

    def add(self, value: str, place: int) -> None:
        """Let the index know an entry."""
        node = self._root
        for word in wording.words_of(value):
            node = node.setdefault(word, {})
        node.setdefault(None, place)

    def first(self, comment: Submission) -> int:
        """Return the lowest place of a phrase of the text, as it is shown or as it is meant."""
        return min(map(self._in, wording.readings(comment.content)))

    def _in(self, words: list[str]) -> int:
        found, root = NOWHERE, self._root
        if root.keys().isdisjoint(words):
            return found
        for start, word in enumerate(words):
            node = root.get(word)
            at = start + 1
            while node is not None:
                found = min(found, node.get(None, NOWHERE))
                node = node.get(words[at]) if at < len(words) else None
                at += 1
        return found


class Domains:
    """Domains with all below them, wherever one is written: in the text, or as the author's."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def add(self, value: str, place: int) -> None:
        """Let the index know an entry."""
        self._places.setdefault(value.lstrip("."), place)

    def first(self, comment: Submission) -> int:
        """Return the lowest place of a domain that the text or the author's address names."""
        return self.first_of(domains_named(comment))

    def first_of(self, named: list[str]) -> int:
        """Return the lowest place of one of the domains that a comment names."""
        if self._places.keys().isdisjoint(named):
            return NOWHERE
        return min(self._places.get(name, NOWHERE) for name in named)


def domains_named(comment: Submission) -> list[str]:
    """Return the domains that a comment's text or its author's address may name."""
    named = domains_in(comment.content)
    return named + domains_in(comment.author.url) if comment.author.url else named


def domains_in(text: str) -> list[str]:
    """Return every domain that a text may name, and those above it, in Unicode and lower case.

    Where one ends is not sure ("see shop.example.Then"): each run of labels, up to eight, is one
    that may be meant; of single labels the last.
    """
    if "." not in text and "\u3002" not in text and "&" not in text:
        return []
    text = unquote(unescape(text)).lower()
    if not text.isascii():
        text = wording.plain(text).replace("\u3002", ".")
    found: list[str] = []
    for piece in text.split():
        if "." in piece[1:-1]:
            for run in _DOTTED.findall(piece):
                labels = run.split(".")
                found += _names(list(map(unicode_label, labels)) if "xn--" in run else labels)
    return found


def _names(labels: list[str]) -> list[str]:
    found = [labels[-1]]
    for end in range(2, len(labels) + 1):
        found += [".".join(labels[first:end]) for first in range(max(0, end - _LABELS), end - 1)]
    return found


class Addresses:
    """Addresses and networks, by the length of their prefix."""

    def __init__(self) -> None:
        self._places: dict[tuple[int, int], dict[int, int]] = {}

    def add(self, value: str, place: int) -> None:
        """Let the index know an entry."""
        network = ipaddress.ip_network(value)
        host_bits = network.max_prefixlen - network.prefixlen
        of_length = self._places.setdefault((network.version, host_bits), {})
        of_length.setdefault(int(network.network_address) >> host_bits, place)

    def first(self, comment: Submission) -> int:
        """Return the lowest place of a network that the author's address is in."""
        address = parsed(comment.author.ip) if comment.author.ip else None
        if address is None:
            return NOWHERE
        number, found = int(address), NOWHERE
        for (version, host_bits), places in self._places.items():
            if version == address.version:
                found = min(found, places.get(number >> host_bits, NOWHERE))
        return found


class Emails:
    """E-mail addresses, each by the beginning of its name and by its domain."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str], int] = {}
        self._lengths: set[int] = set()

    def add(self, value: str, place: int) -> None:
        """Let the index know an entry."""
        name, _, domain = value.rpartition("@")
        if name.endswith("*"):
            self._lengths.add(len(name) - 1)
        self._places.setdefault((name, domain), place)

    def first(self, comment: Submission) -> int:
        """Return the lowest place of a pattern that the author's e-mail address fits."""
        name, _, domain = mailbox(comment.author.email).rpartition("@")
        host = host_name(domain)
        if not name or not host:
            return NOWHERE
        labels = host.split(".")
        above = (".".join(labels[at:]) for at in range(1, len(labels)))
        domains = (host, "*", *(f"*.{one}" for one in above))
        names = [name, *(f"{name[:size]}*" for size in self._lengths if size <= len(name))]
        get = self._places.get
        return min(get((one, where), NOWHERE) for where in domains for one in names)


class Names:
    """Names of authors, each whole or by its beginning."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._lengths: set[int] = set()

    def add(self, value: str, place: int) -> None:
        """Let the index know an entry."""
        if value.endswith("*"):
            self._lengths.add(len(value) - 1)
        self._places.setdefault(value, place)

    def first(self, comment: Submission) -> int:
        """Return the lowest place of a name that is the author's."""
        name = " ".join(name_words(comment.author.name))
        names = [name, *(f"{name[:size]}*" for size in self._lengths if size <= len(name))]
        return min(self._places.get(one, NOWHERE) for one in names) if name else NOWHERE


INDEXES: dict[Kind, Callable[[], Index]] = {
    "words": Words, "domain": Domains, "address": Addresses, "email": Emails,
    "name": Names,
}  # fmt: skip
"""What finds the entries of each kind; a new kind is one more."""


class Compiled:
    """A list ready to be asked, for any number of threads; `written` is the list itself."""

    def __init__(self, listed: Listed) -> None:
        self.written = listed
        self._indexes: dict[Kind, Index] = {}
        for place, entry in enumerate(listed.entries):
            if entry.kind not in self._indexes:
                self._indexes[entry.kind] = INDEXES[entry.kind]()
            self._indexes[entry.kind].add(entry.value, place)

    def first(self, comment: Submission) -> Entry | None:
        """Return the entry that decides a comment: of those that fit it, the first."""
        place = NOWHERE
        for index in self._indexes.values():
            place = min(place, index.first(comment))
        return self.written.entries[place] if place < NOWHERE else None


NO_LIST = Compiled(Listed())
