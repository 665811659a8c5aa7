"""Regional indicators: two and two they are flags, else letters in a frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.compiled import inlined, unmanaged
from classifier.features.characters import CLASS_SHIFT, EMOJI, FIRST_REGIONAL
from classifier.features.suffixes import country_codes

_LETTERS = 26
_ALPHABET = np.uint32(_LETTERS)
_EMOJI = np.uint32(EMOJI << CLASS_SHIFT)


def _pairs() -> npt.NDArray[np.bool_]:
    pairs = np.zeros(_LETTERS * _LETTERS, np.bool_)
    for code in country_codes():
        pairs[(ord(code[0]) - ord("a")) * _LETTERS + ord(code[1]) - ord("a")] = True
    return pairs


_FLAGS = _pairs()
"""By two letters, whether they are drawn as a flag. Compiled into the kernels."""


@inlined
def _regional(code):
    return np.uint32(code - FIRST_REGIONAL)


@unmanaged
def restore_flags(source, text, at, n):
    """Make regional indicators, which folding makes letters, emoji again if each is half of a flag.

    `source` is what was folded, `at` where in it each character of text[:n] stands. One letter
    that is no flag, and all are read as letters.
    """
    i = 0
    while i < n:
        first, here = _regional(source[at[i]]), at[i]
        if first < _ALPHABET:
            second = _regional(source[here + 1]) if here + 1 < len(source) else _ALPHABET
            if second >= _ALPHABET or not _FLAGS[first * _ALPHABET + second]:
                return
            i += 1
        i += 1
    for i in range(n):
        code = source[at[i]]
        if _regional(code) < _ALPHABET:
            text[i] = code | _EMOJI
