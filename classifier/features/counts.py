"""Counting the shape of a normalised text."""

from __future__ import annotations

import numpy as np

from classifier.compiled import compiled, inlined
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
_UPPER_AT = np.uint32(UPPER_BIT.bit_length() - 1)
_ONE = np.uint32(1)


@inlined
def _is_currency(c):
    return c == 36 or c == 0xA3 or c == 0xA5 or 0x20A0 <= c <= 0x20CF


@compiled
def count_shape(text, n, values, scripts):
    """Fill the values that need characters alone; return whether there may be a link.

    `scripts` (int64[32]) is scratch space; two cells of `text` after its end may be read.
    """
    scripts[:] = 0
    kinds = scripts[16:]
    upper, run, longest, number, long_numbers = 0, 1, 0, 0, 0
    previous = np.uint32(0)
    linked = False
    for i in range(n):
        value = text[i]
        kind = class_of(value)
        kinds[kind] += 1
        scripts[script_of(value)] += 1
        upper += np.int64((value >> _UPPER_AT) & _ONE)
        run = run + 1 if value == previous else 1
        longest = max(longest, run)
        previous = value
        number += kind == DIGIT
        long_numbers += kind == DIGIT and number == 7
        number = 0 if kind == LETTER else number
        if kind >= PUNCTUATION:
            c = np.int64(value & CODE_MASK)
            _count_sign(text, i, c, values)
            if c != 45 and c != 40 and c != 41 and c != 43 and c != 46:
                number = 0
            following = text[i + 1]
            linked = linked or (c == 46 and class_of(following) == LETTER)
            linked = linked or (c == 58 and following & CODE_MASK == 47)
    values[LONG_NUMBERS] = long_numbers
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
    return linked


@inlined
def _count_sign(text, i, c, values):
    """Count one sign; text[i + 1] and text[i + 2] may be read: the buffer is longer."""
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
