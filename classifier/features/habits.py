"""How authors write their names and what addresses they give: a site's habits, not the base's.

The base is not told, as such habits differ from site to site: on one spammers have two words for
a name, on another the regulars do. Each is a category by itself, not a step of a scale.
"""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.characters import DIGIT, LATIN, LETTER, MARK, UPPER_BIT
from classifier.features.emission import (
    BUCKET_SHIFT,
    HABIT_TAG,
    NAME_RUN_TAG,
    NAME_TAG,
    emit,
    put,
)
from classifier.features.fields import AUTHOR
from classifier.features.hashing import finish, step
from classifier.features.normalise import BLANK, CODE_MASK, FRONT, class_of, script_of

_SALT_NAME = np.uint64(0x3F84D5B5B5470917)
_SALT_RUN = np.uint64(0x94D049BB133111EB)
_SALT_HABIT = np.uint64(0xBF58476D1CE4E5B9)
_UPPER = np.uint32(UPPER_BIT)
_LETTER, _IN_WORD = np.uint32(LETTER), np.uint32(MARK - LETTER)
_HEAD = 4
"""Characters of a name that are looked for in the host of its address."""
_SHORT_HEAD = 3
_MOST_RUNS, _MOST_WORDS, _MOST_SEGMENTS, _MOST_HYPHENS = 64, 5, 4, 3
_LONG_WORD, _CONSONANTS = 10, 5
_VOWELS = 1 << 0 | 1 << 4 | 1 << 8 | 1 << 14 | 1 << 20 | 1 << 24
"""A bit for each of a, e, i, o, u and y, from a on."""
_SLASH, _COLON, _QUESTION, _HASH, _DOT, _W = 47, 58, 63, 35, 46, 119
(
    _WORDS, _LENGTH, _SCRIPT, _DIGITS, _LOWER, _UPPER_ALL, _INNER, _ONE_LONG, _HOST, _IN_TEXT,
    _CLUSTER, _FIRST_LAST,
) = range(12)  # fmt: skip
_ABSENT, _SEGMENTS, _HYPHENS, _NAMED, _BY_LENGTH, _BY_WORDS = range(6)


@inlined
def _log2(size):
    """Return the whole part of the binary logarithm of a size of at least one."""
    found = 0
    while size > 1:
        size >>= 1
        found += 1
    return found


@inlined
def _category(kind, value):
    return np.uint64(kind * 64 + value)


@inlined
def _add(codes, k, seen, tag, state):
    """Append a feature that no place of a field has by itself."""
    return np.int64(put(codes, np.uint64(k), seen, np.uint32(tag | finish(state) >> BUCKET_SHIFT)))


@unmanaged
def emit_name_habits(padded, at, n, has_host, in_text, codes, k, seen, places):
    """Emit the shape of a name (`padded` has FRONT blanks before its n characters) and its runs of
    three characters; return (k, words, head).

    Head is the hash of its first letters that an address is compared with, 0 of a shorter name.
    """
    text = padded[FRONT:]
    words, capitals, letters, digits, upper, inner = 1, 0, 0, 0, 0, False
    cluster, longest, size, script = 0, 0, 0, np.uint32(0)
    head = np.uint64(0)
    for i in range(n):
        value, before = text[i], padded[FRONT - 1 + i]
        words += value == BLANK
        is_upper = value & _UPPER != 0
        capitals += is_upper and class_of(before) - _LETTER > _IN_WORD
        upper += is_upper
        inner |= is_upper and class_of(before) == LETTER and before & _UPPER == 0
        digits += class_of(value) == DIGIT
        if class_of(value) == LETTER:
            script = script_of(value) if letters == 0 else script
            letters += 1
        cluster = cluster + 1 if _is_consonant(value) else 0
        longest = max(longest, cluster)
        if size < _HEAD and class_of(value) - _LETTER <= _IN_WORD:
            head = step(head, np.uint64(value & CODE_MASK))
            size += 1
    values = (
        min(words, _MOST_WORDS), _log2(max(n, 1)), np.int64(script), np.int64(digits > 0),
        np.int64(letters > 0 and upper == 0), np.int64(letters > 1 and upper == letters),
        np.int64(inner), np.int64(words == 1 and n >= _LONG_WORD), np.int64(has_host),
        np.int64(in_text), np.int64(longest >= _CONSONANTS),
        np.int64(words == 2 and upper == 2 and capitals == 2),
    )  # fmt: skip
    for kind in range(len(values)):
        if values[kind] > 0 or kind <= _SCRIPT:
            state = _category(kind, values[kind]) ^ _SALT_NAME
            k = _add(codes, k, seen, NAME_TAG, state)
    for i in range(min(n, _MOST_RUNS)):
        state = np.uint64(padded[FRONT - 1 + i] & CODE_MASK)
        state = step(state, np.uint64(text[i] & CODE_MASK))
        state = step(state, np.uint64(text[i + 1] & CODE_MASK)) ^ _SALT_RUN
        first, last = at[max(i - 1, 0)], at[min(i + 1, n - 1)] + 1
        k = emit(codes, k, seen, places, AUTHOR, first, last, NAME_RUN_TAG, state)
    return k, min(words, _MOST_WORDS), head if size >= _SHORT_HEAD else np.uint64(0)


@inlined
def _is_consonant(value):
    """Say whether a folded character is a consonant of the Latin alphabet; y is none."""
    place = np.int64(value & CODE_MASK) - 97
    if script_of(value) != LATIN or not 0 <= place < 26:
        return False
    return (_VOWELS >> place) & 1 == 0


@unmanaged
def emit_address_habits(text, n, hyphens, head, codes, k, seen):
    """Emit the shape of an address: how deep its path is, the hyphens of its host, and whether
    that has the first letters of the author's name."""
    begin = 0
    for i in range(n - 2):
        if text[i] & CODE_MASK == _COLON and text[i + 1] & CODE_MASK == _SLASH:
            begin = i + 3
            break
    stop = begin
    while stop < n and not _ends_host(np.int64(text[stop] & CODE_MASK)):
        stop += 1
    segments, inside = 0, False
    for i in range(stop, n):
        c = np.int64(text[i] & CODE_MASK)
        parts = c == _SLASH or c == _QUESTION
        segments += not parts and not inside
        inside = not parts
    named = 0 if head == 0 else 1 + np.int64(_has_head(text, begin, stop, head))
    values = (
        _category(_SEGMENTS, min(segments, _MOST_SEGMENTS)),
        _category(_HYPHENS, min(hyphens, _MOST_HYPHENS)),
        _category(_NAMED, named),
    )
    for value in values:
        k = _add(codes, k, seen, HABIT_TAG, value ^ _SALT_HABIT)
    return k


@inlined
def _ends_host(c):
    return c == _SLASH or c == _QUESTION or c == _HASH or c == _COLON


@unmanaged
def _has_head(text, begin, stop, head):
    """Say whether three or four characters in a row, whatever signs stand between, are a head."""
    a, b, c = np.uint64(0), np.uint64(0), np.uint64(0)
    for i in range(begin, stop):
        if class_of(text[i]) - _LETTER > _IN_WORD:
            continue
        d = np.uint64(text[i] & CODE_MASK)
        three = step(step(b, c), d)
        if three == head or step(step(step(a, b), c), d) == head:
            return True
        a, b, c = b, c, d
    return False


@unmanaged
def emit_circumstances(has_url, links, length, words, codes, k, seen):
    """Emit whether there is an address, with links in the text and its length, and with the words
    of the name."""
    present, linked = np.int64(has_url), np.int64(links > 0)
    sized = _category(_BY_LENGTH, (_log2(max(length, 1)) * 2 + linked) * 2 + present)
    named = _category(_BY_WORDS, words * 2 + present)
    k = _add(codes, k, seen, HABIT_TAG, sized ^ _SALT_HABIT)
    k = _add(codes, k, seen, HABIT_TAG, named ^ _SALT_HABIT)
    if not has_url:
        absent = _category(_ABSENT, 0)
        k = _add(codes, k, seen, HABIT_TAG, absent ^ _SALT_HABIT)
    return k
