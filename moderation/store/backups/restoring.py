"""Filling a store from pieces, so that a restore that was cut off goes on where it was.

Each part is written by one transaction with a note of how many pieces are in, on a Cluster by one
for each shard; until the last one the store has no layout that anybody would work on.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import msgspec
from msgspec import Struct

from moderation.domain.backups import NotEmpty
from moderation.store import keys, removals, schema
from moderation.store.backups.pieces import Piece, data, datas
from moderation.store.client import Store
from moderation.store.faults import store_errors


class Progress(Struct, frozen=True):
    """Which backup is put back, by its head, and how many of its pieces are in."""

    head: str
    pieces: int = 0


class Restoring:
    """Puts the pieces of one backup into a store, in their order.

    `site` is that of a backup of one site, '' of a whole one; `head` tells one backup from others.
    """

    def __init__(self, store: Store, head: str, site: str, now_ms: int) -> None:
        self._store, self._head, self._site, self._now_ms = store, head, site, now_ms

    def begin(self) -> int:
        """Return how many pieces are in already: 0, or those of a restore that was cut off.

        Raises:
            NotEmpty: the store, or the site in it, is there already, or another backup is half in.
        """
        with store_errors():
            under_way = self._store.redis.get(keys.RESTORING)
        if under_way is not None:
            found = msgspec.json.decode(under_way, type=Progress)
            if found.head != self._head:
                raise NotEmpty(
                    "another backup is half in this store: finish that one, or empty the store"
                )
            return found.pieces
        if self._site:
            schema.check(self._store)
            with store_errors():
                there = self._store.redis.exists(keys.of_site(self._site).meta)
            if there:
                raise NotEmpty("this site is there already: remove it first")
        elif self._is_used():
            raise NotEmpty("the store is not empty: a backup is put back into an empty one")
        self._write([], 0)
        return 0

    def _is_used(self) -> bool:
        if schema.stored(self._store):
            return True
        with store_errors():
            names = (server.scan_iter(count=1000) for server in self._store.each())
            return any(map(keys.is_kept, chain.from_iterable(names)))

    def put(self, pieces: Sequence[Piece], so_far: int) -> None:
        """Write some pieces; `so_far` is how many are in with them.

        Raises:
            ValueError: a piece is none.
        """
        self._write(pieces, so_far)

    def _write(self, pieces: Sequence[Piece], so_far: int) -> None:
        if self._store.is_spread:
            # A transaction is of one shard. Those of shards have notes of their own, so that a part
            # that was cut off is written again only where it was not; the note of all comes last.
            by_note: dict[str, list[Piece]] = {}
            for piece in pieces:
                by_note.setdefault(keys.restoring(data(piece.key)), []).append(piece)
            pieces = by_note.pop(keys.RESTORING, [])
            for note, some in by_note.items():
                self._write_shard(note, some, so_far)
        with store_errors():
            pipe = self._store.redis.pipeline(transaction=True)
            if not self._site:
                pipe.set(keys.SCHEMA, schema.RESTORING)
            self._add_all(pipe, keys.RESTORING, pieces, so_far)
            pipe.execute()

    def _write_shard(self, note: str, pieces: Sequence[Piece], so_far: int) -> None:
        with store_errors():
            noted = self._store.redis.get(note)
            done = msgspec.json.decode(noted, type=Progress) if noted else Progress("")
            if done.head == self._head and done.pieces >= so_far:
                return
            pipe = self._store.redis.pipeline(transaction=True)
            self._add_all(pipe, note, pieces, so_far)
            pipe.execute()

    def _add_all(self, pipe: Any, note: str, pieces: Sequence[Piece], so_far: int) -> None:
        pipe.set(note, msgspec.json.encode(Progress(self._head, so_far)))
        for piece in pieces:
            self._add(pipe, piece)

    def _add(self, pipe: Any, piece: Piece) -> None:
        name = data(piece.key)
        if name == keys.SCHEMA.encode() or not keys.is_kept(name):
            return
        if piece.expires_at and piece.expires_at <= self._now_ms:
            pipe.unlink(name)
            return
        if not piece.adds:
            pipe.unlink(name)
        if piece.drops:
            pipe.zrem(name, *datas(piece.drops))
        if piece.values:
            _WRITE[piece.kind](pipe, name, datas(piece.values), bool(self._site))
        if piece.expires_at:
            pipe.pexpireat(name, piece.expires_at)

    def end(self, layout: int) -> None:
        """Let the store, or the site, be used."""
        with store_errors():
            if self._site:
                self._renumber()
            pipe = self._store.redis.pipeline(transaction=True)
            if self._site:
                pipe.sadd(keys.SITES, self._site)
            else:
                pipe.set(keys.SCHEMA, layout)
            pipe.delete(keys.RESTORING)
            pipe.execute()
            if self._store.is_spread:
                notes = [("UNLINK", keys.restoring(shard)) for shard in range(keys.SHARDS)]
                self._store.ask_all(notes)

    def _renumber(self) -> None:
        """Have the site go on from the numbers of one of its name that was removed: processes know
        a site of this name by them, and this is another one."""
        meta = keys.of_site(self._site).meta
        numbers = removals.numbers_after(self._store, self._site)
        before = self._store.redis.hmget(meta, *numbers) if numbers else []
        for (name, least), now in zip(numbers.items(), before, strict=True):
            self._store.redis.hset(meta, name, max(least, int(now or 0)))


def _add_entries(pipe: Any, name: bytes, words: Sequence[bytes], renumber: bool) -> None:
    """Append a stream's entries; of one site's to a stream of several, they are renumbered."""
    at = 0
    while at < len(words):
        count = int(words[at + 1])
        fields = words[at + 2 : at + 2 + count]
        entry = dict(zip(fields[::2], fields[1::2], strict=True))
        pipe.xadd(name, entry, id="*" if renumber else words[at])
        at += 2 + count


def _pairs(words: Sequence[bytes]) -> dict[bytes, bytes]:
    return dict(zip(words[::2], words[1::2], strict=True))


_WRITE = {
    "string": lambda pipe, name, words, _: pipe.set(name, words[0]),
    "hash": lambda pipe, name, words, _: pipe.hset(name, mapping=_pairs(words)),
    "set": lambda pipe, name, words, _: pipe.sadd(name, *words),
    "zset": lambda pipe, name, words, _: pipe.zadd(name, _pairs(words)),
    "list": lambda pipe, name, words, _: pipe.rpush(name, *words),
    "stream": _add_entries,
}
