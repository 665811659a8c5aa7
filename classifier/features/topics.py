"""Where a text names a topic of the lexicon."""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.characters import DIGIT, HAN, KANA, LETTER, MARK, UNSPACED
from classifier.features.hashing import FINISH, finish, step
from classifier.features.lexicon import (
    BEGINNINGS,
    MORE_BIT,
    OPEN_BIT,
    OPENING_BITS,
    SLOT_BITS,
    TARGET_BITS,
    TOPIC_SHIFT,
)
from classifier.features.normalise import CODE_MASK, class_of, script_of
from classifier.features.tokens import hash_between

LONG_WORD = 16
"""Characters from which on a joined word is looked through for topics."""
_LONG_ENTRY = 5
"""Characters of an entry that stands there by no accident."""
_SHIFT_21 = np.uint64(21)
_SHIFT_6 = np.uint64(6)
_MASK_6 = np.uint64(63)
_ONE, _THREE = np.uint64(1), np.uint64(3)
_FINISH = np.uint64(FINISH)
_OPENING_SHIFT = np.uint64(64 - OPENING_BITS)
_BEGINNINGS = tuple(np.uint64(size) for size in BEGINNINGS)
_TARGET_BITS = np.uint64(TARGET_BITS)
_TARGET_MASK = np.uint64((1 << TARGET_BITS) - 1)
_MORE, _OPEN, _TOPIC = np.uint32(MORE_BIT), np.uint32(OPEN_BIT), np.uint32(TOPIC_SHIFT)
_SLOT_SHIFT = np.uint64(64 - SLOT_BITS)
_SLOT_MASK = np.uint64((1 << SLOT_BITS) - 1)


@inlined
def _opens(openings, state):
    bit = finish(state) >> _OPENING_SHIFT
    return openings[bit >> _SHIFT_6] >> (bit & _MASK_6)


@inlined
def may_open(sums, powers, h, first, end, openings):
    """Return 1 if a topic entry may start with the word of hash `h`, else 0 (uint64); no walk.

    Asked for are the word, the word with three characters behind it, and what words may begin with.
    """
    found = _opens(openings, h) | _opens(openings, hash_between(sums, powers, first, end + _THREE))
    for size in _BEGINNINGS:
        found |= _opens(openings, hash_between(sums, powers, first, first + size))
    return found & _ONE


@inlined
def may_open_unspaced(text, i, openings):
    """Say whether a topic entry of a script written without spaces may start at i: two
    characters.
    """
    two = step(np.uint64(text[i] & CODE_MASK), np.uint64(text[i + 1] & CODE_MASK))
    return _opens(openings, two) & _ONE != 0


@inlined
def is_unspaced(value):
    """Say whether a packed character is of a script that is written without spaces."""
    return script_of(value) >= UNSPACED


@inlined
def _entry_at(text, i, n, trie, least):
    """Return the reason of the longest topic entry that starts at i, and its length; 0, 0 for none.

    An entry ends with a word or is open; with `least` it is at least so long, wherever it ends.
    """
    states, slots, _ = trie
    state, reason, size, here = np.uint64(0), 0, 0, states[0]
    for j in range(i, n):
        code = text[j] & CODE_MASK
        if here & CODE_MASK == code:
            state += _ONE
        elif here & _MORE:
            state = _branch(slots, state << _SHIFT_21 | np.uint64(code))
        else:
            break
        if state == 0:
            break
        here = states[state]
        if here >> _TOPIC:
            fits = j - i + 1 >= least
            if least == 0:
                fits = here & _OPEN != 0 or _ends_word(text, j)
            if fits:
                reason, size = np.int64(here >> _TOPIC), j - i + 1
    return reason, size


@unmanaged
def topic_at(text, i, n, trie):
    """Return the reason of the longest topic entry that starts at i, 0 for none."""
    return _entry_at(text, i, n, trie, 0)[0]


@unmanaged
def topics_inside(text, firsts, ends, count, topics, trie):
    """Count the topics that long words contain: words that ran together when their letters, set
    apart alike inside and between them, were joined.
    """
    for token in range(count):
        i, stop = np.int64(firsts[token]), np.int64(ends[token])
        if stop - i < LONG_WORD:
            continue
        while i < stop:
            reason, size = _entry_at(text, i, stop, trie, _LONG_ENTRY)
            topics[reason] += reason > 0
            i += max(size, 1)


@inlined
def _branch(slots, key):
    """Return the state that a state and a code point lead to, 0 for none (uint64)."""
    slot = (key * _FINISH) >> _SLOT_SHIFT
    while slots[slot] >> _TARGET_BITS != key and slots[slot] != 0:
        slot = (slot + _ONE) & _SLOT_MASK
    return slots[slot] & _TARGET_MASK


@inlined
def _ends_word(text, j):
    """Say whether no letter or digit of the same word follows position j."""
    following = class_of(text[j + 1])
    script = script_of(text[j])
    unspaced = script == HAN or script == KANA or script == UNSPACED
    return unspaced or (following != LETTER and following != DIGIT and following != MARK)
