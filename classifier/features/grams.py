"""Runs of four characters of a normalised text."""

from __future__ import annotations

import numpy as np

from classifier.compiled import unmanaged
from classifier.features.emission import BUCKET_SHIFT, note, put
from classifier.features.hashing import MASK, STEP, finish
from classifier.features.normalise import CODE_MASK, whole_lanes

_SALT = np.uint64(4)
_STEP_1, _STEP_2, _STEP_3 = (np.uint64(pow(STEP, i, MASK + 1)) for i in range(1, 4))


@unmanaged
def _hash_all(a, b, c, d, tag, grams):
    """Write the codes of the runs that end in `d`; its three predecessors are a, b and c.

    The same hash as step by step, as a polynomial: a loop that is compiled to vectors.
    """
    for i in range(len(grams)):
        state = np.uint64(a[i] & CODE_MASK) * _STEP_3 + np.uint64(b[i] & CODE_MASK) * _STEP_2
        state += np.uint64(c[i] & CODE_MASK) * _STEP_1 + np.uint64(d[i] & CODE_MASK)
        grams[i] = np.uint32(finish(state ^ _SALT) >> BUCKET_SHIFT) | tag


@unmanaged
def hash_grams(padded, n, tag, grams):
    """Write the codes of the runs of four characters that end in each place of a text.

    `tag` (uint32) is what they have in common: the same run has the same bucket in every field.
    `padded` has FRONT blanks before its n characters and BEHIND behind them.
    """
    size = whole_lanes(n + 1)
    _hash_all(
        padded[1 : size + 1],
        padded[2 : size + 2],
        padded[3 : size + 3],
        padded[4 : size + 4],
        tag,
        grams[:size],
    )


@unmanaged
def char_grams(grams, at, n, codes, k, room, seen, places, field):
    """Emit all runs of four characters, blanks at both ends included, while there is room.

    Shorter and longer runs beside them were measured to add nothing.
    """
    used, i = np.uint64(k), np.uint64(1)
    while i <= np.uint64(n) and used < np.uint64(room):
        used = put(codes, used, seen, grams[i])
        i += np.uint64(1)
    if len(places) > 1:
        for j in range(1, np.int64(i)):
            note(places, grams[j], field, at[max(j - 3, 0)], at[j] + (j < n))
    return np.int64(used)
