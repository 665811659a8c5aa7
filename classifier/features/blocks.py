"""How the base reads a row: block by block, each brought to unit length by itself.

A block of n features gives their weights' sum times its own length over the root of n and of the
features that it counts as having besides (`BLOCK_PRIOR`), so that neither a long text nor one
circumstance that speaks through many features drowns the rest. Four sums stand side by side, always
the same ones, and do not wait for each other. No BLAS, no fastmath.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.compiled import inlined, unmanaged
from classifier.features.groups import (
    ASIDE,
    BASE_BITS,
    BLOCK_OF,
    BLOCK_PRIOR,
    BLOCKS,
    CHARS,
    GROUP_SHIFT,
    GROUPS,
    NO_BLOCK,
)
from classifier.intrinsics import weight_at

FACTORS = GROUPS + BLOCKS + 1
"""Cells that `block_factors` works in: a factor for each group, then a count for each block."""

_GROUP_BITS = np.uint32(GROUP_SHIFT)
_BUCKET = np.uint64((1 << BASE_BITS) - 1)
_LOW = np.uint32((1 << BASE_BITS) - 1)
_HALF = np.uint64(BASE_BITS)
_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)
_FIRST_OTHER = np.uint32(1 << GROUP_SHIFT)
_MARK = np.uint32(ASIDE << GROUP_SHIFT)
assert CHARS == 0


@inlined
def base_bucket(code):
    """Return the place of a feature in the base's table (uint64)."""
    return (np.uint64(code) & _BUCKET) | (np.uint64(code >= _FIRST_OTHER) << _HALF)


def base_buckets(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.int64]:
    """Return `base_bucket` of all codes."""
    other = (codes >= _FIRST_OTHER).astype(np.int64) << BASE_BITS
    return (codes & _LOW).astype(np.int64) | other


@unmanaged
def shown_end(codes, begin, end):
    """Return where the features of what visitors are shown end: at a row's first mark, if any."""
    i = begin
    while i + 4 <= end:
        j = np.uint64(i)
        most = max(max(codes[j], codes[j + _ONE]), max(codes[j + _TWO], codes[j + _THREE]))
        if most >= _MARK:
            break
        i += 4
    while i < end and codes[np.uint64(i)] < _MARK:
        i += 1
    return i


@unmanaged
def block_factors(codes, begin, end, weights, factors):
    """Write what a feature of each group is multiplied by in this row to `factors` (float64).

    `weights` (float64[GROUPS]) are the lengths of the groups' blocks; a group without weight counts
    in none.
    """
    factors[GROUPS:] = 0.0
    plain, i = 0, begin
    while i + 4 <= end:
        j = np.uint64(i)
        some = codes[j] | codes[j + _ONE] | codes[j + _TWO] | codes[j + _THREE]
        if some < _FIRST_OTHER:
            plain += 4
        else:
            for k in range(i, i + 4):
                group = codes[np.uint64(k)] >> _GROUP_BITS
                factors[GROUPS + BLOCK_OF[group]] += np.float64(weights[group] > 0.0)
        i += 4
    for k in range(i, end):
        group = codes[np.uint64(k)] >> _GROUP_BITS
        factors[GROUPS + BLOCK_OF[group]] += np.float64(weights[group] > 0.0)
    factors[GROUPS] += plain
    for block in range(BLOCKS):
        counted = factors[GROUPS + block] + BLOCK_PRIOR[block]
        factors[GROUPS + block] = 1.0 / np.sqrt(max(counted, 1.0))
    factors[GROUPS + NO_BLOCK] = 0.0
    for group in range(GROUPS):
        factors[group] = weights[group] * factors[GROUPS + BLOCK_OF[group]]


@unmanaged
def base_product(codes, begin, end, table, factors):
    """Return the product of a row with the base's table by the row's `block_factors`."""
    a, b, c, d, common = 0.0, 0.0, 0.0, 0.0, factors[0]
    whole = end - (end - begin) % 4
    for i in range(begin, whole, 4):
        j = np.uint64(i)
        p, q, r, s = codes[j], codes[j + _ONE], codes[j + _TWO], codes[j + _THREE]
        if p | q | r | s < _FIRST_OTHER:
            a += common * weight_at(table, p & _LOW)
            b += common * weight_at(table, q & _LOW)
            c += common * weight_at(table, r & _LOW)
            d += common * weight_at(table, s & _LOW)
        else:
            a += factors[p >> _GROUP_BITS] * weight_at(table, base_bucket(p))
            b += factors[q >> _GROUP_BITS] * weight_at(table, base_bucket(q))
            c += factors[r >> _GROUP_BITS] * weight_at(table, base_bucket(r))
            d += factors[s >> _GROUP_BITS] * weight_at(table, base_bucket(s))
    for i in range(whole, end):
        code = codes[np.uint64(i)]
        a += factors[code >> _GROUP_BITS] * weight_at(table, base_bucket(code))
    return (a + b) + (c + d)
