"""Runs of text that an override turns: shown from right to left, letter by letter."""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.characters import ARABIC, HEBREW, LETTER
from classifier.features.normalise import class_of, look_up, script_of

TO_THE_LEFT, END_OF_TURN = 0x202E, 0x202C
"""Right-to-left override, and what ends it."""
_FIRST, _OTHERS = np.uint32(0x202A), np.uint32(0x202E - 0x202A)
_LINE_FEED, _PARAGRAPH = 10, 0x2029
_FEW = 3
"""Letters that a run must have to be one that hides a word."""


@inlined
def is_turn(code):
    """Say whether a character (uint32) sets, or ends setting, the direction of what follows."""
    return np.uint32(code - _FIRST) <= _OTHERS


@unmanaged
def copy_all(source, out):
    """Copy an array to the beginning of another."""
    for i in range(len(source)):
        out[i] = source[i]


@unmanaged
def turn(shown, shown_at, n, turned, turned_at, packed):
    """Write the text with what overrides turn as a reader sees it; return how many runs of letters
    are turned.

    Scripts that are written from right to left are read so. Source: UAX #9, rules X4 and L2.
    """
    copy_all(shown[:n], turned)
    copy_all(shown_at[: n + 1], turned_at)
    found, i = 0, 0
    while i < n:
        if shown[i] != TO_THE_LEFT:
            i += 1
            continue
        stop = _end_of_turn(shown, i + 1, n)
        letters = _letters_turned(shown, i + 1, stop, packed)
        if letters > 0:
            for j in range(i + 1, stop):
                turned[j], turned_at[j] = shown[i + stop - j], shown_at[i + stop - j]
        found += letters >= _FEW
        i = max(stop, i + 1)
    return found


@unmanaged
def _end_of_turn(shown, i, n):
    """Return where what is overridden from i on ends: where it is closed, or the line ends."""
    depth = 1
    while i < n:
        code = shown[i]
        if code == _LINE_FEED or code == _PARAGRAPH:
            break
        if code == END_OF_TURN:
            depth -= 1
            if depth == 0:
                break
        elif is_turn(code):
            depth += 1
        i += 1
    return i


@unmanaged
def _letters_turned(shown, first, stop, packed):
    """Return how many letters a run has, 0 if any is of a script written from right to left."""
    found = 0
    for i in range(first, stop):
        value = look_up(shown[i], packed)
        if class_of(value) == LETTER:
            found += 1
            script = script_of(value)
            if script == ARABIC or script == HEBREW:
                return 0
    return found
