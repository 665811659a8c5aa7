"""The lexicons as tries over folded code points that the kernel walks: topics, and trades in names.

A file a topic, and one of trades; a line `language: entry, entry, …`; `entry*` also matches longer
words. Scripts written without spaces match anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.features.characters import (
    CLASS_SHIFT,
    DIGIT,
    EXPANDS_BIT,
    HAN,
    KANA,
    LETTER,
    LIMIT,
    LOOSE_MARK,
    MARK,
    SCRIPT_SHIFT,
    UNSPACED,
    folding_tables,
)
from classifier.features.hashing import FINISH, MASK, finish_hash, hash_text
from classifier.reasons import INDEX, TOPICS

SLOT_BITS = 14
OPENING_BITS = 19
TARGET_BITS = 20
MORE_BIT = 1 << 21
OPEN_BIT = 1 << 22
TOPIC_SHIFT = 23
TRADE = INDEX["author_shape"]
"""The reason that a trade in a name is found for: the name looks like keywords."""
BEGINNINGS = (3, 4, 5)
"""How many characters of words are looked at for entries that longer words match as well."""


class Trie(NamedTuple):
    """States in the order of a walk from the root that takes the fullest branch first: the next
    state is most often the one that stands behind, in the same cache line.
    """

    states: npt.NDArray[np.uint32]
    """The code point that leads to the state behind (0: none does); MORE_BIT if `slots` has others;
    OPEN_BIT if an entry ends here and a longer word matches as well; from TOPIC_SHIFT on the reason
    index of the topic that ends here, 0 for none."""
    slots: npt.NDArray[np.uint64]
    """All other transitions, by open addressing: (state << 21 | code point) << 20 | next state,
    0 = free."""
    openings: npt.NDArray[np.uint64]
    """A bit for the hash of the first characters, as `topics.may_open` takes them."""


def entries() -> Iterator[tuple[str, str, str]]:
    """Yield topic, language and entry of every line of the lexicon of topics."""
    for topic in TOPICS:
        for language, entry in _read(f"topics/{topic}.txt"):
            yield topic, language, entry


def trades() -> Iterator[tuple[str, str]]:
    """Return language and entry of every line of the lexicon of trades: words that say of an
    author's name that a shop, a craft, a product or a search goes by it, and no person."""
    return _read("trades.txt")


def _read(name: str) -> Iterator[tuple[str, str]]:
    for line in files("classifier.features").joinpath(name).read_text("utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        language, _, words = line.partition(":")
        for word in words.split(","):
            if word.strip():
                yield language.strip(), word.strip()


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
        elif value and value & LOOSE_MARK != LOOSE_MARK:
            folded.append(value & (1 << CLASS_SHIFT) - 1)
    return folded


def _grow(
    named: Sequence[tuple[int, str]],
) -> tuple[list[dict[int, int]], dict[int, int], set[int]]:
    children: list[dict[int, int]] = [{}]
    ends: dict[int, int] = {}
    open_ends: set[int] = set()
    for reason, entry in named:
        state = 0
        for code in fold(entry.removesuffix("*")):
            if code not in children[state]:
                children[state][code] = len(children)
                children.append({})
            state = children[state][code]
        ends.setdefault(state, reason)
        if entry.endswith("*"):
            open_ends.add(state)
    return children, ends, open_ends


def _openings(named: Sequence[tuple[int, str]]) -> npt.NDArray[np.uint64]:
    bits = np.zeros(1 << (OPENING_BITS - 6), np.uint64)
    for _, entry in named:
        codes = fold(entry.removesuffix("*"))
        bit = finish_hash(_opening(codes, entry.endswith("*"))) >> (64 - OPENING_BITS)
        bits[bit >> 6] |= np.uint64(1 << (bit & 63))
    return bits


def _opening(codes: list[int], is_open: bool) -> int:
    """Return the hash of an entry's first characters that `topics.may_open` asks for."""
    word = next((i for i, code in enumerate(codes) if not _is_in_word(code)), len(codes))
    if _script(codes[0]) >= UNSPACED:
        size = 2
    elif word < len(codes):
        size = word + 3 if word + 3 <= len(codes) else word
    else:
        size = max(n for n in BEGINNINGS if n <= len(codes)) if is_open else word
    return hash_text("".join(map(chr, codes[:size])))


def _script(code: int) -> int:
    return int(folding_tables().packed[code]) >> SCRIPT_SHIFT & 15 if code < LIMIT else HAN


def _is_in_word(code: int) -> bool:
    kind = int(folding_tables().packed[code]) >> CLASS_SHIFT & 7 if code < LIMIT else LETTER
    return kind in (DIGIT, MARK) or (kind == LETTER and _script(code) not in (HAN, KANA))


def _walk(children: list[dict[int, int]]) -> tuple[list[int], list[list[int]]]:
    """Return the states in the order in which the trie has them, and each one's code points, the
    fullest branch first.
    """
    sizes = [1] * len(children)
    # A state is always made after the one that leads to it.
    for state in reversed(range(len(children))):
        sizes[state] += sum(sizes[target] for target in children[state].values())
    branches = [
        sorted(followers, key=lambda code: (-sizes[followers[code]], code))
        for followers in children
    ]
    order, waiting = [], [0]
    while waiting:
        state = waiting.pop()
        order.append(state)
        waiting += [children[state][code] for code in reversed(branches[state])]
    return order, branches


@cache
def topic_trie() -> Trie:
    """Return the trie of all topics; the first topic that names an entry keeps it."""
    return _trie([(INDEX[f"topic_{topic}"], entry) for topic, _, entry in entries()])


@cache
def trade_trie() -> Trie:
    """Return the trie of all trades."""
    return _trie([(TRADE, entry) for _, entry in trades()])


def _trie(named: Sequence[tuple[int, str]]) -> Trie:
    """Return the trie of entries, each with the reason that it is found for."""
    children, ends, open_ends = _grow(named)
    order, branches = _walk(children)
    place = {state: number for number, state in enumerate(order)}
    states = np.zeros(len(order), np.uint32)
    slots, used = np.zeros(1 << SLOT_BITS, np.uint64), 0
    for state, codes in enumerate(branches):
        states[place[state]] = (
            (codes[0] if codes else 0)
            | (MORE_BIT if len(codes) > 1 else 0)
            | (OPEN_BIT if state in open_ends else 0)
            | ends.get(state, 0) << TOPIC_SHIFT
        )
        for code in codes[1:]:
            _insert(slots, place[state] << 21 | code, place[children[state][code]])
            used += 1
    if used > len(slots) * 3 // 4:
        raise ValueError("the lexicon has outgrown its table: raise SLOT_BITS")
    return Trie(states, slots, _openings(named))


def _insert(slots: npt.NDArray[np.uint64], key: int, target: int) -> None:
    slot = (key * FINISH & MASK) >> (64 - SLOT_BITS)
    while slots[slot]:
        slot = (slot + 1) % len(slots)
    slots[slot] = key << TARGET_BITS | target
