"""Counting the shape of a normalised text."""

from __future__ import annotations

import numpy as np
from numba.cpython.unsafe.numbers import trailing_zeros

from classifier.compiled import inlined, unmanaged
from classifier.features.apart import SPACED_OUT
from classifier.features.characters import (
    COMMON,
    DIGIT,
    DISGUISE_BIT,
    HAN,
    KANA,
    LATIN,
    LETTER,
    LOOSE_BIT,
    MARK,
    PUNCTUATION,
    SPACE,
    SYMBOL,
    UNSPACED,
    UPPER_BIT,
)
from classifier.features.disguises import LOOK_ALIKE
from classifier.features.normalise import (
    BLANK,
    CODE_MASK,
    FRONT,
    class_of,
    script_of,
    whole_lanes,
)
from classifier.features.shape import POSITION
from classifier.features.tokens import WINDOW

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
_DISGUISE = np.uint32(DISGUISE_BIT | LOOSE_BIT)
_PLAIN, _LATIN = np.uint32(1 << COMMON | 1 << LATIN), np.uint32(1 << LATIN)
_UNSPACED = np.uint32(1 << HAN | 1 << KANA | 1 << UNSPACED)
_LETTER, _DIGIT, _TO_MARK = np.uint32(LETTER), np.uint32(DIGIT), np.uint32(MARK - LETTER)
_NO_BIT = np.uint64(0)
_FEW = np.uint32(8)
_LONG_NUMBER = 7


@inlined
def _is_currency(c):
    return c == 36 or c == 0xA3 or c == 0xA5 or 0x20A0 <= c <= 0x20CF


@unmanaged
def count_shape(padded, n, signs, scripts, v):
    """Fill the values that need characters alone; return (may have a link, may have a disguise).

    `padded` has FRONT blanks before its n characters and BEHIND behind them; `signs` are the places
    of punctuation and symbols; `scripts` has a bit for each script. The first loops are compiled
    to vectors.
    """
    text = padded[FRONT:]
    letters, digits, upper, every = np.uint32(0), np.uint32(0), np.uint32(0), np.uint32(0)
    for i in range(whole_lanes(n)):
        value = text[i]
        kind = class_of(value)
        letters = np.uint32(letters + np.uint32(kind == _LETTER))
        digits = np.uint32(digits + np.uint32(kind == _DIGIT))
        upper = np.uint32(upper + np.uint32((value >> _UPPER_AT) & _ONE))
        every |= value
    v[LENGTH] = n
    v[CAPITALS] = upper / max(letters, _FEW)
    v[DIGITS] = digits / max(n, 1)
    v[RUNS] = _longest_run(text, n) if _has_run(text, n) else 0
    v[SCRIPTS] = _scripts(text, n) if scripts & ~_PLAIN else 0
    v[LONG_NUMBERS] = _long_numbers(text, n) if digits >= _LONG_NUMBER else 0
    odd = (
        every & _DISGUISE != 0 or scripts & _UNSPACED or (scripts & _LATIN and scripts & LOOK_ALIKE)
    )
    linked = _count_signs(text, n, signs, v)
    return linked, odd or _has_odd_words(padded[FRONT - 1 :], n)


@unmanaged
def _has_odd_words(before, n):
    """Say whether a digit stands beside a letter, or four letters each by itself.

    `before` is the text with one blank before it.
    """
    mixed, single = np.uint32(0), np.uint32(0)
    wide = whole_lanes(n)
    a, b, c = before[:wide], before[1 : wide + 1], before[2 : wide + 2]
    for i in range(wide):
        left, here, right = class_of(a[i]), class_of(b[i]), class_of(c[i])
        inside = np.uint32(np.uint32(here - _LETTER) <= _TO_MARK)
        follows = np.uint32(np.uint32(left - _LETTER) <= _TO_MARK)
        goes_on = np.uint32(np.uint32(right - _LETTER) <= _TO_MARK)
        digit = np.uint32(here == _DIGIT)
        mixed |= inside & follows & (digit ^ np.uint32(left == _DIGIT))
        single = np.uint32(single + (inside & ~(digit | follows | goes_on)))
    return mixed != 0 or single >= SPACED_OUT


@unmanaged
def _has_run(text, n):
    """Say whether a character stands four times in a row."""
    same = np.uint32(0)
    wide = whole_lanes(n)
    a, b, c, d = text[:wide], text[1 : wide + 1], text[2 : wide + 2], text[3 : wide + 3]
    for i in range(wide):
        run = np.uint32(a[i] == b[i]) & np.uint32(c[i] == d[i]) & np.uint32(a[i] == d[i])
        same |= run & np.uint32(a[i] != BLANK)
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
    number, found, last = 0, 0, 0
    for i in range(0, n, WINDOW):
        digits = _digits(text[i : i + WINDOW])
        while digits != _NO_BIT:
            place = trailing_zeros(digits)
            size = np.int64(trailing_zeros(~(digits >> place)))
            first = i + np.int64(place)
            before = 0 if _has_end_of_number(text, last, first) else number
            number, last = before + size, first + size
            found += before < _LONG_NUMBER <= number
            digits &= digits + (digits & (_NO_BIT - digits))
    return found


@unmanaged
def _digits(window):
    """Return a bit for each of 64 characters that is a digit."""
    bits = _NO_BIT
    for j in range(WINDOW):
        bits |= np.uint64(class_of(window[j]) == _DIGIT) << np.uint64(j)
    return bits


@unmanaged
def _has_end_of_number(text, first, last):
    """Say whether there is anything but marks, blanks and - ( ) + . in text[first:last]."""
    for i in range(last - 1, first - 1, -1):
        kind, c = class_of(text[i]), np.int64(text[i] & CODE_MASK)
        if kind == LETTER or (
            kind >= PUNCTUATION and c != 45 and c != 40 and c != 41 and c != 43 and c != 46
        ):
            return True
    return False


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
    """Say whether `<a ` or `[ur` stands here."""
    markup = c == 60 and following == 97 and after == 32
    return markup or (c == 91 and following == 117 and after == 114)
