"""Words, pairs of words, ideographs and topics of a normalised text."""

from __future__ import annotations

import numba
import numpy as np

from classifier.features.characters import (
    CYRILLIC,
    DIGIT,
    DISGUISE_BIT,
    GREEK,
    HAN,
    HANGUL,
    KANA,
    LATIN,
    LETTER,
    MARK,
    OTHER,
    UNSPACED,
)
from classifier.features.emit import CHAR_TAG, CJK_TAG, PAIR_TAG, emit
from classifier.features.hashing import finish, step
from classifier.features.normalise import BLANK, CODE_MASK, class_of, script_of

_SALT_WORD = np.uint64(0x5851F42D4C957F2D)
_SALT_PAIR = np.uint64(0x14057B7EF767814F)
_SALT_CJK = np.uint64(0x2545F4914F6CDD1D)
_SALT_3 = np.uint64(3)
_SALT_4 = np.uint64(0x4000000000000004)
_SALT_5 = np.uint64(0x5000000000000005)
_DISGUISE = np.uint32(DISGUISE_BIT)
_SHIFT_21 = np.uint64(21)
_LOOKS_LATIN = 1 << CYRILLIC | 1 << GREEK | 1 << OTHER


@numba.njit(cache=True)
def topic_at(text, i, n, trie):
    """Return the reason of the longest topic entry that starts at i, 0 for none."""
    state, found = 0, 0
    bits = np.uint64(len(trie.keys) - 1)
    shift = np.uint64(64)
    size = len(trie.keys)
    while size > 1:
        size >>= 1
        shift -= np.uint64(1)
    for j in range(i, n):
        key = np.uint64(state) << _SHIFT_21 | np.uint64(text[j] & CODE_MASK)
        slot = (key * np.uint64(0x9E3779B97F4A7C15)) >> shift
        while trie.keys[slot] != key and trie.keys[slot] != 0:
            slot = (slot + np.uint64(1)) & bits
        if trie.keys[slot] == 0:
            break
        state = trie.targets[slot]
        if trie.ends[state] and (trie.open_ends[state] or _ends_word(text, j)):
            found = trie.ends[state]
    return found


@numba.njit(inline="always")
def _ends_word(text, j):
    """Whether no letter or digit of the same word follows position j."""
    following = class_of(text[j + 1])
    script = script_of(text[j])
    unspaced = script == HAN or script == KANA or script == UNSPACED
    return unspaced or (following != LETTER and following != DIGIT and following != MARK)


@numba.njit(cache=True)
def char_grams(text, at, n, codes, k, room, seen, places, field):
    """Emit all runs of 3, 4 and 5 characters, blanks at both ends included, while there is room."""
    blank = np.uint64(32)
    c1, g2, g3, g4 = blank, blank, blank, blank
    for i in range(n + 1):
        if k >= room:
            break
        c = np.uint64(text[i] & CODE_MASK)
        g5 = step(g4, c)
        g4 = step(g3, c)
        g3 = step(g2, c)
        g2 = step(c1, c)
        c1 = c
        end = at[i] + (i < n)
        if i >= 1:
            k = emit(codes, k, seen, places, field, at[max(i - 2, 0)], end, CHAR_TAG, g3 ^ _SALT_3)
        if i >= 2:
            k = emit(codes, k, seen, places, field, at[max(i - 3, 0)], end, CHAR_TAG, g4 ^ _SALT_4)
        if i >= 3:
            k = emit(codes, k, seen, places, field, at[max(i - 4, 0)], end, CHAR_TAG, g5 ^ _SALT_5)
    return k


@numba.njit(cache=True)
def disguise(text, at, first, last, scripts, inner_digits, styled, view, view_at, v, look_alikes):
    """Append what a word of mixed scripts or styled letters looks like to the second view.

    Returns the new length of the view and whether letters were disguised (digits inside a word
    are looked through, but too common to be a sign).
    """
    mixed = scripts & (1 << LATIN) != 0 and scripts & _LOOKS_LATIN != 0
    if not (mixed or styled or inner_digits) or v + last - first + 2 >= len(view):
        return v, False
    for j in range(first, last):
        code = text[j] & CODE_MASK
        look = look_alikes[code] if code < len(look_alikes) else code
        view[v] = (text[j] & ~CODE_MASK) | look
        view_at[v] = at[j]
        v += 1
    view[v] = BLANK
    view_at[v] = at[last - 1] + 1
    return v + 1, mixed or styled


@numba.njit(cache=True)
def words(text, at, n, codes, k, room, seen, places, field, tag, topics, known, view, view_at, t):
    """Emit words, pairs and ideographs of a text, count its topics, and fill the second view.

    `topics` (int64 by reason) is added to; `known` is the page's words as a bit set, or empty.
    Returns (k, length of the view, words, new words, words known, disguised words, spaced runs).
    """
    v, total, new, common, disguised, spaced = 0, 0, 0, 0, 0, 0
    previous, before, single, single_at = np.uint64(0), np.uint64(0), 0, 0
    first, h, scripts, digits, inner, styled = -1, np.uint64(0), 0, 0, False, False
    for i in range(n + 1):
        value = text[i]
        kind = class_of(value)
        script = script_of(value)
        dense = script == HAN or script == KANA
        inside = (kind == LETTER and not dense) or kind == DIGIT or kind == MARK
        if inside:
            if first < 0:
                first, h, scripts, digits, inner, styled = i, np.uint64(0), 0, 0, False, False
                found = topic_at(text, i, n, t.trie)
                topics[found] += 1
            elif script == UNSPACED:
                topics[topic_at(text, i, n, t.trie)] += 1
            if kind == DIGIT:
                digits += 1
            else:
                inner = inner or (digits > 0 and i - first > digits)
                scripts |= 1 << script
            styled = styled or value & _DISGUISE != 0
            h = step(h, np.uint64(value & CODE_MASK))
            continue
        if first >= 0:
            size = i - first
            start, end = at[first], at[i - 1] + 1
            before = k
            if k < room:
                k = emit(codes, k, seen, places, field, start, end, tag, h ^ _SALT_WORD)
                new += k > before
                if total > 0:
                    pair = finish(previous) + h ^ _SALT_PAIR
                    k = emit(codes, k, seen, places, field, start, end, PAIR_TAG, pair)
            total += 1
            previous = h
            if len(known) and size > 2:
                common += _is_known(known, h)
            if len(view):
                v, is_disguised = disguise(
                    text, at, first, i, scripts, inner, styled, view, view_at, v, t.look_alikes
                )
                disguised += is_disguised
                if size == 1 and digits == 0:
                    single_at = first if single == 0 else single_at
                    single += 1
                else:
                    if single >= 4:
                        v = _join(text, at, single_at, first, view, view_at, v)
                        spaced += 1
                    single = 0
            first = -1
        if dense and kind == LETTER:
            c = np.uint64(value & CODE_MASK)
            found = topic_at(text, i, n, t.trie)
            topics[found] += 1
            total += 1
            if k < room:
                old = k
                k = emit(codes, k, seen, places, field, at[i], at[i] + 1, CJK_TAG, c ^ _SALT_CJK)
                new += k > old
                if i > 0 and script_of(text[i - 1]) >= HAN:
                    two = step(np.uint64(text[i - 1] & CODE_MASK), c)
                    k = emit(codes, k, seen, places, field, at[i - 1], at[i] + 1, CJK_TAG, two ^ _SALT_CJK)
                    if len(known):
                        common += _is_known(known, two)
    if single >= 4 and len(view):
        v = _join(text, at, single_at, n, view, view_at, v)
        spaced += 1
    if v > 0:
        v -= 1
    return k, v, total, new, common, disguised, spaced


@numba.njit(cache=True)
def _join(text, at, first, last, view, view_at, v):
    """Append the letters of a spaced-out word ("v i a g r a") to the second view as one word."""
    if v + last - first + 2 >= len(view):
        return v
    for j in range(first, last):
        if class_of(text[j]) == LETTER:
            view[v] = text[j]
            view_at[v] = at[j]
            v += 1
    view[v] = BLANK
    view_at[v] = at[last - 1] + 1
    return v + 1


@numba.njit(inline="always")
def _is_known(known, h):
    bucket = finish(h) >> np.uint64(48)
    return np.int64((known[bucket >> np.uint64(6)] >> (bucket & np.uint64(63))) & np.uint64(1))


@numba.njit(cache=True)
def remember_words(text, n, known):
    """Set the bit of every word (or pair of ideographs) of a page's text."""
    h, size = np.uint64(0), 0
    for i in range(n + 1):
        value = text[i]
        kind = class_of(value)
        script = script_of(value)
        dense = script == HAN or script == KANA
        if (kind == LETTER and not dense) or kind == DIGIT or kind == MARK:
            h = step(h, np.uint64(value & CODE_MASK))
            size += 1
            continue
        if size > 2:
            _remember(known, h)
        h, size = np.uint64(0), 0
        if dense and i > 0 and script_of(text[i - 1]) >= HAN:
            _remember(known, step(np.uint64(text[i - 1] & CODE_MASK), np.uint64(value & CODE_MASK)))


@numba.njit(inline="always")
def _remember(known, h):
    bucket = finish(h) >> np.uint64(48)
    known[bucket >> np.uint64(6)] |= np.uint64(1) << (bucket & np.uint64(63))
