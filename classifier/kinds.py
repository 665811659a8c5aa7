"""Which comments are of a kind with one that was published and not reported, compiled.

What a stranger posted and nobody reported must not speak for the next comment that he posts. So
what is too much like a piece of evidence is not kept beside it, and what evidence did for its own
like is taken back when that is scored.
"""

from __future__ import annotations

import numpy as np

from classifier.calibration import logistic
from classifier.compiled import unmanaged
from classifier.features.groups import CHARS, CJK, GROUP_SHIFT, SIGNS
from classifier.repeats import (
    FEW_WORDS,
    LANES,
    LEAST_ALIKE,
    TAG_SHIFT,
    count_alike,
    lane_byte,
    mixed,
    most_of,
    read_row,
    tag_of,
)

KINDRED, SHORT_AND_LINKED = 4, 8
"""Of so many lanes of a row one is alike where it is of a kind with another; and where it is short
and has a link."""
WORD_OF_IDEOGRAPHS = 4
"""Ideographs and pairs of them that say as much as a word: two of either."""

_GROUP_BITS = np.uint32(GROUP_SHIFT)
_LANES = np.uint64(LANES)
_NONE = np.uint64(0)


@unmanaged
def _read(codes, begin, end, least):
    """Return a row's fingerprint, its addresses and whether it is short, and write to `least` what
    tells of which kind it is: its words, and of a short one runs of characters and signs as well.

    Few words have little in common however they are spun, and a script without spaces has one word
    where another has ten; runs of characters are alike in any script. What has no word at all,
    nothing but emoji say, has that in common with its like, in as many lanes as are asked for.
    """
    mark, count, address, _ = read_row(codes, begin, end, least)
    ideographs, is_short = 0, count < FEW_WORDS * WORD_OF_IDEOGRAPHS
    i = begin
    while is_short and i < end:
        ideographs += codes[i] >> _GROUP_BITS == CJK
        i += 1
    words = count - ideographs + ideographs // WORD_OF_IDEOGRAPHS
    if words >= FEW_WORDS:
        return mark, address, False
    for i in range(begin, end):
        group = codes[i] >> _GROUP_BITS
        if group in (CHARS, SIGNS):
            h = mixed(np.uint64(codes[i]))
            lane = h % _LANES
            least[lane] = min(least[lane], h)
    if count == 0:
        least[:LEAST_ALIKE] = _NONE
    return mark, address, True


@unmanaged
def note(codes, place, marks, sketches, least):
    """Note a row at a place of `marks` (uint32[2, n]: fingerprint and addresses, 0 for none) and
    `sketches` (uint8, lane by lane).
    """
    mark, address, _ = _read(codes, 0, len(codes), least)
    marks[0, place], marks[1, place] = tag_of(mark), _address_mark(address)
    for lane in range(LANES):
        sketches[lane * marks.shape[1] + place] = lane_byte(least[lane])


@unmanaged
def is_noted(codes, marks, sketches, least, alike):
    """Say whether a row is too much like one of those noted: the same words or addresses, or a
    quarter of its lanes alike, which what is spun from one template has and strangers have not.

    An address is what spam is posted for, and ever new ones are to be had: beside one less of a
    short comment has to be alike.
    """
    mark, address, is_short = _read(codes, 0, len(codes), least)
    tag, linked = tag_of(mark), _address_mark(address)
    for place in range(marks.shape[1]):
        if marks[0, place] == tag or (linked != 0 and marks[1, place] == linked):
            return True
    size = count_alike(least, sketches, alike)
    return most_of(alike) >= _kindred(size, is_short, linked != 0)


@unmanaged
def _kindred(size, is_short, is_linked):
    """Return how many of so many lanes of a row are alike where it is of a kind with another."""
    share = SHORT_AND_LINKED if is_short and is_linked else KINDRED
    return max((size + share - 1) // share, 1 if is_linked else LEAST_ALIKE)


@unmanaged
def take_back(
    codes, starts, marks, sketches, pulls, scale, least, alike, logits, chances
):  # fmt: skip
    """Take back by how much pieces of evidence that a row is of a kind with moved it to ham.

    `marks` and `sketches` are as `note` writes them, `pulls` (uint8, in 255ths) is how far each
    piece moved the product of its own like, and `scale` is the logits of a product of 1. So what
    was published and not reported speaks for other comments of its site and not for its own next
    variant.
    """
    for row in range(len(starts) - 1):
        mark, address, is_short = _read(codes, starts[row], starts[row + 1], least)
        tag, pulled = tag_of(mark), 0.0
        size = count_alike(least, sketches, alike)
        needed = _kindred(size, is_short, address != _NONE)
        for place in range(len(pulls)):
            if pulls[place] == 0:
                continue
            if marks[0, place] == tag:
                pulled += pulls[place]
            elif alike[place] >= needed:
                # Of two sets of a size that share such a part, the cosine.
                pulled += pulls[place] * 2.0 * alike[place] / (size + np.float64(alike[place]))
        if pulled > 0.0:
            logits[row] += scale * pulled / 255.0
            chances[row] = np.rint(logistic(logits[row]) * 1e6) / 1e6


@unmanaged
def _address_mark(address):
    """Return 32 bits of a mark of addresses, 0 for none."""
    return (
        np.uint32(mixed(address) >> TAG_SHIFT) | np.uint32(1) if address != _NONE else np.uint32(0)
    )
