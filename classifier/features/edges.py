"""How a text begins and ends, and its signs and numbers as words.

Spam opens and closes alike ("hello", "read more", a link at the end), whatever stands between.
"""

from __future__ import annotations

import numpy as np

from classifier.compiled import unmanaged
from classifier.features.characters import DIGIT, LETTER, MARK, PUNCTUATION
from classifier.features.emission import EDGE_TAG, NUMBER_TAG, SIGN_TAG, emit
from classifier.features.hashing import finish, step
from classifier.features.normalise import BLANK, CODE_MASK, class_of

_SALT_FIRST = np.uint64(0x9216D5D98979FB1B)
_SALT_LAST = np.uint64(0xD1310BA698DFB5AC)
_SALT_PAIR = np.uint64(0x2FFD72DBD01ADFB7)
_SALT_SIGN = np.uint64(0xB8E1AFED6A267E96)
_SALT_NUMBER = np.uint64(0xBA7C9045F12C7F99)
_LINK = np.uint64(0x24A19947B3916CF7)
"""What stands for a link, whatever its address."""
_LONGEST_NUMBER = 12
_COLON, _SLASH = 58, 47


@unmanaged
def _has_link(text, begin, end):
    """Say whether what stands between two blanks has a scheme in it."""
    found = False
    for i in range(begin, end - 1):
        found |= text[i] & CODE_MASK == _COLON and text[i + 1] & CODE_MASK == _SLASH
    return found


@unmanaged
def _opening(text, n, tokens, count):
    """Return the first two things of a text as hashes, the second 0 if there is none; and where
    what stands before the first blank begins and ends. There is a word, so something does.
    """
    hashes, firsts = tokens[0], tokens[1]
    begin = 0
    while begin < n - 1 and text[begin] == BLANK:
        begin += 1
    stop = begin + 1
    while stop < n and text[stop] != BLANK:
        stop += 1
    if not _has_link(text, begin, stop):
        return hashes[0], hashes[1] if count > 1 else np.uint64(0), begin, stop
    token = 0
    while token < count and np.int64(firsts[token]) < stop:
        token += 1
    return _LINK, hashes[token] if token < count else np.uint64(0), begin, stop


@unmanaged
def _closing(text, n, tokens, count):
    """Return the last two things of a text as hashes, the last first, a sign being one too; and
    where what stands behind the last blank begins and ends.
    """
    hashes, firsts = tokens[0], tokens[1]
    stop = n
    while stop > 1 and text[stop - 1] == BLANK:
        stop -= 1
    begin = stop - 1
    while begin > 0 and text[begin - 1] != BLANK:
        begin -= 1
    if _has_link(text, begin, stop):
        token = count - 1
        while token >= 0 and np.int64(firsts[token]) >= begin:
            token -= 1
        return _LINK, hashes[token] if token >= 0 else np.uint64(0), begin, stop
    last = hashes[count - 1]
    if class_of(text[stop - 1]) >= PUNCTUATION:
        return np.uint64(text[stop - 1] & CODE_MASK), last, begin, stop
    return last, hashes[count - 2] if count > 1 else np.uint64(0), begin, stop


@unmanaged
def emit_edges(text, at, n, tokens, count, codes, k, seen, places, field):
    """Emit the first and last thing of a text with words, each alone and with its neighbour."""
    if count == 0:
        return k
    one, two, begin, stop = _opening(text, n, tokens, count)
    first, end, pair = at[begin], at[stop - 1] + 1, step(finish(one), two) ^ _SALT_PAIR
    k = emit(codes, k, seen, places, field, first, end, EDGE_TAG, finish(one) ^ _SALT_FIRST)
    k = emit(codes, k, seen, places, field, first, end, EDGE_TAG, pair ^ _SALT_FIRST)
    one, two, begin, stop = _closing(text, n, tokens, count)
    first, end, pair = at[begin], at[stop - 1] + 1, step(finish(one), two) ^ _SALT_PAIR
    k = emit(codes, k, seen, places, field, first, end, EDGE_TAG, finish(one) ^ _SALT_LAST)
    return emit(codes, k, seen, places, field, first, end, EDGE_TAG, pair ^ _SALT_LAST)


@unmanaged
def emit_signs(text, at, signs, codes, k, room, seen, places, field):
    """Emit each sign that ends a word, a link or a sentence: one inside of them says nothing."""
    for i in range(len(signs)):
        place = np.int64(signs[i])
        following = class_of(text[place + 1])
        if LETTER <= following <= MARK or k >= room:
            continue
        state = np.uint64(text[place] & CODE_MASK) ^ _SALT_SIGN
        k = emit(codes, k, seen, places, field, at[place], at[place] + 1, SIGN_TAG, state)
    return k


@unmanaged
def emit_numbers(text, at, tokens, count, codes, k, room, seen, places, field):
    """Emit the length of each number of two digits or more: 2019 and 2020 are one word."""
    firsts, ends = tokens[1], tokens[2]
    for token in range(count):
        first, stop = np.int64(firsts[token]), np.int64(ends[token])
        if class_of(text[first]) != DIGIT or stop - first < 2 or k >= room:
            continue
        digits = 0
        for i in range(first, stop):
            digits += class_of(text[i]) == DIGIT
        if digits == stop - first:
            state = np.uint64(min(digits, _LONGEST_NUMBER)) ^ _SALT_NUMBER
            start, end = at[first], at[stop - 1] + 1
            k = emit(codes, k, seen, places, field, start, end, NUMBER_TAG, state)
    return k
