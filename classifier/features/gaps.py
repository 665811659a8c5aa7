"""What shows nothing, or an empty place, and stands between words as a blank would."""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.characters import HAN, KANA, LETTER, MARK, UNSPACED
from classifier.features.normalise import BLANK, class_of, look_up, script_of

LONG_WORD, GLUED_WORD = 20, 9
"""Characters from which on a word that hides characters is several: where blanks stand between
words too, and where a text has too few of them."""
_USUAL_WORD = 10
"""Characters to a blank from which on a text has too few."""
_LETTER, _IN_WORD = np.uint32(LETTER), np.uint32(MARK - LETTER)
_UNSPACED = np.uint32(1 << HAN | 1 << KANA | 1 << UNSPACED)
_ONE = np.uint32(1)


@unmanaged
def part_words(source, text, at, n, limit, packed):
    """Put blanks into text[:n] where characters between words were dropped; return its length.

    `source` is what was folded, `at` where in it each character stands. Inside of a word what
    shows nothing stays dropped. What stands with a sign, an emoji or a character of a script that
    parts no words needs no blank.
    """
    blanks = 0
    for i in range(n):
        blanks += text[i] == BLANK
    shortest = GLUED_WORD if n > _USUAL_WORD * (blanks + 1) else LONG_WORD
    gaps = _gaps(source, text, at, n, shortest, packed, False)
    if gaps == 0 or n + gaps > limit:
        return n
    _gaps(source, text, at, n, shortest, packed, True)
    size = n + gaps
    text[size], at[size] = BLANK, at[n]
    used = size
    for i in range(n - 1, -1, -1):
        used -= 1
        marked = at[i] < 0
        text[used], at[used] = text[i], -1 - at[i] if marked else at[i]
        if marked:
            used -= 1
            text[used], at[used] = BLANK, at[i - 1] + 1
    return size


@unmanaged
def _gaps(source, text, at, n, shortest, packed, mark):
    """Return how many gaps the words of some length have; with `mark`, make the place negative of
    each character that follows one.
    """
    found, i = 0, 0
    while i < n:
        if not _is_in_word(text[i]):
            i += 1
            continue
        stop = i + 1
        while stop < n and _is_in_word(text[stop]):
            stop += 1
        if stop - i >= shortest:
            for j in range(stop - 1, i, -1):
                if _is_gap(source, at[j - 1], at[j], packed):
                    found += 1
                    if mark:
                        at[j] = -1 - at[j]
        i = stop
    return found


@inlined
def _is_in_word(value):
    """Say whether a character is of a word, and of a script that parts words by blanks."""
    spaced = (_ONE << script_of(value)) & _UNSPACED == 0
    return class_of(value) - _LETTER <= _IN_WORD and spaced


@unmanaged
def _is_gap(source, before, place, packed):
    """Say whether a character that has no use inside a word was dropped between two places."""
    for i in range(before + 1, place):
        code = source[i]
        joins = 0x200C <= code <= 0x200D or 0xFE00 <= code <= 0xFE0F or code >= 0xE0000
        if look_up(code, packed) == 0 and not joins:
            return True
    return False
