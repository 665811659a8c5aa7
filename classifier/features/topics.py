"""Where a text names a topic of the lexicon."""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.characters import DIGIT, HAN, KANA, LETTER, MARK, UNSPACED
from classifier.features.hashing import FINISH, finish, step
from classifier.features.lexicon import OPENING_BITS, SALT_SHORT, SLOT_BITS, TARGET_BITS
from classifier.features.normalise import CODE_MASK, class_of, script_of

LOOK_AHEAD = 6
"""Characters that `may_open` reads: so many blanks stand behind a text."""

_SHIFT_21 = np.uint64(21)
_SHIFT_6 = np.uint64(6)
_MASK_6 = np.uint64(63)
_ONE = np.uint64(1)
_FINISH = np.uint64(FINISH)
_SALT_SHORT = np.uint64(SALT_SHORT)
_OPENING_SHIFT = np.uint64(64 - OPENING_BITS)
_TARGET_BITS = np.uint64(TARGET_BITS)
_TARGET_MASK = np.uint64((1 << TARGET_BITS) - 1)
_SLOT_SHIFT = np.uint64(64 - SLOT_BITS)
_SLOT_MASK = np.uint64((1 << SLOT_BITS) - 1)


@inlined
def _code(text, i):
    return np.uint64(text[i] & CODE_MASK)


@inlined
def _opens(openings, state):
    bit = finish(state) >> _OPENING_SHIFT
    return (openings[bit >> _SHIFT_6] >> (bit & _MASK_6)) & _ONE


@inlined
def may_open(text, i, openings):
    """Whether a topic entry may start at i: bits for its first characters, without a walk.

    Two characters decide where words are not spaced. Elsewhere there must be a bit for three, and
    one for an entry of three, four or five characters or the first six of a longer one.
    """
    two = step(_code(text, i), _code(text, i + 1))
    if script_of(text[i]) >= UNSPACED:
        return _opens(openings, two) != 0
    three = step(two, _code(text, i + 2))
    four = step(three, _code(text, i + 3))
    five = step(four, _code(text, i + 4))
    six = step(five, _code(text, i + 5))
    found = _opens(openings, three ^ _SALT_SHORT) | _opens(openings, four ^ _SALT_SHORT)
    found |= _opens(openings, five ^ _SALT_SHORT) | _opens(openings, six ^ _SALT_SHORT)
    return (_opens(openings, three) & found) != 0


@unmanaged
def topic_at(text, i, n, trie):
    """Return the reason of the longest topic entry that starts at i, 0 for none."""
    slots, ends, open_ends, _ = trie
    state, found = np.uint64(0), 0
    for j in range(i, n):
        key = state << _SHIFT_21 | np.uint64(text[j] & CODE_MASK)
        slot = (key * _FINISH) >> _SLOT_SHIFT
        while slots[slot] >> _TARGET_BITS != key and slots[slot] != 0:
            slot = (slot + _ONE) & _SLOT_MASK
        if slots[slot] == 0:
            break
        state = slots[slot] & _TARGET_MASK
        if ends[state] and (open_ends[state] or _ends_word(text, j)):
            found = np.int64(ends[state])
    return found


@inlined
def _ends_word(text, j):
    """Whether no letter or digit of the same word follows position j."""
    following = class_of(text[j + 1])
    script = script_of(text[j])
    unspaced = script == HAN or script == KANA or script == UNSPACED
    return unspaced or (following != LETTER and following != DIGIT and following != MARK)
