"""Reading all that an installation or a site knows, as it stood at one moment, while it works.

Everything is read once; what was written meanwhile is read again, and less is written in that time
than was before. For the last of it writers wait some milliseconds, so that all of it together is
what the store had at that moment.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from moderation.store import keys, sites
from moderation.store.backups.changed import Changed
from moderation.store.backups.pieces import Kind, Piece, text, texts
from moderation.store.client import Store
from moderation.store.faults import store_errors

AT_ONCE = 500
"""Keys that are read in one round trip."""
PAGE = 5000
"""Members of a larger key that make a piece."""
LEFT = 200
"""From so few keys on that were written meanwhile, writers wait until these are read."""
ID_BYTES = 16
ROUNDS = 12
"""So often at most what was written meanwhile is read before writers wait."""

Put = Callable[[Piece], None]
Note = Callable[[int, int], None]
"""Told how many keys were read, and about how many there are."""


def copy(store: Store, site: str, put: Put, note: Note = lambda *_: None) -> None:
    """Give `put` what a site knows (all of them: ''), as of the moment before this returns.

    Raises:
        Cut: the server emptied the store, or cannot tell what is written.
    """
    reader = _Reader(store, site, put)
    with store_errors():
        total = sum(int(server.dbsize()) for server in store.each())
    with Changed(store) as changed:
        for looked, names in reader.scan():
            reader.read(names)
            note(min(looked, total), total)
        reader.read_shared()
        again = set[bytes]()
        for _ in range(ROUNDS):
            again |= changed.take()
            if len(again) <= LEFT:
                break
            reader.read_again(again)
            again.clear()
        with changed.nobody_writes():
            reader.read_again(again | changed.take())
            reader.read_shared()
    note(total, total)


class _Reader:
    """Turns keys into pieces, and knows how far it is in each stream."""

    def __init__(self, store: Store, site: str, put: Put) -> None:
        self._store, self._redis = store, store.redis
        self._site, self._put = site, put
        self._of_site = keys.of_site(site) if site else None
        self._ends: dict[bytes, bytes] = {}

    def scan(self) -> Iterator[tuple[int, list[bytes]]]:
        """Yield how many keys were looked at and some that are wanted, until all were seen."""
        # A site's name holds no sign that a pattern gives a meaning to.
        of_site = self._of_site
        match = f"{of_site.meta}*" if of_site else None
        looked = 0
        for server in [self._store.at(of_site.meta)] if of_site else self._store.each():
            cursor, ended = 0, False
            while not ended:
                with store_errors():
                    cursor, found = server.scan(cursor, match=match, count=AT_ONCE)
                looked, ended = looked + AT_ONCE, not cursor
                yield looked, [name for name in found if self._is_wanted(name)]

    def _is_wanted(self, name: bytes) -> bool:
        return keys.is_kept(name) and (not self._site or keys.site_of(name) == self._site)

    def read(self, names: Iterable[bytes]) -> None:
        """Read keys as they stand."""
        for some in _parts(list(names)):
            with store_errors():
                pipe = self._redis.pipeline(transaction=False)
                for name in some:
                    pipe.type(name)
                    pipe.pexpiretime(name)
                found = pipe.execute()
            facts = list(zip(some, found[::2], found[1::2], strict=True))
            self._read_strings([(n, end) for n, kind, end in facts if kind == b"string"])
            for name, kind, end in facts:
                if kind == b"none":
                    self._put(Piece(text(name), "none"))
                elif kind != b"string":
                    self._read_many(name, kind.decode(), max(end, 0))

    def _read_strings(self, some: Sequence[tuple[bytes, int]]) -> None:
        if not some:
            return
        with store_errors():
            pipe = self._redis.pipeline(transaction=False)
            for name, _ in some:
                pipe.get(name)
            values = pipe.execute()
        for (name, end), value in zip(some, values, strict=True):
            if value is None:
                self._put(Piece(text(name), "none"))
            else:
                self._put(Piece(text(name), "string", (text(value),), max(end, 0)))

    def _read_many(self, name: bytes, kind: Kind, end: int) -> None:
        """Read a key of many members, a page at a time; the first says what there is, the others
        add to it."""
        adds = False
        for page in self._pages(name, kind):
            self._put(Piece(text(name), kind, texts(page), end, adds))
            adds = True

    def _pages(self, name: bytes, kind: Kind) -> Iterator[list[bytes]]:
        if kind == "stream":
            self._ends.pop(name, None)
            yield from self._entries(name)
        elif kind == "list":
            with store_errors():
                yield self._redis.lrange(name, 0, -1)
        else:
            yield from self._members(name, kind)

    def _members(self, name: bytes, kind: Kind) -> Iterator[list[bytes]]:
        look = {"hash": self._redis.hscan, "set": self._redis.sscan, "zset": self._redis.zscan}
        cursor = 0
        while True:
            with store_errors():
                cursor, page = look[kind](name, cursor, count=PAGE)
            if kind == "set":
                yield list(page)
            elif kind == "hash":
                yield list(chain.from_iterable(page.items()))
            else:
                yield [word for member, score in page for word in (member, _score(score))]
            if not cursor:
                return

    def _entries(self, name: bytes) -> Iterator[list[bytes]]:
        """Yield the entries of a stream after the last one that was read."""
        while True:
            after = self._ends.get(name)
            start = b"(" + after if after else b"-"
            with store_errors():
                found = self._redis.xrange(name, min=start, count=AT_ONCE)
            page: list[bytes] = []
            for at, fields in found:
                self._ends[name] = at
                if self._site and fields.get(b"s", b"") != self._site.encode():
                    continue
                words = list(chain.from_iterable(fields.items()))
                page += [at, str(len(words)).encode(), *words]
            yield page
            if len(found) < AT_ONCE:
                return

    def read_again(self, names: Iterable[bytes]) -> None:
        """Read keys that were written since they were read.

        Of indexes and streams, which grow with the site, only what was written is read: where the
        comments stand now, and the entries that came.
        """
        rest, comments = list[bytes](), defaultdict[str, list[bytes]](list)
        for name in filter(self._is_wanted, names):
            site = keys.site_of(name)
            of_site = keys.of_site(site) if site else None
            if name in self._ends:
                self._read_on(name)
            elif of_site is None or name.decode(errors="replace") not in of_site.by_status:
                rest.append(name)
            if of_site and _is_comment(name, of_site):
                comments[site].append(name[-ID_BYTES:])
        self.read(rest)
        for site, ids in comments.items():
            for some in _parts(ids):
                self._place(keys.of_site(site), some)

    def _read_on(self, name: bytes) -> None:
        for page in self._entries(name):
            self._put(Piece(text(name), "stream", texts(page), adds=True))

    def _place(self, of_site: keys.SiteKeys, ids: Sequence[bytes]) -> None:
        """Say in which index comments stand."""
        with store_errors():
            pipe = self._redis.pipeline(transaction=False)
            for index in of_site.by_status:
                pipe.zmscore(index, ids)
            found = pipe.execute()
        for index, scores in zip(of_site.by_status, found, strict=True):
            here = zip(ids, scores, strict=True)
            values = [w for one, s in here if s is not None for w in (one, _score(s))]
            gone = [one for one, s in zip(ids, scores, strict=True) if s is None]
            self._put(Piece(index, "zset", texts(values), adds=True, drops=texts(gone)))

    def read_shared(self) -> None:
        """Read what came of a site's own among the keys of many sites: its part of the label log,
        its tokens."""
        if self._of_site is None:
            return
        self._read_on(self._of_site.labels.encode())
        mine = [
            word
            for digest, token in sites.tokens(self._store).items()
            if token.site == self._site
            for word in (digest.encode(), sites.packed_token(token))
        ]
        self._put(Piece(keys.TOKENS, "hash", texts(mine), adds=True))


def _parts(some: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for at in range(0, len(some), AT_ONCE):
        yield some[at : at + AT_ONCE]


def _is_comment(name: bytes, of_site: keys.SiteKeys) -> bool:
    prefix = of_site.comment.encode()
    return len(name) == len(prefix) + ID_BYTES and name.startswith(prefix)


def _score(score: Any) -> bytes:
    return repr(float(score)).encode()
