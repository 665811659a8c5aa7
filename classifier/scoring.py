"""Kernels that read feature codes: scores and reasons of rows. No BLAS, no fastmath."""

from __future__ import annotations

import numpy as np

from classifier.compiled import compiled
from classifier.features.groups import GROUP_SHIFT, REASON_SHIFT, SITE_BITS
from classifier.tally import WEIGHT, evidence
from classifier.tally import add_reasons as add_tallied_reasons

BASE_MASK = np.uint32((1 << 20) - 1)
SITE_MASK = np.uint32((1 << SITE_BITS) - 1)
GROUP_BITS = np.uint32(GROUP_SHIFT)
REASON_BITS = np.uint32(REASON_SHIFT)
_BYTE = np.uint32(0xFF)


@compiled
def dot(codes, begin, end, table, mask, group_weights):
    """Return the product of a row brought to unit length with a table, and the row's length.

    Four sums side by side, always the same ones, do not wait for each other.
    """
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    e, f, g, h = 0.0, 0.0, 0.0, 0.0
    whole = end - (end - begin) % 4
    for i in range(begin, whole, 4):
        w, x = group_weights[codes[i] >> GROUP_BITS], group_weights[codes[i + 1] >> GROUP_BITS]
        y, z = group_weights[codes[i + 2] >> GROUP_BITS], group_weights[codes[i + 3] >> GROUP_BITS]
        a += w * table[codes[i] & mask]
        b += x * table[codes[i + 1] & mask]
        c += y * table[codes[i + 2] & mask]
        d += z * table[codes[i + 3] & mask]
        e += w * w
        f += x * x
        g += y * y
        h += z * z
    for i in range(whole, end):
        w = group_weights[codes[i] >> GROUP_BITS]
        a += w * table[codes[i] & mask]
        e += w * w
    square = (e + f) + (g + h)
    length = np.sqrt(square) if square > 0 else 1.0
    return ((a + b) + (c + d)) / length, length


@compiled
def base_scores(codes, starts, table, group_weights, out):
    """Write each row's product with the base's table to `out` (float64)."""
    for row in range(len(starts) - 1):
        out[row] = dot(codes, starts[row], starts[row + 1], table, BASE_MASK, group_weights)[0]


@compiled
def site_scores(codes, starts, table, tally, group_weights, counted, scale, out):
    """Write what a site's table and counts add to each row's logit to `out` (float64)."""
    for row in range(len(starts) - 1):
        begin, end = starts[row], starts[row + 1]
        learned = dot(codes, begin, end, table, SITE_MASK, group_weights)[0]
        out[row] = scale * learned + WEIGHT * evidence(codes, begin, end, tally, counted)[0]


@compiled
def add_reasons(codes, begin, end, table, mask, group_weights, scale, sums):
    """Add each feature's contribution in logits to the reason it belongs to (float64[256])."""
    factor = scale / dot(codes, begin, end, table, mask, group_weights)[1]
    for i in range(begin, end):
        code = codes[i]
        weight = group_weights[code >> GROUP_BITS] * table[code & mask]
        sums[(code >> REASON_BITS) & _BYTE] += factor * weight


@compiled
def top_reasons(
    codes, starts, base, site, tally, base_weights, site_weights, counted, scales, count, skip,
    places, weights,
):  # fmt: skip
    """Write each row's heaviest reasons to `places` (int16, -1 for none) and `weights` (logits).

    `site` and `tally` are a site's table and counts, without entries for none; `scales` are the two
    factors from raw scores to logits; `count` is how many reasons there are and `skip` the one that
    is never given. Of equal weights the lower reason comes first.
    """
    sums = np.empty(256)
    for row in range(len(starts) - 1):
        sums[:] = 0.0
        begin, end = starts[row], starts[row + 1]
        add_reasons(codes, begin, end, base, BASE_MASK, base_weights, scales[0], sums)
        if len(site):
            add_reasons(codes, begin, end, site, SITE_MASK, site_weights, scales[1], sums)
            add_tallied_reasons(codes, begin, end, tally, counted, sums)
        sums[skip] = 0.0
        for rank in range(places.shape[1]):
            best = 0
            for reason in range(1, count):
                if abs(sums[reason]) > abs(sums[best]):
                    best = reason
            places[row, rank] = best if sums[best] != 0.0 else -1
            weights[row, rank] = sums[best]
            sums[best] = 0.0
