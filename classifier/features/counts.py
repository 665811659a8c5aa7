"""Counting the shape of a normalised text."""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.characters import (
    COMMON,
    DIGIT,
    DISGUISE_BIT,
    LATIN,
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
_DISGUISE = np.uint32(DISGUISE_BIT)
_PLAIN = 1 << COMMON | 1 << LATIN
_LONG_NUMBER = 7


@inlined
def _is_currency(c):
    return c == 36 or c == 0xA3 or c == 0xA5 or 0x20A0 <= c <= 0x20CF


@unmanaged
def count_shape(text, n, signs, v):
    """Fill the values that need characters alone; return (may have a link, has styled letters).

    `signs` are the places of punctuation and symbols; two cells of `text` after its end may be
    read. The first loops are compiled to vectors.
    """
    letters, digits, upper, scripts, every = 0, 0, 0, np.uint32(0), np.uint32(0)
    for i in range(n):
        value = text[i]
        kind = class_of(value)
        letters += kind == LETTER
        digits += kind == DIGIT
        upper += np.int64((value >> _UPPER_AT) & _ONE)
        scripts |= _ONE << script_of(value)
        every |= value
    v[LENGTH] = n
    v[CAPITALS] = upper / max(letters, 8)
    v[DIGITS] = digits / max(n, 1)
    v[RUNS] = _longest_run(text, n) if _has_run(text, n) else 0
    v[SCRIPTS] = _scripts(text, n) if scripts & ~np.uint32(_PLAIN) else 0
    v[LONG_NUMBERS] = _long_numbers(text, n) if digits >= _LONG_NUMBER else 0
    return _count_signs(text, n, signs, v), every & _DISGUISE != 0


@unmanaged
def _has_run(text, n):
    """Whether a character stands four times in a row."""
    same = np.uint32(0)
    if n >= 4:
        a, b, c, d = text[: n - 3], text[1 : n - 2], text[2 : n - 1], text[3:n]
        for i in range(n - 3):
            same |= np.uint32((a[i] == b[i]) & (c[i] == d[i]) & (a[i] == d[i]))
    return same != 0


@unmanaged
def _longest_run(text, n):
    run, longest = 1, 0
    for i in range(1, n):
        run = run + 1 if text[i] == text[i - 1] else 1
        longest = max(longest, run)
    return longest


@unmanaged
def _scripts(text, n):
    """Return the number of scripts with three characters or more."""
    once, twice, often, found = np.uint32(0), np.uint32(0), np.uint32(0), 0
    for i in range(n):
        bit = _ONE << script_of(text[i])
        often |= twice & bit
        twice |= once & bit
        once |= bit
    for script in range(1, 16):
        found += (often >> np.uint32(script)) & _ONE
    return found


@unmanaged
def _long_numbers(text, n):
    """Return how many runs have seven digits, which blanks and - ( ) + . do not end."""
    number, found = 0, 0
    for i in range(n):
        kind, c = class_of(text[i]), np.int64(text[i] & CODE_MASK)
        if kind == DIGIT:
            number += 1
            found += number == _LONG_NUMBER
        elif kind == LETTER or (
            kind >= PUNCTUATION and c != 45 and c != 40 and c != 41 and c != 43 and c != 46
        ):
            number = 0
    return found


@unmanaged
def _count_signs(text, n, signs, v):
    """Count signs; return whether one of them may be inside a link."""
    points, symbols, exclamations, questions, currency, linked = 0, 0, 0, 0, 0, False
    for sign in range(len(signs)):
        i = np.int64(signs[sign])
        kind, c = class_of(text[i]), np.int64(text[i] & CODE_MASK)
        following = np.int64(text[i + 1] & CODE_MASK)
        points += kind == PUNCTUATION
        symbols += kind == SYMBOL
        exclamations += c == 33
        questions += c == 63
        currency += _is_currency(c)
        linked |= (c == 46 and class_of(text[i + 1]) == LETTER) or (c == 58 and following == 47)
        if c == 60 or c == 91:
            v[TAGS] += 97 <= following <= 122 or following == 47
            v[ANCHORS] += _is_anchor(c, following, np.int64(text[i + 2] & CODE_MASK))
        elif c == 64:
            v[HANDLES] += i == 0 or class_of(text[i - 1]) == SPACE
    v[PUNCTUATIONS], v[SYMBOLS] = points / max(n, 20), symbols / max(n, 20)
    v[EMOJIS] = len(signs) - points - symbols
    v[EXCLAMATIONS], v[QUESTIONS], v[CURRENCY] = exclamations, questions, currency
    return linked


@inlined
def _is_anchor(c, following, after):
    """Whether `<a ` or `[ur` stands here."""
    markup = c == 60 and following == 97 and after == 32
    return markup or (c == 91 and following == 117 and after == 114)
