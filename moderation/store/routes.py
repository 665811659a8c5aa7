"""Which slot of a Cluster a command belongs to, by the first key that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from redis.crc import key_slot

from moderation.store import keys

Words = Sequence[Any]

_SCRIPTS = frozenset(("EVALSHA", "EVAL"))
_STREAMS = frozenset(("XREADGROUP", "XREAD"))
_OF_ONE_NODE = frozenset((
    "SCAN", "DBSIZE", "INFO", "CONFIG", "CLIENT", "BGREWRITEAOF", "FLUSHALL", "FLUSHDB", "KEYS",
    "SCRIPT", "SUBSCRIBE", "SSUBSCRIBE", "PSUBSCRIBE", "PUBSUB", "WAIT", "WATCH",
))  # fmt: skip
"""What each node answers for itself: `Store.each` and `Store.at` lead to one."""


@lru_cache(maxsize=1024)
def _slot_of(tag: str | bytes) -> int:
    return int(key_slot(tag.encode() if isinstance(tag, str) else tag))


def slot_of(key: str | bytes) -> int:
    """Return the slot of a key, 0..16383."""
    if isinstance(key, str):
        head, brace, _ = key.partition("}")
        return _slot_of(head + brace if key[:1] == "{" else key)
    start, end, _ = key.partition(b"}")
    return _slot_of(start + end if key[:1] == b"{" else key)


INSTALLATION = slot_of(keys.SCHEMA)
"""The slot of what belongs to no site; what names no key goes there too."""


def slot_for(words: Words) -> int:
    """Return the slot that a command belongs to.

    Raises:
        ValueError: each node has an answer of its own.
    """
    name = words[0]
    if name in _SCRIPTS:
        return slot_of(words[3]) if words[2] else INSTALLATION
    if name in _STREAMS:
        streams = "STREAMS" if "STREAMS" in words else b"STREAMS"
        return slot_of(words[words.index(streams) + 1])
    if name.partition(" ")[0] in _OF_ONE_NODE:
        raise ValueError(f"{name} is asked of one node, not of a Cluster")
    return slot_of(words[1]) if len(words) > 1 else INSTALLATION


def wholes(commands: Iterable[Words]) -> Iterator[tuple[int, list[Words]]]:
    """Yield what one node does at once, with its slot: a command, with a WAIT for it behind, or a
    transaction from MULTI to EXEC."""
    whole: list[Words] = []
    for words in commands:
        is_whole = not whole or (whole[0][0] == "MULTI") == (whole[-1][0] == "EXEC")
        if whole and is_whole and words[0] != "WAIT":
            yield _slot_of_whole(whole), whole
            whole = []
        whole.append(words)
    if whole:
        yield _slot_of_whole(whole), whole


def _slot_of_whole(whole: list[Words]) -> int:
    return slot_for(whole[whole[0][0] == "MULTI"])
