"""Normalising in the kernel: NFKC, lower case, invisible characters gone, white space single."""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.characters import (
    CLASS_SHIFT,
    COMPOSED_BIT,
    COMPOSES_BIT,
    CYRILLIC,
    DISGUISE_BIT,
    EXPANDS_BIT,
    FIRST_REGIONAL,
    GREEK,
    HAN,
    HANGUL,
    KANA,
    LATIN,
    LETTER,
    LIMIT,
    LOOSE_BIT,
    LOOSE_MARK,
    MARK,
    SCRIPT_SHIFT,
    SPACE,
    UPPER_BIT,
    bare_letters,
)

CODE_MASK = np.uint32((1 << CLASS_SHIFT) - 1)
_CLASS_SHIFT = np.uint32(CLASS_SHIFT)
_SCRIPT_SHIFT = np.uint32(SCRIPT_SHIFT)
_STYLE = np.uint32(UPPER_BIT | DISGUISE_BIT)
_ATTRIBUTES = np.uint32(0x3FE00000)
_IDEOGRAPH = np.uint32(LETTER << CLASS_SHIFT | HAN << SCRIPT_SHIFT)
_DISGUISE = np.uint32(DISGUISE_BIT)
_COMPOSED, _LOOSE = np.uint32(COMPOSED_BIT), np.uint32(LOOSE_BIT)
_LOOSE_MARK = np.uint32(LOOSE_MARK)
_ALPHABETS = np.uint32(1 << LATIN | 1 << CYRILLIC | 1 << GREEK)
_SYLLABLES = np.uint32(1 << HAN | 1 << KANA | 1 << HANGUL)
_SOFT_HYPHEN = 0xAD
_BARE = bare_letters()
"""Compiled into the kernels, as hardly any text asks for it."""
_EXPANDS = np.uint32(EXPANDS_BIT)
_COMPOSES = np.uint32(COMPOSES_BIT)
_CLASS, _MARK = (
    np.uint32(7 << CLASS_SHIFT | EXPANDS_BIT | COMPOSES_BIT),
    np.uint32(MARK << CLASS_SHIFT),
)
_SCRIPT, _LATIN = np.uint32(15 << SCRIPT_SHIFT), np.uint32(LATIN << SCRIPT_SHIFT)
_GREEK, _HAN = np.uint32(GREEK << SCRIPT_SHIFT), np.uint32(HAN << SCRIPT_SHIFT)
_NONE, _ONE = np.uint32(0), np.uint32(1)
_ALPHABET = np.uint32(26)
_LAST, _TABLE = np.uint32(LIMIT - 1), np.uint64(LIMIT - 1)
_USUAL = np.uint32(EXPANDS_BIT - 1)
_BLOCK = 128
_LANES = 64
FRONT = 4
"""Blanks that stand before a text, for the runs of characters that begin with one."""
BLANK = np.uint32(SPACE << CLASS_SHIFT | 32)
DROPPED, REGIONAL = 1, 2
"""Oddities of a text, as bits: something of it is dropped; it has regional indicators, which are
letters or, two and two, flags."""


@inlined
def class_of(value):
    """Return the character class of a packed code point."""
    return (value >> _CLASS_SHIFT) & np.uint32(7)


@inlined
def script_of(value):
    """Return the script of a packed code point."""
    return (value >> _SCRIPT_SHIFT) & np.uint32(15)


@inlined
def look_up(code, packed):
    """Return what a code point is folded to, packed; 0 if it is dropped."""
    if code < LIMIT:
        return packed[code]
    if code < 0x40000:
        return np.uint32(code) | _IDEOGRAPH
    return np.uint32(0)


@unmanaged
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


@unmanaged
def normalise_text(raw, begin, end, padded, at, tables):
    """Fold raw[begin:end] into `padded` behind its FRONT blanks, note each source offset in `at`.

    Returns (length, line breaks, invisible characters, what of ODDITIES there is). Runs of white
    space become one space.
    Marks compose as in NFC; of those that then remain, the ones of no script are dropped.
    Source: UAX #15.
    """
    source, out = raw[begin:end], padded[FRONT:]
    # Not by the buffer's length, which depends on the batch: a row is cut alike in any company.
    limit = 2 * len(source) + 64
    n, i, invisible, breaks, odd = 0, 0, 0, 0, 0
    while i < len(source) and n < limit:
        stop = min(i + _BLOCK, len(source))
        size = stop - i
        wide = raw[begin + i : begin + i + whole_lanes(size)]
        if n + size <= limit and _fold_plain(wide, size, padded[n + FRONT - 1 :], tables[0]):
            _count_on(at[n : n + whole_lanes(size)], i)
            n, done = n + size, stop
        else:
            done, n, hidden, oddities = _fold_any(source, i, stop, out, at, n, limit, tables)
            invisible += hidden
            odd |= oddities
        breaks += _line_breaks(source[i:done])
        i = done
    n -= n > 0 and out[n - 1] == BLANK
    out[n] = BLANK
    at[n] = end - begin
    return n, breaks, invisible, odd


@inlined
def whole_lanes(size):
    """Return a size rounded up, so that a loop compiled to vectors has no rest to do one by one."""
    return (size + _LANES - 1) // _LANES * _LANES


@unmanaged
def _count_on(at, first):
    for j in range(len(at)):
        at[j] = first + j


@unmanaged
def _fold_plain(source, size, out, packed):
    """Fold characters to out[1:]; return whether each of the first `size` gives one, no blank
    follows another and no mark of another script a Latin letter.

    `out` begins with the character before. Loops that are compiled without a branch; what they
    wrote is written again where this returns false.
    """
    odd, wide = np.uint32(0), len(source)
    for j in range(wide):
        out[j + 1] = packed[np.uint64(source[j]) & _TABLE]
    before, values = out[:wide], out[1 : wide + 1]
    for j in range(wide):
        value = values[j]
        strange = np.uint32(source[j] > _LAST) | np.uint32(np.uint32(value - _ONE) >= _USUAL)
        strange |= np.uint32(value == BLANK) & np.uint32(before[j] == BLANK)
        strange |= np.uint32(_is_foreign_mark(value, before[j]))
        odd |= strange & np.uint32(np.uint32(j) < np.uint32(size))
    return odd == 0


@unmanaged
def _fold_any(source, begin, end, out, at, n, limit, tables):
    """Fold source[begin:end] character by character until `limit`.

    Returns (place behind the last one folded, length of `out`, invisible characters, oddities).
    """
    packed, used, invisible, odd = tables[0], np.uint64(n), 0, 0
    last = out[n - 1] if n > 0 else BLANK
    for i in range(begin, end):
        code = source[i]
        value = look_up(code, packed)
        if value == 0:
            invisible += i + 1 < end and _hides(code, last, look_up(source[i + 1], packed))
            odd |= DROPPED
        elif _is_foreign_mark(value, last):
            last = _without(_DISGUISE, last)
            out[used - np.uint64(1)] = last
        elif value < _EXPANDS:
            out[used] = value
            at[used] = i
            used += np.uint64(value != BLANK) | np.uint64(last != BLANK)
            last = value
        else:
            odd |= REGIONAL if np.uint32(code - FIRST_REGIONAL) < _ALPHABET else 0
            used = np.uint64(_unusual(value, i, out, at, np.int64(used), tables))
            last = out[used - np.uint64(1)] if used > 0 else BLANK
        if used >= limit:
            return i + 1, np.int64(used), invisible, odd
    return end, np.int64(used), invisible, odd


@inlined
def _is_foreign_mark(value, before):
    """Say whether a mark of a script of its own stands on a Latin letter, or on a Cyrillic, Greek
    or Chinese one, which have marks of their own."""
    script, own = value & _SCRIPT, before & _SCRIPT
    elsewhere = ((own - _LATIN <= _GREEK - _LATIN) | (own == _HAN)) & (script != _NONE)
    elsewhere &= script != own
    return (value & _CLASS == _MARK) & ((own == _LATIN) | elsewhere)


@unmanaged
def _line_breaks(source):
    found = np.uint32(0)
    for j in range(len(source)):
        found += np.uint32(source[j] == 10)
    return found


@unmanaged
def _hides(code, last, following):
    """Say whether a dropped character stands inside a word that has no use for it.

    Alphabets have some for soft hyphens alone; joiners and selectors form letters of the others,
    and a space without width parts words of those written without spaces.
    """
    if class_of(last) != LETTER or class_of(following) != LETTER:
        return False
    scripts = np.uint32(1 << script_of(last) | 1 << script_of(following))
    if scripts & ~_ALPHABETS == 0:
        return code != _SOFT_HYPHEN
    forms = 0x200C <= code <= 0x200D or 0xFE00 <= code <= 0xFE0F or code >= 0xE0100
    return scripts & ~_SYLLABLES == 0 and not forms


@unmanaged
def _unusual(value, offset, out, at, n, tables):
    """Append a character that melts with the one before it or stands for several."""
    packed, expansions, pairs, composed = tables
    loose = is_loose_mark(value)
    if value & _COMPOSES and n > 0 and not (loose and out[n - 1] & _DISGUISE):
        base, mark = np.int64(out[n - 1] & CODE_MASK), np.int64(value & CODE_MASK)
        whole = _compose(base, mark, pairs, composed)
        if whole:
            style = out[n - 1] & (_STYLE | _LOOSE | _COMPOSED) | (_COMPOSED if loose else _NONE)
            out[n - 1] = np.uint32(whole) | style | (packed[whole] & _ATTRIBUTES)
            return n
    if loose:
        if n > 0 and class_of(out[n - 1]) == LETTER:
            out[n - 1] = _without(value, out[n - 1])
        return n
    if value & _EXPANDS == 0:
        out[n] = value & ~_COMPOSES
        at[n] = offset
        return n + 1
    start = np.int64(value & CODE_MASK)
    for j in range(start + 1, start + 1 + np.int64(expansions[start])):
        part = expansions[j]
        folded = look_up(part, packed)
        if is_loose_mark(folded):
            continue
        out[n] = BLANK if folded == BLANK else part | (folded & _ATTRIBUTES) | (value & _STYLE)
        at[n] = offset
        n += 1
    return n


@inlined
def is_loose_mark(value):
    """Say whether a packed character is a mark of no script, which composes with a letter or is
    dropped."""
    return value & _LOOSE_MARK == _LOOSE_MARK


@unmanaged
def _without(mark, base):
    """Return a letter with a dropped mark. One of those that languages put on letters leaves it as
    it is; another, or a second one, is a disguise, and so are marks that it was sent with before.
    """
    if mark & _DISGUISE == 0 and base & _LOOSE == 0:
        return base | _LOOSE
    code = base & CODE_MASK
    plain = code
    if base & _COMPOSED and code < np.uint32(len(_BARE)):
        plain = _BARE[code]
    return (base & ~CODE_MASK) | plain | _LOOSE | _DISGUISE
