"""The second view of a text: what disguised words look like."""

from __future__ import annotations

import numpy as np

from classifier.compiled import unmanaged
from classifier.features.characters import (
    CYRILLIC,
    DIGIT,
    DISGUISE_BIT,
    GREEK,
    LATIN,
    LOOSE_BIT,
    OTHER,
)
from classifier.features.normalise import BLANK, CODE_MASK, class_of, script_of
from classifier.features.tokens import is_dense

LOOK_ALIKE = np.uint32(1 << CYRILLIC | 1 << GREEK | 1 << OTHER)
"""Scripts with letters that look like Latin ones."""
_LATIN = np.uint32(1 << LATIN)
_ONE = np.uint32(1)
_DISGUISE, _LOOSE = np.uint32(DISGUISE_BIT), np.uint32(LOOSE_BIT)
_ODDLY_MARKED = np.uint32(DISGUISE_BIT | LOOSE_BIT)


@unmanaged
def count_disguises(text, at, n, tokens, count, view, view_at, look_alikes):
    """Fill the second view; return its length and how many words are disguised."""
    v, disguised = 0, 0
    firsts, ends = tokens[1], tokens[2]
    for token in range(count):
        first, stop = np.int64(firsts[token]), np.int64(ends[token])
        if is_dense(text[first]):
            continue
        strange, hides = _look_at(text, first, stop)
        if hides:
            v = _look_through(text, at, first, stop, view, view_at, v, look_alikes)
        disguised += strange
    return max(v - 1, 0), disguised


@unmanaged
def _look_at(text, first, last):
    """Return whether a word has letters of scripts that look alike, styled ones, or marks on most
    that no language has; and whether it may look like another. Digits inside words are no sign,
    being too common, and neither are marks on Latin letters.
    """
    every, scripts, digits, marked = BLANK, np.uint32(0), 0, 0
    styled = False
    for i in range(first, last):
        value = text[i]
        every |= value
        scripts |= _ONE << script_of(value)
        digits += class_of(value) == DIGIT
        marked += value & _ODDLY_MARKED == _ODDLY_MARKED
        styled |= value & _ODDLY_MARKED == _DISGUISE
    mixed = scripts & _LATIN != 0 and scripts & LOOK_ALIKE != 0
    adorned = marked > 1 and 2 * marked >= last - first
    hides = mixed or styled or 0 < digits < last - first
    return mixed or styled or adorned, hides or (every & _LOOSE != 0 and scripts & _LATIN != 0)


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
