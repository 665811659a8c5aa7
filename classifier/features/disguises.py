"""The second view of a text: what disguised and spaced-out words look like."""

from __future__ import annotations

import numpy as np

from classifier.compiled import unmanaged
from classifier.features.characters import (
    CYRILLIC,
    DIGIT,
    DISGUISE_BIT,
    GREEK,
    LATIN,
    LETTER,
    OTHER,
)
from classifier.features.normalise import BLANK, CODE_MASK, class_of, script_of
from classifier.features.tokens import in_word, is_dense

SPACED_OUT = 4
LOOK_ALIKE = np.uint32(1 << CYRILLIC | 1 << GREEK | 1 << OTHER)
"""Scripts with letters that look like Latin ones."""
_LATIN = np.uint32(1 << LATIN)
_ONE = np.uint32(1)
_DISGUISE = np.uint32(DISGUISE_BIT)


@unmanaged
def count_disguises(text, at, n, tokens, count, view, view_at, look_alikes):
    """Fill the second view; return its length, disguised words and spaced-out words."""
    v, disguised, spaced, single, single_at = 0, 0, 0, 0, 0
    firsts, ends = tokens[1], tokens[2]
    for token in range(count):
        first, stop = np.int64(firsts[token]), np.int64(ends[token])
        if is_dense(text[first]):
            continue
        strange, digits, letters = _look_at(text, first, stop)
        if strange or (digits and letters):
            v = _look_through(text, at, first, stop, view, view_at, v, look_alikes)
            # Digits inside a word are looked through, but too common to be a sign.
            disguised += strange
        if stop - first > 1 or digits:
            single = 0
            continue
        single_at = first if single == 0 else single_at
        single += 1
        if single >= SPACED_OUT and (stop >= n or not _single_follows(text, stop, n)):
            v = _join(text, at, single_at, stop, view, view_at, v)
            spaced += 1
            single = 0
    return max(v - 1, 0), disguised, spaced


@unmanaged
def _look_at(text, first, last):
    """Return whether a word has letters of scripts that look alike or styled ones, whether it has
    digits, and whether anything else.
    """
    every, scripts, digits = BLANK, np.uint32(0), 0
    for i in range(first, last):
        every |= text[i]
        scripts |= _ONE << script_of(text[i])
        digits += class_of(text[i]) == DIGIT
    mixed = scripts & _LATIN != 0 and scripts & LOOK_ALIKE != 0
    return mixed or every & _DISGUISE != 0, digits > 0, digits < last - first


@unmanaged
def _look_through(text, at, first, last, view, view_at, v, look_alikes):
    """Append what a disguised word looks like to the second view; return its new length."""
    if v + last - first + 2 >= len(view):
        return v
    for j in range(first, last):
        code = text[j] & CODE_MASK
        look = look_alikes[code] if code < len(look_alikes) else code
        view[v] = (text[j] & ~CODE_MASK) | look
        view_at[v] = at[j]
        v += 1
    view[v] = BLANK
    view_at[v] = at[last - 1] + 1
    return v + 1


@unmanaged
def _single_follows(text, i, n):
    """Say whether the next word is again a single letter, at most two signs away."""
    for j in range(i, min(i + 3, n)):
        if in_word(text[j]):
            return not in_word(text[j + 1]) and class_of(text[j]) == LETTER
    return False


@unmanaged
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
