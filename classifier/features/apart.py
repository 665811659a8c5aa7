"""Letters set apart: "v i a g r a", "v.i.a.g.r.a", "v - i - a", in any script."""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.characters import INDIC, LETTER, MARK, SPACE
from classifier.features.normalise import BLANK, class_of, script_of
from classifier.features.tokens import is_dense

SPACED_OUT = 4
"""Letters in a row, each by itself, that are no accident."""
SEVERAL_WORDS = 16
"""Letters in a row, each by itself, that are more than one word."""
_FEW_DENSE = 3
"""The same of a script that is written without words and parts none of its characters."""
_FARTHEST = 3
"""Signs and blanks that may stand between two of them."""
_KINDS = 32
"""Twice the widths that are told apart, as a blank may be sent as a reference of six characters."""


@unmanaged
def is_single(text, first, stop):
    """Say whether a word is one letter, perhaps with marks.

    Letters with marks are words and endings of their own in scripts of India.
    """
    if class_of(text[first]) != LETTER:
        return False
    for i in range(first + 1, stop):
        if class_of(text[i]) != MARK or script_of(text[i]) == INDIC:
            return False
    return True


@unmanaged
def join_letters(text, at, n, tokens, count):
    """Join letters set apart to words, in place; return (length, words of some length joined).

    Of the places between two letters of a run, the kind that most are of (so wide, blank or not)
    is inside words and any other between them.
    """
    firsts, ends = tokens[1], tokens[2]
    used, copied, found, token = 0, 0, 0, 0
    while token < count:
        last = _last_of_run(text, firsts, ends, token, count)
        size = last - token + 1
        if size >= SPACED_OUT or (size == _FEW_DENSE and is_dense(text[firsts[token]])):
            used = _copy(text, at, copied, np.int64(firsts[token]), used)
            used, words = _join_run(text, at, firsts, ends, token, last, used)
            copied = np.int64(ends[last])
            found += words
        token = last + 1
    used = _copy(text, at, copied, n, used)
    at[used] = at[n]
    return used, found


@unmanaged
def _last_of_run(text, firsts, ends, token, count):
    """Return the last token of a run of single letters that begins with `token`, or this one."""
    if not is_single(text, np.int64(firsts[token]), np.int64(ends[token])):
        return token
    if token > 0 and ends[token - 1] == firsts[token]:
        return token
    while token + 1 < count:
        gap = firsts[token + 1] - ends[token]
        if gap < 1 or gap > _FARTHEST:
            break
        if not is_single(text, np.int64(firsts[token + 1]), np.int64(ends[token + 1])):
            break
        # The first character of text that is dense goes on without a gap: it is not set apart.
        if token + 2 < count and firsts[token + 2] == ends[token + 1]:
            break
        token += 1
    return token


@unmanaged
def _copy(text, at, first, stop, used):
    if used == first:
        return stop
    for i in range(first, stop):
        text[used], at[used] = text[i], at[i]
        used += 1
    return used


@inlined
def _kind_of_gap(text, at, end, first):
    """Return what stands between two letters: how wide it was sent, up to 16, and if blank alone.

    Blanks of a folded text are one.
    """
    width = min(max(at[first] - at[end], 1), _KINDS // 2)
    return np.int64((width - 1) * 2 + (first - end == 1 and class_of(text[end]) == SPACE))


@unmanaged
def _join_run(text, at, firsts, ends, token, last, used):
    """Write the words of a run of letters at `used`; return the place behind and how many of them
    are of some length."""
    inner = _most_common_gap(text, at, firsts, ends, token, last)
    found, size, kept = 0, 0, -1
    for i in range(token, last + 1):
        begin, stop = np.int64(firsts[i]), np.int64(ends[i])
        # What follows is looked at before it is written over.
        following = _kind_of_gap(text, at, stop, np.int64(firsts[i + 1])) if i < last else kept
        gap_at = at[stop]
        used = _move(text, at, begin, stop, used)
        size += 1
        if following != inner:
            found += size >= SPACED_OUT or (size >= _FEW_DENSE and is_dense(text[used - 1]))
            size = 0
            if i < last:
                text[used], at[used] = BLANK, gap_at
                used += 1
    if found == 0 and inner % 2 == 1 and last - token + 1 >= SPACED_OUT:
        # Signs stand in abbreviations as well, blanks do not. Where they part words too, one long
        # word is made of several.
        found = 1 + (last - token + 1 >= SEVERAL_WORDS)
    return used, found


@unmanaged
def _move(text, at, first, stop, used):
    for i in range(first, stop):
        text[used], at[used] = text[i], at[i]
        used += 1
    return used


@unmanaged
def _most_common_gap(text, at, firsts, ends, token, last):
    """Return the kind of place between letters that is most common, of equals the narrowest."""
    most, chosen = 0, 0
    for kind in range(_KINDS):
        count = 0
        for i in range(token, last):
            count += _kind_of_gap(text, at, np.int64(ends[i]), np.int64(firsts[i + 1])) == kind
        if count > most:
            most, chosen = count, kind
    return chosen
