"""Counting the shape of a normalised text."""

from __future__ import annotations

import numba
import numpy as np

from classifier.features.characters import (
    DIGIT,
    EMOJI,
    LETTER,
    PUNCTUATION,
    SPACE,
    SYMBOL,
    UPPER_BIT,
)
from classifier.features.normalise import CODE_MASK, class_of, script_of
from classifier.features.shape import POSITION

LENGTH = POSITION["length"]
CAPITALS = POSITION["capitals"]
DIGITS = POSITION["digits"]
LONG_NUMBERS = POSITION["long_numbers"]
EXCLAMATIONS = POSITION["exclamations"]
QUESTIONS = POSITION["questions"]
PUNCTUATIONS = POSITION["punctuation"]
CURRENCY = POSITION["currency"]
SYMBOLS = POSITION["symbols"]
EMOJIS = POSITION["emoji"]
SCRIPTS = POSITION["scripts"]
RUNS = POSITION["repeated_characters"]
ANCHORS = POSITION["anchors"]
TAGS = POSITION["tags"]
HANDLES = POSITION["handles"]
_UPPER = np.uint32(UPPER_BIT)


@numba.njit(inline="always")
def _is_currency(c):
    return c == 36 or c == 0xA3 or c == 0xA5 or 0x20A0 <= c <= 0x20CF


@numba.njit(cache=True)
def count_shape(text, n, values, scripts):
    """Fill the values that need characters alone; `scripts` (int64[16]) is scratch space."""
    scripts[:] = 0
    kinds = scripts[16:]
    upper, run, longest, number, previous = 0, 1, 0, 0, np.int64(0)
    for i in range(n):
        value = text[i]
        c, kind = np.int64(value & CODE_MASK), class_of(value)
        kinds[kind] += 1
        run = run + 1 if c == previous else 1
        longest = max(longest, run)
        if kind == LETTER:
            scripts[script_of(value)] += 1
            upper += value & _UPPER != 0
            number = 0
        elif kind == DIGIT:
            number += 1
            values[LONG_NUMBERS] += number == 7
        else:
            if kind == PUNCTUATION or kind == SYMBOL:
                _count_sign(text, i, c, values)
            if c != 32 and c != 45 and c != 40 and c != 41 and c != 43 and c != 46:
                number = 0
        previous = c
    total = max(n, 1)
    values[LENGTH] = n
    values[CAPITALS] = upper / max(kinds[LETTER], 8)
    values[DIGITS] = kinds[DIGIT] / total
    values[PUNCTUATIONS] = kinds[PUNCTUATION] / max(total, 20)
    values[SYMBOLS] = kinds[SYMBOL] / max(total, 20)
    values[EMOJIS] = kinds[EMOJI]
    values[RUNS] = longest
    used = 0
    for script in range(1, 16):
        used += scripts[script] >= 3
    values[SCRIPTS] = used


@numba.njit(inline="always")
def _count_sign(text, i, c, values):
    """Count one sign; text[i + 1] and text[i + 2] may be read, the buffer is longer than the text."""
    values[EXCLAMATIONS] += c == 33
    values[QUESTIONS] += c == 63
    values[CURRENCY] += _is_currency(c)
    following = np.int64(text[i + 1] & CODE_MASK)
    if c == 60 or c == 91:
        is_word = 97 <= following <= 122 or following == 47
        values[TAGS] += is_word
        after = np.int64(text[i + 2] & CODE_MASK)
        values[ANCHORS] += (c == 60 and following == 97 and after == 32) or (
            c == 91 and following == 117 and after == 114
        )
    elif c == 64 and (i == 0 or class_of(text[i - 1]) == SPACE):
        values[HANDLES] += 1
