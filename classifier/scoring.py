"""Kernels that read feature codes: raw scores, lengths and reasons of rows. No BLAS, no fastmath."""

from __future__ import annotations

import numpy as np

from classifier.compiled import compiled
from classifier.features.groups import GROUP_SHIFT, REASON_SHIFT, SITE_BITS

BASE_MASK = np.uint32((1 << 20) - 1)
SITE_MASK = np.uint32((1 << SITE_BITS) - 1)
GROUP_BITS = np.uint32(GROUP_SHIFT)
REASON_BITS = np.uint32(REASON_SHIFT)
_BYTE = np.uint32(0xFF)


@compiled
def dot(codes, begin, end, table, mask, group_weights):
    """Return the product of a row brought to unit length with a table, and the row's length."""
    total, square = 0.0, 0.0
    for i in range(begin, end):
        code = codes[i]
        weight = group_weights[code >> GROUP_BITS]
        total += weight * table[code & mask]
        square += weight * weight
    length = np.sqrt(square) if square > 0 else 1.0
    return total / length, length


@compiled
def base_scores(codes, starts, table, group_weights, out):
    """Write each row's product with the base's table to `out` (float64)."""
    for row in range(len(starts) - 1):
        out[row] = dot(codes, starts[row], starts[row + 1], table, BASE_MASK, group_weights)[0]


@compiled
def site_scores(codes, starts, table, group_weights, out):
    """Write each row's product with a site's table to `out` (float64)."""
    for row in range(len(starts) - 1):
        out[row] = dot(codes, starts[row], starts[row + 1], table, SITE_MASK, group_weights)[0]


@compiled
def by_reason(codes, table, mask, group_weights, scale, out):
    """Add each feature's contribution in logits to the reason it belongs to (float64[256])."""
    length = dot(codes, 0, len(codes), table, mask, group_weights)[1]
    for i in range(len(codes)):
        code = codes[i]
        weight = group_weights[code >> GROUP_BITS] * table[code & mask]
        out[(code >> REASON_BITS) & _BYTE] += scale * weight / length
