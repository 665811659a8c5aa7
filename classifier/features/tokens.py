"""Words and signs of a normalised text: where they are, 64 characters at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba.cpython.unsafe.numbers import trailing_zeros

from classifier.compiled import inlined, unmanaged
from classifier.features.characters import HAN, KANA, LETTER, MARK, PUNCTUATION
from classifier.features.hashing import MASK, STEP
from classifier.features.normalise import CODE_MASK, class_of, script_of

WINDOW = 64
"""Characters that are looked at together, a bit each."""
MARGIN = 6
BEHIND = WINDOW + MARGIN
"""Blanks that stand behind a text: there are sums up to MARGIN places behind it."""

_NONE, _ONE, _LAST = np.uint64(0), np.uint64(1), np.uint64(63)
_SCRIPT = np.uint32(1)
_LETTER, _IN_WORD = np.uint32(LETTER), np.uint32(MARK - LETTER)
_HAN_AND_KANA = np.uint32(HAN >> 1)
assert KANA == HAN + 1 and HAN % 2 == 0


class Tokens(NamedTuple):
    """Scratch space for the tokens of one text and the places of its signs."""

    hashes: npt.NDArray[np.uint64]
    """The rolling hash of each word; of a character of a script without words, the character."""
    firsts: npt.NDArray[np.int32]
    """The place of its first character."""
    ends: npt.NDArray[np.int32]
    """The place behind it."""
    signs: npt.NDArray[np.int32]
    """The places of punctuation, symbols and emoji."""
    chosen: npt.NDArray[np.int32]
    """Some of the tokens."""
    sums: npt.NDArray[np.uint64]
    """What the characters before each place give together, each times a power."""
    powers: npt.NDArray[np.uint64]
    """Powers of the hash's factor."""
    inverse: npt.NDArray[np.uint64]
    """Powers of its inverse modulo 2**64."""


def _powers(base: int, count: int) -> npt.NDArray[np.uint64]:
    powers = np.full(count, base & MASK, np.uint64)
    powers[0] = 1
    return np.cumprod(powers, dtype=np.uint64)


def room_for_tokens(longest: int) -> Tokens:
    """Return the scratch space for texts of this length."""
    return Tokens(
        np.empty(longest, np.uint64),
        np.empty(longest, np.int32),
        np.empty(longest, np.int32),
        np.empty(longest, np.int32),
        np.empty(longest, np.int32),
        np.empty(longest, np.uint64),
        _powers(STEP, longest),
        _powers(pow(STEP, -1, MASK + 1), longest),
    )


@inlined
def is_dense(value):
    """Say whether a packed character is a letter of a script that is written without words."""
    return (class_of(value) == LETTER) & (script_of(value) >> _SCRIPT == _HAN_AND_KANA)


@inlined
def in_word(value):
    """Say whether a packed character belongs to a word."""
    return (class_of(value) - _LETTER <= _IN_WORD) & (not is_dense(value))


@inlined
def hash_between(sums, powers, first, end):
    """Return the rolling hash of the characters from one place to before another (uint64)."""
    return (sums[end] - sums[first]) * powers[end - _ONE]


@unmanaged
def _classify(window):
    """Return, a bit each for 64 characters, which are in words, which are dense, which are signs;
    and a bit for each script. A loop that is compiled to vectors.
    """
    word, dense, sign, scripts = _NONE, _NONE, _NONE, np.uint32(0)
    for j in range(WINDOW):
        value, bit = window[j], np.uint64(j)
        kind = class_of(value)
        word |= np.uint64(kind - _LETTER <= _IN_WORD) << bit
        dense |= np.uint64(is_dense(value)) << bit
        sign |= np.uint64(kind >= PUNCTUATION) << bit
        scripts |= _SCRIPT << script_of(value)
    return word & ~dense, dense, sign, scripts


@unmanaged
def _add_up(window, inverse, sums, total):
    """Write the sum of characters times powers before each of 64 places; return the last."""
    for j in range(WINDOW):
        sums[j] = np.uint64(window[j] & CODE_MASK) * inverse[j]
    for j in range(WINDOW):
        before = total
        total += sums[j]
        sums[j] = before
    return total


@unmanaged
def _list_bits(bits, first, places, count):
    """Append the places of the bits that are set; return how many places there are."""
    while bits != _NONE:
        places[count] = first + np.int64(trailing_zeros(bits))
        count += _ONE
        bits &= bits - _ONE
    return count


@unmanaged
def find_tokens(text, n, tokens):
    """Find the tokens and signs of text[:n], behind which BEHIND blanks stand.

    Return their numbers and a bit for each script. The hash of a word is the difference of two
    sums, brought to the word's last character by a power: no character waits for the one before.
    """
    hashes, firsts, ends, signs, _, sums, powers, inverse = tokens
    begun, ended, signed, total, scripts = _NONE, _NONE, _NONE, _NONE, np.uint32(0)
    word_before, dense_before = _NONE, _NONE
    for i in range(0, n + MARGIN, WINDOW):
        window = text[i : i + WINDOW]
        total = _add_up(window, inverse[i : i + WINDOW], sums[i : i + WINDOW], total)
        word, dense, sign, used = _classify(window)
        shifted = word << _ONE | word_before
        begun = _list_bits(word & ~shifted | dense, i, firsts, begun)
        ended = _list_bits(shifted & ~word | dense << _ONE | dense_before, i, ends, ended)
        signed = _list_bits(sign, i, signs, signed)
        word_before, dense_before, scripts = word >> _LAST, dense >> _LAST, scripts | used
    for token in range(begun):
        first, end = np.uint64(firsts[token]), np.uint64(ends[token])
        hashes[token] = hash_between(sums, powers, first, end)
    return np.int64(begun), np.int64(signed), scripts
