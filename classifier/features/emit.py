"""How a feature is written down: once a row, with its place in the text where that is asked for."""

from __future__ import annotations

import numpy as np

from classifier.compiled import compiled, inlined
from classifier.features.groups import (
    AUTHOR,
    CHARS,
    CJK,
    GROUP_SHIFT,
    PAIRS,
    REASON_SHIFT,
    SITE_ONLY,
    URL,
    WORDS,
)
from classifier.features.hashing import finish
from classifier.reasons import INDEX


def tag(group: int, reason: str) -> np.uint64:
    """Return the high bits of a feature code: its group and reason."""
    return np.uint64(group << GROUP_SHIFT | INDEX[reason] << REASON_SHIFT)


CHAR_TAG = tag(CHARS, "wording")
WORD_TAG = tag(WORDS, "wording")
PAIR_TAG = tag(PAIRS, "wording")
CJK_TAG = tag(CJK, "wording")
AUTHOR_TAG = tag(AUTHOR, "author_name")
URL_TAG = tag(URL, "link_address")
EMAIL_TAG = tag(SITE_ONLY, "email_domain")
TYPE_TAG = tag(SITE_ONLY, "comment_type")

_BUCKET_SHIFT = np.uint64(44)
_SITE_MASK = np.uint64(0xFFFF)
_WORD_SHIFT = np.uint64(6)
_BIT_MASK = np.uint64(63)
_ONE = np.uint64(1)

PLACE_CODE, PLACE_FIELD, PLACE_START, PLACE_END = range(4)


@inlined
def was_seen(seen, state):
    """Whether a feature of this hash was already given for the row."""
    site = (finish(state) >> _BUCKET_SHIFT) & _SITE_MASK
    return (seen[site >> _WORD_SHIFT] >> (site & _BIT_MASK)) & _ONE != 0


@compiled
def emit(codes, k, seen, places, field, start, end, tag, state):
    """Append the feature of a hash unless the row has it, and return the new length.

    Two features of a row that share a bucket of the site's table count as one. With `places`
    (int64[n, 4], the number of used rows in its last cell) every occurrence is noted as well.
    """
    bucket = finish(state) >> _BUCKET_SHIFT
    site = bucket & _SITE_MASK
    bit = _ONE << (site & _BIT_MASK)
    word = seen[site >> _WORD_SHIFT]
    codes[k] = tag | bucket
    if places is not None:
        used = places[-1, PLACE_END]
        if used < len(places) - 1:
            places[used, PLACE_CODE] = tag | bucket
            places[used, PLACE_FIELD] = field
            places[used, PLACE_START] = start
            places[used, PLACE_END] = end
            places[-1, PLACE_END] = used + 1
    seen[site >> _WORD_SHIFT] = word | bit
    return k + (word & bit == 0)
