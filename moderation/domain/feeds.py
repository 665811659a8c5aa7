"""A feed: what the people of an installation decided as spam of late, without a word of it.

A text is there as a sketch of half a byte for each of 24 classes of its words, a link's domain as a
hash that is another one each day. Neither leads back to a text, a name or an address; who has the
text, or guesses the domain, finds it there. How sure a guess of a single word can be is measured by
a test, and docs/feeds.md says what follows.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import eq, not_, or_
from typing import Annotated

from msgspec import Meta, Struct

FORMAT = 1
LANES = 24
SKETCH_BYTES = LANES // 2
DOMAIN_BYTES = 8
ALIKE, OF = 3, 5
"""The share of the lanes in which either sketch has a word that are the same in both, at least."""
_RUN, _KEYS = 4, 8
"""Words next to each other in the order of lanes make a key by which alike sketches are found; of a
sketch's keys those with the smallest hashes count, which alike sketches share."""
MOST_COMPARED = 100
"""Entries that share a key with a text and are compared with it."""
_LEVELS = 15


MOST_NAMES = 100
"""Names of a comment that are looked for in a feed at most; each is hashed once a day."""
MOST_DAYS = 14
"""Days that a feed tells of at most, the one on which it is made besides."""
MOST = 50_000
"""Texts, and domains, of a feed at most."""
Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]
Sketch = Annotated[str, Meta(pattern=r"\A[0-9a-f]{24}\Z")]
Hash = Annotated[str, Meta(pattern=r"\A[0-9a-f]{16}\Z")]
Day = Annotated[str, Meta(pattern=r"\A\d{4}-\d\d-\d\d\Z")]
Time = Annotated[dt.datetime, Meta(tz=True)]


class Text(Struct, frozen=True, array_like=True):
    """The sketch of a text (hexadecimal), and how many sites and people said spam."""

    sketch: Sketch
    sites: Count
    people: Count


class Domain(Struct, frozen=True, array_like=True):
    """The hash of a domain (hexadecimal) under its day, and how many sites and people said spam of
    comments that lead there."""

    day: Day
    hash: Hash
    sites: Count
    people: Count


class Feed(Struct, frozen=True):
    """What an installation tells others. `made_at` and `good_until` are RFC 3339."""

    winnow_feed: int
    name: Annotated[str, Meta(max_length=200)]
    made_at: Time
    good_until: Time
    texts: Annotated[tuple[Text, ...], Meta(max_length=MOST)] = ()
    domains: Annotated[tuple[Domain, ...], Meta(max_length=MOST)] = ()


def sketch_of(mark: bytes) -> bytes:
    """Return the sketch that a feed has of a text, by its mark (`classifier.marks_of`); b"" for a
    text of few words, which is anybody's."""
    if len(mark) <= LANES + 4:
        return b""
    levels = [1 + (lane - 1) % _LEVELS if lane else 0 for lane in mark[:LANES]]
    return bytes(a << 4 | b for a, b in zip(levels[::2], levels[1::2], strict=True))


def _levels(sketch: bytes) -> list[int]:
    """Return the lanes of a sketch, 0 for one without a word."""
    return [level for byte in sketch for level in (byte >> 4, byte & 15)]


def domain_hash(day: str, domain: str) -> bytes:
    """Return what a feed has of a domain on a day (`2026-11-28`, UTC)."""
    return hashlib.blake2b(domain.encode(), digest_size=DOMAIN_BYTES, key=day.encode()).digest()


def parents(host: str) -> Iterator[str]:
    """Yield a host and those above it of two labels at least, six at most: one of them is its
    registered domain."""
    labels = host.split(".")[-7:]
    for at in range(len(labels) - 1):
        yield ".".join(labels[at:])


class Heard(Struct, frozen=True):
    """What a feed says of a comment: its number among the subscriptions of the site, the weight in
    logits that the site gives it, and how many sites and people said spam of such a comment."""

    number: int
    weight: float
    sites: int
    people: int


HEARD = "feed"
"""The signal that names the feed which weighs in, by its number; the others say who stands behind
what it knows, and by how many logits the score was moved."""
HEARD_SITES, HEARD_PEOPLE, HEARD_WEIGHT = "feed_sites", "feed_people", "feed_weight"


def weighed(score: float, heard: Heard) -> float:
    """Return a probability moved by a feed's weight, rounded to 1e-6 and never quite sure."""
    within = min(max(score, 1e-6), 1 - 1e-6)
    logit = math.log(within / (1 - within)) + heard.weight
    return min(round(1 / (1 + math.exp(-logit)), 6), 1 - 1e-6)


class Index:
    """The entries of a feed, to be asked; 50,000 texts take about 6 MB."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self._until_ms = feed.good_until.timestamp() * 1000
        self._lanes = [bytes(_levels(bytes.fromhex(one.sketch))) for one in feed.texts]
        pairs = sorted((key, at) for at, row in enumerate(self._lanes) for key in _keys(row))
        self._keys = array("I", [key for key, _ in pairs])
        self._places = array("I", [at for _, at in pairs])
        self._domains = {(one.day, bytes.fromhex(one.hash)): one for one in feed.domains}
        self._days = sorted({one.day for one in feed.domains})

    def hear(self, sketch: bytes, hosts: Sequence[str], now_ms: int) -> Text | Domain | None:
        """Return what the feed knows of a comment by its text, else by its links' hosts; nothing
        once it is too old."""
        if now_ms >= self._until_ms:
            return None
        return self.text(sketch) or (self.domain(hosts) if self._days else None)

    def text(self, sketch: bytes) -> Text | None:
        """Return the entry that is most like a sketch, None where none is alike."""
        row = _levels(sketch)
        places = set[int]()
        for key in _keys(row):
            at = bisect_left(self._keys, key)
            while at < len(self._keys) and self._keys[at] == key and len(places) < MOST_COMPARED:
                places.add(self._places[at])
                at += 1
        if not places:
            return None
        share, best = max((_share(row, self._lanes[at]), at) for at in places)
        return self.feed.texts[best] if share >= ALIKE else None

    def domain(self, hosts: Iterable[str]) -> Domain | None:
        """Return the entry of the first host that is known, or of one above it; of a comment that
        names very many the first ones count."""
        names = dict.fromkeys(name for host in hosts for name in parents(host))
        for name in islice(names, MOST_NAMES):
            for day in self._days:
                found = self._domains.get((day, domain_hash(day, name)))
                if found is not None:
                    return found
        return None


def _share(row: Sequence[int], other: Sequence[int]) -> float:
    """Return how many of the lanes in which either has a word are the same, of `OF`."""
    neither = sum(map(not_, map(or_, row, other)))
    same = sum(map(eq, row, other)) - neither
    return OF * same / (LANES - neither) if neither < LANES else 0.0


def _keys(levels: Sequence[int]) -> list[int]:
    """Return the keys of a sketch's lanes."""
    words = [lane << 4 | level for lane, level in enumerate(levels) if level]
    if len(words) < _RUN:
        return []
    turned = [words[step:] + words[:step] for step in range(_RUN)]
    runs = zip(*turned, strict=True)
    return sorted({(a << 27 | b << 18 | c << 9 | d) * _ODD >> 29 & _MOST for a, b, c, d in runs})[
        :_KEYS
    ]


_ODD, _MOST = 0x9E3779B1, 0xFFFFFFFF
