"""Markup of HTML, and of forums in square brackets, as far as it tells what a reader sees."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.compiled import inlined, unmanaged
from classifier.features.attributes import (
    BRACKET,
    GREATER_THAN,
    LESS_THAN,
    NO_END_OF_COMMENT,
    NO_END_OF_TAG,
    is_blank_code,
    is_to_the_left,
    key_of_name,
    name_at,
)

_CLOSING_BRACKET = 93
NONE, INLINE, BLOCK, BLANK_PLACE, NOTHING, STYLE, ANCHOR = range(7)
OVERRIDE, END_OF_OVERRIDE, COMMENT, UNSEEN = range(7, 11)
"""What a piece of markup is. INLINE does not part words, BLOCK does; BLANK_PLACE and NOTHING say
no more than that they part words or do not, STYLE how letters look; OVERRIDE turns text right to
left; what stands in UNSEEN is not shown."""
LONGEST_TAG = 1024

_ELEMENTS = {
    BLANK_PLACE: "p br",
    NOTHING: "span wbr",
    STYLE: """
        abbr b big cite code del dfn em font i ins kbd mark q s samp small strike strong sub sup tt
        u var
    """,
    BLOCK: """
        address article aside blockquote body button caption center col colgroup dd details dialog
        dir div dl dt fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head
        header hgroup hr html input legend li link listing main map menu meta nav
        noscript ol optgroup option param plaintext pre search section
        select summary table tbody td textarea tfoot th thead tr ul xmp
    """,
    UNSEEN: """
        audio canvas datalist iframe noembed noframes object script style template title video
    """,
    ANCHOR: "a",
    OVERRIDE: "bdo",
}
"""What HTML draws by a rule of its own, or not in the line.
Source: https://html.spec.whatwg.org/multipage/rendering.html#flow-content-3."""
_FORUM_TAGS = "b i u s url color colour size font sub sup"
_SLOT_BITS = 9
_SLOT_SHIFT, _SLOT_MASK = np.uint64(64 - _SLOT_BITS), np.int64((1 << _SLOT_BITS) - 1)
_SLASH, _EQUALS, _HYPHEN, _QUOTE, _APOSTROPHE = 47, 61, 45, 34, 39


def _table() -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.int64]]:
    keys, kinds = np.zeros(1 << _SLOT_BITS, np.uint64), np.zeros(1 << _SLOT_BITS, np.int64)
    listed = [(name, kind) for kind, names in _ELEMENTS.items() for name in names.split()]
    for name, kind in [*listed, *((f"[{name}", INLINE) for name in _FORUM_TAGS.split())]:
        key = int(key_of_name(name))
        slot = key >> (64 - _SLOT_BITS)
        while keys[slot]:
            slot = (slot + 1) % len(keys)
        keys[slot], kinds[slot] = key, kind
    return keys, kinds


_KEYS, _KINDS = _table()
"""What elements are, by open addressing; forum tags are listed with their bracket. Compiled into
the kernels."""


@unmanaged
def _kind_of(key):
    """Return what an element of this name is, NONE for an unknown one."""
    slot = np.int64(key >> _SLOT_SHIFT)
    while _KEYS[slot] != 0:
        if _KEYS[slot] == key:
            return _KINDS[slot]
        slot = (slot + 1) & _SLOT_MASK
    return np.int64(NONE)


@unmanaged
def markup_at(raw, i, end, missing):
    """Return what stands at i, a less-than sign or bracket, and the place behind it; NONE, i if it
    is no markup.

    `missing` (int64[3], zero for a new text) remembers what no longer comes, so that each is
    sought in vain once.
    """
    if i + 2 >= end:
        return NONE, i
    following = np.int64(raw[i + 1])
    if raw[i] == BRACKET:
        return _forum_tag(raw, i, end)
    if following == 33 and raw[i + 2] == _HYPHEN and i + 3 < end and raw[i + 3] == _HYPHEN:
        return _comment(raw, i, end, missing)
    closing = following == _SLASH
    if following == 33 or following == 63 or (closing and not _is_letter(raw[i + 2])):
        stop = _behind(raw, i, end, missing)
        return (COMMENT, stop) if stop > i else (NONE, i)
    first = i + 1 + closing
    if not _is_letter(raw[first]):
        return NONE, i
    key, behind = name_at(raw, first, end, np.uint64(0))
    if behind >= end or not _ends_name(raw[behind]):
        return NONE, i
    stop = _tag_end(raw, behind, end, missing)
    if stop <= behind:
        return NONE, i
    kind = _kind_of(key)
    if kind == UNSEEN and closing:
        kind = BLOCK
    if kind == OVERRIDE and (closing or not is_to_the_left(raw, behind, stop)):
        kind = END_OF_OVERRIDE if closing else INLINE
    return (INLINE if kind == NONE else kind), stop


@inlined
def _is_letter(code):
    return 97 <= (code | np.uint32(32)) <= 122


@inlined
def _ends_name(code):
    return code == GREATER_THAN or code == _SLASH or is_blank_code(code)


@unmanaged
def _behind(raw, i, end, missing):
    """Return the place behind the next greater-than sign, i if there is none."""
    if missing[NO_END_OF_TAG] == 0:
        for j in range(i, end):
            if raw[j] == GREATER_THAN:
                return j + 1
        missing[NO_END_OF_TAG] = 1
    return i


@unmanaged
def _comment(raw, i, end, missing):
    if missing[NO_END_OF_COMMENT] == 0:
        for j in range(i + 2, end - 2):
            if raw[j] == _HYPHEN and raw[j + 1] == _HYPHEN and raw[j + 2] == GREATER_THAN:
                return COMMENT, j + 3
        missing[NO_END_OF_COMMENT] = 1
    return NONE, i


@unmanaged
def _tag_end(raw, behind, end, missing):
    """Return the place behind the tag whose name ends before `behind`, which itself if a tag
    begins before it is closed. What stands in quotes after an equals sign closes none: the next
    tag's own quote ends what a tag without one leaves open, so few are looked through twice.
    """
    if missing[NO_END_OF_TAG] != 0:
        return behind
    quote, before = np.int64(0), np.int64(0)
    for j in range(behind, min(end, behind + LONGEST_TAG)):
        code = np.int64(raw[j])
        if quote != 0:
            quote = 0 if code == quote else quote
        elif code == GREATER_THAN:
            return j + 1
        elif code == LESS_THAN:
            return behind
        elif (code == _QUOTE or code == _APOSTROPHE) and before == _EQUALS:
            quote = code
        before = before if is_blank_code(code) else code
    return behind


@unmanaged
def _forum_tag(raw, i, end):
    """Return what a forum's tag in brackets is and the place behind it."""
    first = i + 1 + (raw[i + 1] == _SLASH)
    key, j = name_at(raw, first, min(end, first + 8), np.uint64(BRACKET))
    if j == first or _kind_of(key) == NONE:
        return NONE, i
    if j < end and raw[j] == _EQUALS:
        last = min(end, j + LONGEST_TAG) - 1
        while j < last and raw[j] != _CLOSING_BRACKET and raw[j] != BRACKET and raw[j] >= 32:
            j += 1
    return (INLINE, j + 1) if j < end and raw[j] == _CLOSING_BRACKET else (NONE, i)
