"""Words and signs of a normalised text: where they are, found in one pass without a branch."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from classifier.compiled import inlined, unmanaged
from classifier.features.characters import (
    CLASS_SHIFT,
    CYRILLIC,
    DIGIT,
    GREEK,
    HAN,
    KANA,
    LATIN,
    LETTER,
    MARK,
    OTHER,
    PUNCTUATION,
    UNSPACED,
)
from classifier.features.hashing import step
from classifier.features.normalise import CODE_MASK

HAS_DIGIT, HAS_LETTER, IS_DENSE, _IN_WORD, _SIGN = (np.uint64(1 << bit) for bit in range(16, 21))
IN_LATIN, IN_UNSPACED = np.uint64(1 << LATIN), np.uint64(1 << UNSPACED)
LOOKS_LATIN = np.uint64(1 << CYRILLIC | 1 << GREEK | 1 << OTHER)
SIZE_SHIFT = np.uint64(32)
_ONE_MORE = np.uint64(1 << 32)
_ZERO, _ONE = np.uint64(0), np.uint64(1)
_IN_WORD_SHIFT, _SIGN_SHIFT = np.uint64(19), np.uint64(20)
_KIND_MASK = np.uint32(0x7F)
_CLASS_SHIFT = np.uint32(CLASS_SHIFT)

_FLAGS = np.zeros(128, np.uint64)
for _script in range(16):
    for _kind in (LETTER, DIGIT, MARK):
        _what = HAS_DIGIT if _kind == DIGIT else HAS_LETTER
        _dense = _script in (HAN, KANA) and _kind == LETTER
        _FLAGS[_script << 3 | _kind] = (
            IS_DENSE if _dense else _IN_WORD | _what | np.uint64(1 << _script)
        )
    _FLAGS[_script << 3 | PUNCTUATION : (_script + 1) << 3] = _SIGN


@inlined
def _flags(value):
    return _FLAGS[(value >> _CLASS_SHIFT) & _KIND_MASK]


class Tokens(NamedTuple):
    """Scratch space for the tokens of one text and the places of its signs."""

    hashes: npt.NDArray[np.uint64]
    """The rolling hash of each word; of a character of a script without words, the character."""
    infos: npt.NDArray[np.uint64]
    """What its characters are (`HAS_DIGIT`, …, a bit a script); from bit 32 on their number."""
    ends: npt.NDArray[np.int32]
    """The place behind it."""
    signs: npt.NDArray[np.int32]
    """The places of punctuation, symbols and emoji."""


def room_for_tokens(longest: int) -> Tokens:
    """Return the scratch space for texts of this length."""
    return Tokens(
        np.empty(longest, np.uint64),
        np.empty(longest, np.uint64),
        np.empty(longest, np.int32),
        np.empty(longest, np.int32),
    )


@inlined
def is_dense(value):
    """Whether a packed character is a letter of a script that is written without words."""
    return _flags(value) & IS_DENSE != 0


@inlined
def in_word(value):
    """Whether a packed character belongs to a word."""
    return _flags(value) & _IN_WORD != 0


@unmanaged
def find_tokens(text, n, tokens):
    """Find the tokens and signs of text[:n], behind which a blank stands; return their numbers."""
    hashes, infos, ends, signs = tokens
    h, info, count, signed = _ZERO, _ZERO, _ZERO, _ZERO
    for i in range(n + 1):
        value = text[i]
        code, flags = np.uint64(value & CODE_MASK), _flags(value)
        signs[signed] = i
        signed += (flags & _SIGN) >> _SIGN_SHIFT
        inside = (flags & _IN_WORD) >> _IN_WORD_SHIFT
        hashes[count], infos[count], ends[count] = h, info, i
        count += np.uint64(info != 0) & (inside ^ _ONE)
        mask = _ZERO - inside
        h = step(h, code) & mask
        info = ((info | flags) + _ONE_MORE) & mask
        if flags & IS_DENSE:
            hashes[count], infos[count], ends[count] = code, IS_DENSE | _ONE_MORE, i + 1
            count += _ONE
    return np.int64(count), np.int64(signed)
