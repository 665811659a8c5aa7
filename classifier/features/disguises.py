"""The second view of a text: what disguised and spaced-out words look like."""

from __future__ import annotations

import numpy as np

from classifier.compiled import unmanaged
from classifier.features.characters import DISGUISE_BIT, LETTER
from classifier.features.normalise import BLANK, CODE_MASK, class_of
from classifier.features.tokens import (
    HAS_DIGIT,
    HAS_LETTER,
    IN_LATIN,
    IS_DENSE,
    LOOKS_LATIN,
    SIZE_SHIFT,
    in_word,
)

_SPACED_OUT = 4
_UNUSUAL = HAS_DIGIT | LOOKS_LATIN
_DISGUISE = np.uint32(DISGUISE_BIT)


@unmanaged
def disguises(text, at, n, tokens, count, styled, view, view_at, look_alikes):
    """Fill the second view; return its length, disguised words and spaced-out words.

    `styled` tells whether there is any styled letter in the text.
    """
    v, disguised, spaced, single, single_at = 0, 0, 0, 0, 0
    _, infos, ends, _ = tokens
    for token in range(count):
        info, stop = infos[token], np.int64(ends[token])
        if info & IS_DENSE:
            continue
        size = np.int64(info >> SIZE_SHIFT)
        first = stop - size
        if styled or info & _UNUSUAL:
            mixed = info & IN_LATIN != 0 and info & LOOKS_LATIN != 0
            strange = mixed or (styled and _is_styled(text, first, stop))
            if strange or (info & HAS_DIGIT != 0 and info & HAS_LETTER != 0):
                v = _look_through(text, at, first, stop, view, view_at, v, look_alikes)
                # Digits inside a word are looked through, but too common to be a sign.
                disguised += strange
        if size > 1 or info & HAS_DIGIT:
            single = 0
            continue
        single_at = first if single == 0 else single_at
        single += 1
        if single >= _SPACED_OUT and (stop >= n or not _single_follows(text, stop, n)):
            v = _join(text, at, single_at, stop, view, view_at, v)
            spaced += 1
            single = 0
    return max(v - 1, 0), disguised, spaced


@unmanaged
def _is_styled(text, first, last):
    """Whether a word has a letter that is a styled or phonetic variant of a plain one."""
    every = BLANK
    for i in range(first, last):
        every |= text[i]
    return every & _DISGUISE != 0


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
    """Whether the next word is again a single letter, at most two signs away."""
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
