"""Character references of HTML: `&#118;`, `&#x76;`, `&eacute;`, and those without a semicolon.

Source: https://html.spec.whatwg.org/multipage/parsing.html#character-reference-state.
"""

from __future__ import annotations

from html.entities import html5

import numpy as np
import numpy.typing as npt

from classifier.compiled import inlined, unmanaged
from classifier.features.hashing import finish, finish_hash, hash_text, step

AMPERSAND = 38
LONGEST_NAME = max(map(len, html5))
LONGEST_BARE_NAME = max(len(name) for name in html5 if not name.endswith(";"))
_SLOT_BITS = 13
_SLOT_SHIFT, _SLOT_MASK = np.uint64(64 - _SLOT_BITS), np.int64((1 << _SLOT_BITS) - 1)
_SEMICOLON = 59
_UNKNOWN = 0xFFFD
"""What stands for a number that is no character."""
_BEYOND = 0x110000
_CONTROLS = range(0x80, 0xA0)


def _key(name: str) -> int:
    return finish_hash(hash_text(name)) | 1


def _table() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32]]:
    keys = np.zeros(1 << _SLOT_BITS, np.uint64)
    characters = np.zeros(2 << _SLOT_BITS, np.uint32)
    for name, text in html5.items():
        key = _key(name)
        slot = key >> (64 - _SLOT_BITS)
        while keys[slot]:
            slot = (slot + 1) % len(keys)
        keys[slot] = key
        characters[2 * slot : 2 * slot + len(text)] = list(map(ord, text))
    return keys, characters


def _controls() -> npt.NDArray[np.uint32]:
    meant = (bytes([code]).decode("cp1252", "ignore") or chr(code) for code in _CONTROLS)
    return np.fromiter(map(ord, meant), np.uint32, len(_CONTROLS))


_KEYS, _CHARACTERS = _table()
"""Named references by open addressing: the hash of a name, with its semicolon if it has one, 0 =
free; and two characters a name, the second 0 where there is one. Compiled into the kernels."""
_MEANT = _controls()
"""What the numbers of control characters from 0x80 on stand for: what Windows' Western charset has
there."""


@inlined
def is_alphanumeric(code):
    """Say whether a code point is a letter or digit of ASCII."""
    return 48 <= code <= 57 or 65 <= code <= 90 or 97 <= code <= 122


@unmanaged
def reference_at(raw, i, end, strict):
    """Return the one or two characters of the reference whose ampersand is at i (the second 0 if
    there is one), and the place behind it; without a reference the place is i.

    `strict` as in attributes: a name without semicolon is none before a letter, digit or equals
    sign, so that `?a=1&copy=2` stays a query. However many digits a number has, it is read once.
    """
    if i + 2 < end and raw[i + 1] == 35:
        return _number(raw, i, end)
    state, found, stop = np.uint64(0), np.int64(-1), i
    for j in range(i + 1, min(end, i + 1 + LONGEST_NAME)):
        code = np.int64(raw[j])
        if code != _SEMICOLON and not is_alphanumeric(code):
            break
        state = step(state, np.uint64(code))
        if code == _SEMICOLON or j - i <= LONGEST_BARE_NAME:
            slot = _find(finish(state) | np.uint64(1))
            bare = code != _SEMICOLON
            if slot >= 0 and not (bare and strict and j + 1 < end and _goes_on(raw[j + 1])):
                found, stop = slot, j + 1
        if code == _SEMICOLON:
            break
    if found < 0:
        return np.uint32(0), np.uint32(0), i
    return _CHARACTERS[2 * found], _CHARACTERS[2 * found + 1], stop


@inlined
def _goes_on(code):
    return code == 61 or is_alphanumeric(code)


@unmanaged
def _find(key):
    """Return the slot of a key, −1 if there is none."""
    slot = np.int64(key >> _SLOT_SHIFT)
    while _KEYS[slot] != 0:
        if _KEYS[slot] == key:
            return slot
        slot = (slot + 1) & _SLOT_MASK
    return np.int64(-1)


@unmanaged
def _number(raw, i, end):
    """Return the character of a numeric reference, 0, and the place behind it."""
    j, base = i + 2, 10
    if raw[j] == 120 or raw[j] == 88:
        j, base = j + 1, 16
    first, value = j, 0
    while j < end:
        digit = _digit(np.int64(raw[j]))
        if digit >= base:
            break
        value = min(value * base + digit, _BEYOND)
        j += 1
    if j == first:
        return np.uint32(0), np.uint32(0), i
    if j < end and raw[j] == _SEMICOLON:
        j += 1
    if value == 0 or value >= _BEYOND or 0xD800 <= value < 0xE000:
        value = _UNKNOWN
    elif 0x80 <= value < 0xA0:
        value = np.int64(_MEANT[value - 0x80])
    return np.uint32(value), np.uint32(0), j


@inlined
def _digit(code):
    """Return what a hexadecimal digit stands for, 16 for any other character."""
    if 48 <= code <= 57:
        return code - 48
    letter = code | 32
    return letter - 87 if 97 <= letter <= 102 else 16
