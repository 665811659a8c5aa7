"""Normalising in the kernel: NFKC, lower case, invisible characters gone, white space single."""

from __future__ import annotations

import numba
import numpy as np

from classifier.features.characters import (
    CLASS_SHIFT,
    COMPOSES_BIT,
    DISGUISE_BIT,
    DROP,
    EXPANDS_BIT,
    HAN,
    LETTER,
    LIMIT,
    SCRIPT_SHIFT,
    SPACE,
    UPPER_BIT,
)

CODE_MASK = np.uint32((1 << CLASS_SHIFT) - 1)
_CLASS_SHIFT = np.uint32(CLASS_SHIFT)
_SCRIPT_SHIFT = np.uint32(SCRIPT_SHIFT)
_STYLE = np.uint32(UPPER_BIT | DISGUISE_BIT)
_ATTRIBUTES = np.uint32(0x3FE00000)
_IDEOGRAPH = np.uint32(LETTER << CLASS_SHIFT | HAN << SCRIPT_SHIFT)
_EXPANDS = np.uint32(EXPANDS_BIT)
_COMPOSES = np.uint32(COMPOSES_BIT)
BLANK = np.uint32(SPACE << CLASS_SHIFT | 32)


@numba.njit(inline="always")
def class_of(value):
    """Return the character class of a packed code point."""
    return (value >> _CLASS_SHIFT) & np.uint32(7)


@numba.njit(inline="always")
def script_of(value):
    """Return the script of a packed code point."""
    return (value >> _SCRIPT_SHIFT) & np.uint32(15)


@numba.njit(inline="always")
def _look_up(code, packed):
    if code < LIMIT:
        return packed[code]
    if code < 0x40000:
        return np.uint32(code) | _IDEOGRAPH
    return np.uint32(0)


@numba.njit(cache=True)
def _compose(base, mark, pairs, composed):
    """Return the composed character of a base and a mark, 0 if there is none."""
    if 0x1100 <= base <= 0x1112 and 0x1161 <= mark <= 0x1175:
        return 0xAC00 + ((base - 0x1100) * 21 + (mark - 0x1161)) * 28
    if 0xAC00 <= base <= 0xD7A3 and (base - 0xAC00) % 28 == 0 and 0x11A8 <= mark <= 0x11C2:
        return base + mark - 0x11A7
    key = np.uint64(base << 21 | mark)
    slot = np.int64((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(52))
    while pairs[slot] != 0:
        if pairs[slot] == key:
            return np.int64(composed[slot])
        slot = (slot + 1) & 4095
    return 0


@numba.njit(cache=True)
def normalise(raw, begin, end, out, at, tables):
    """Fold raw[begin:end] into `out`, note each source offset in `at`; return what was counted.

    Returns (length, line breaks, invisible characters). Runs of white space become one space.
    Marks in canonical order compose as in NFC. Source: UAX #15.
    """
    n, breaks, invisible = 0, 0, 0
    limit = len(out) - 32
    for i in range(begin, end):
        if n >= limit:
            break
        code = raw[i]
        value = _look_up(code, tables.packed)
        if value < 0x80000000 and value & _EXPANDS == 0:
            kind = class_of(value)
            if kind == SPACE:
                breaks += code == 10
                if n == 0 or out[n - 1] != BLANK:
                    out[n] = BLANK
                    at[n] = i - begin
                    n += 1
            elif kind != DROP:
                out[n] = value
                at[n] = i - begin
                n += 1
            elif code != 13 and (code < 0x200C or code > 0x200D) and (code < 0xFE00 or code > 0xFE0F):
                invisible += 1
            continue
        if value & _COMPOSES and n > 0:
            whole = _compose(
                np.int64(out[n - 1] & CODE_MASK), np.int64(value & CODE_MASK), tables.pairs, tables.composed
            )
            if whole:
                out[n - 1] = np.uint32(whole) | (out[n - 1] & _STYLE) | (tables.packed[whole] & _ATTRIBUTES)
                continue
        if value & _EXPANDS:
            start = np.int64(value & CODE_MASK)
            for j in range(start + 1, start + 1 + np.int64(tables.expansions[start])):
                part = tables.expansions[j]
                packed = _look_up(part, tables.packed)
                out[n] = part | (packed & _ATTRIBUTES) | (value & _STYLE)
                if class_of(packed) == SPACE:
                    out[n] = BLANK
                at[n] = i - begin
                n += 1
        else:
            out[n] = value & ~_COMPOSES
            at[n] = i - begin
            n += 1
    while n > 0 and out[n - 1] == BLANK:
        n -= 1
    out[n] = BLANK
    at[n] = end - begin
    return n, breaks, invisible
