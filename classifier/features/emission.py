"""How a feature is written down: once a row, with its place in the text where that is asked for."""

from __future__ import annotations

import numpy as np

from classifier.compiled import inlined, unmanaged
from classifier.features.blocks import base_bucket
from classifier.features.groups import (
    ADDRESSES,
    ASIDE,
    AUTHOR,
    CHARS,
    CJK,
    EDGES,
    GROUP_SHIFT,
    NAME_RUNS,
    NAMES,
    PAIRS,
    REASON_SHIFT,
    SIGNS,
    SITE_ONLY,
    URL,
    WORDS,
)
from classifier.features.hashing import finish
from classifier.intrinsics import prefetch
from classifier.reasons import INDEX


def tag(group: int, reason: str) -> np.uint64:
    """Return the high bits of a feature code: its group and reason."""
    return np.uint64(group << GROUP_SHIFT | INDEX[reason] << REASON_SHIFT)


CHAR_TAG = tag(CHARS, "wording")
AUTHOR_CHAR_TAG = tag(CHARS, "author_name")
ADDRESS_CHAR_TAG = tag(CHARS, "link_address")
WORD_TAG = tag(WORDS, "wording")
PAIR_TAG = tag(PAIRS, "wording")
CJK_TAG = tag(CJK, "wording")
AUTHOR_TAG = tag(AUTHOR, "author_name")
EDGE_TAG = tag(EDGES, "wording")
SIGN_TAG = tag(SIGNS, "punctuation")
NUMBER_TAG = tag(SIGNS, "digits")
URL_TAG = tag(URL, "link_address")
NAME_TAG = tag(NAMES, "author_shape")
NAME_RUN_TAG = tag(NAME_RUNS, "author_name")
HABIT_TAG = tag(ADDRESSES, "author_link")
SENT_TAG = tag(SITE_ONLY, "wording")
"""Of words as they were sent where they are read otherwise: to the base they are noise, a site may
come to know them."""
EMAIL_TAG = tag(SITE_ONLY, "email_domain")
TYPE_TAG = tag(SITE_ONLY, "comment_type")
ASIDE_MARK = np.uint32(tag(ASIDE, "markup"))

BUCKET_SHIFT = np.uint64(44)
_HASH_MASK = np.uint64(0xFFFF)
_SITE_MASK = np.uint32(0xFFFF)

PLACE_CODE, PLACE_FIELD, PLACE_START, PLACE_END = range(4)


@inlined
def was_seen(seen, state):
    """Say whether a feature of this hash was already given for the row."""
    stamps, stamp, _ = seen
    return stamps[(finish(state) >> BUCKET_SHIFT) & _HASH_MASK] == stamp


@inlined
def put(codes, k, seen, code):
    """Append a code unless the row has it, and return the new length (uint64 in and out).

    Two features of a row that share a bucket of the site's table count as one: `seen` is a stamp
    for each of its buckets, the row's, and the base's table, whose weight is asked for ahead of
    the scoring that will wait for it. Unsigned places spare the test for a negative one; writing
    first spares a branch.
    """
    stamps, stamp, table = seen
    prefetch(table, base_bucket(code) & np.uint64(len(table) - 1))
    site = code & _SITE_MASK
    codes[k] = code
    new = stamps[site] != stamp
    stamps[site] = stamp
    return k + np.uint64(new)


@unmanaged
def note(places, code, field, start, end):
    """Note that a feature stands at start:end of a field; the last cell counts the notes."""
    if end <= start:
        # What is read from right to left was sent the other way.
        start, end = end - 1, start + 1
    used = places[-1, PLACE_END]
    if used < len(places) - 1:
        places[used, PLACE_CODE] = code
        places[used, PLACE_FIELD] = field
        places[used, PLACE_START] = start
        places[used, PLACE_END] = end
        places[-1, PLACE_END] = used + 1


@inlined
def emit(codes, k, seen, places, field, start, end, tag, state):
    """Append the feature of a hash unless the row has it, and return the new length.

    Where there is room in `places` (int64[n, 4]) every occurrence is noted.
    """
    code = np.uint32(tag | (finish(state) >> BUCKET_SHIFT))
    if len(places) > 1:
        note(places, code, field, start, end)
    return np.int64(put(codes, np.uint64(k), seen, code))
