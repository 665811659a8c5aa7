"""The topic lexicon as a trie over folded code points that the kernel walks.

A file a topic; a line `language: entry, entry, …`; `entry*` also matches longer words. Scripts
written without spaces match anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.features.characters import (
    CLASS_SHIFT,
    EXPANDS_BIT,
    LIMIT,
    SCRIPT_SHIFT,
    UNSPACED,
    folding_tables,
)
from classifier.features.hashing import FINISH, MASK, STEP, finish_hash
from classifier.reasons import INDEX, TOPICS

SLOT_BITS = 16
OPENING_BITS = 19
TARGET_BITS = 20
SALT_SHORT = 0x3333333333333333


class Trie(NamedTuple):
    """Transitions by open addressing, and where entries end."""

    slots: npt.NDArray[np.uint64]
    """(state << 21 | code point) << 20 | next state, 0 = free."""
    ends: npt.NDArray[np.uint8]
    """By state: reason index of the topic that ends here, 0 for none."""
    open_ends: npt.NDArray[np.uint8]
    """By state: 1 if a longer word matches as well."""
    openings: npt.NDArray[np.uint64]
    """A bit for the hash of the first characters, as `words.may_open` takes them."""


def entries() -> Iterator[tuple[str, str, str]]:
    """Yield topic, language and entry of every line of the lexicon."""
    folder = files("classifier.features") / "topics"
    for topic in TOPICS:
        for line in (folder / f"{topic}.txt").read_text("utf-8").splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            language, _, words = line.partition(":")
            for word in words.split(","):
                if word.strip():
                    yield topic, language.strip(), word.strip()


def fold(text: str) -> list[int]:
    """Return the folded code points of an entry, as the kernel folds a comment's text."""
    import unicodedata

    packed, expansions = folding_tables()[:2]
    folded: list[int] = []
    for char in unicodedata.normalize("NFKC", text):
        value = int(packed[ord(char)])
        if value & EXPANDS_BIT:
            start = value & (1 << CLASS_SHIFT) - 1
            folded += expansions[start + 1 : start + 1 + int(expansions[start])].tolist()
        elif value:
            folded.append(value & (1 << CLASS_SHIFT) - 1)
    return folded


def _grow() -> tuple[list[dict[int, int]], dict[int, int], set[int]]:
    children: list[dict[int, int]] = [{}]
    ends: dict[int, int] = {}
    open_ends: set[int] = set()
    for topic, _, entry in entries():
        state = 0
        for code in fold(entry.removesuffix("*")):
            if code not in children[state]:
                children[state][code] = len(children)
                children.append({})
            state = children[state][code]
        ends.setdefault(state, INDEX[f"topic_{topic}"])
        if entry.endswith("*"):
            open_ends.add(state)
    return children, ends, open_ends


def _openings() -> npt.NDArray[np.uint64]:
    bits = np.zeros(1 << (OPENING_BITS - 6), np.uint64)
    for _, _, entry in entries():
        codes = fold(entry.removesuffix("*"))
        first = int(folding_tables().packed[codes[0]] if codes[0] < LIMIT else 0)
        unspaced = codes[0] >= LIMIT or first >> SCRIPT_SHIFT & 15 >= UNSPACED
        state = 0
        for length, code in enumerate(codes[: 2 if unspaced else 6], 1):
            state = (state * STEP + code) & MASK
            if length == (2 if unspaced else 3):
                _set_bit(bits, state)
        if not unspaced:
            _set_bit(bits, state ^ SALT_SHORT)
    return bits


def _set_bit(bits: npt.NDArray[np.uint64], state: int) -> None:
    bit = finish_hash(state) >> (64 - OPENING_BITS)
    bits[bit >> 6] |= np.uint64(1 << (bit & 63))


@cache
def topic_trie() -> Trie:
    """Return the trie of all topics; the first topic that names an entry keeps it."""
    children, ends, open_ends = _grow()
    size = 1 << SLOT_BITS
    if len(children) > size * 3 // 4:
        raise ValueError("the lexicon has outgrown its table: raise SLOT_BITS")
    slots = np.zeros(size, np.uint64)
    for state, followers in enumerate(children):
        for code, target in followers.items():
            key = state << 21 | code
            slot = (key * FINISH & MASK) >> (64 - SLOT_BITS)
            while slots[slot]:
                slot = (slot + 1) % size
            slots[slot] = key << TARGET_BITS | target
    end_of, open_of = np.zeros(len(children), np.uint8), np.zeros(len(children), np.uint8)
    end_of[list(ends)] = list(ends.values())
    open_of[list(open_ends)] = 1
    return Trie(slots, end_of, open_of, _openings())
