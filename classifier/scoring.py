"""Kernels that read feature codes: scores and reasons of rows. No BLAS, no fastmath."""

from __future__ import annotations

import numpy as np

from classifier.calibration import logistic
from classifier.compiled import unmanaged
from classifier.features.blocks import base_bucket
from classifier.features.groups import GROUP_SHIFT, REASON_SHIFT, SITE_BITS
from classifier.features.parts import base_score, weight_of
from classifier.intrinsics import weight_at
from classifier.tally import WEIGHT, evidence
from classifier.tally import add_reasons as add_tallied_reasons

SITE_MASK = np.uint32((1 << SITE_BITS) - 1)
GROUP_BITS = np.uint32(GROUP_SHIFT)
REASON_BITS = np.uint32(REASON_SHIFT)
_BYTE = np.uint32(0xFF)
_GROUP_IN_KIND = np.uint32(GROUP_SHIFT - REASON_SHIFT)
_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)
USUAL_LENGTH = 16.0
"""What `dot` returns as the length of a usual comment."""


@unmanaged
def dot(codes, begin, end, table, mask, group_weights):
    """Return the product of a row brought to unit length with a table, and the row's length.

    Four sums side by side, always the same ones, do not wait for each other; most codes are of
    group 0, whose weight is looked up once.
    """
    a, b, c, d, square, plain, common = 0.0, 0.0, 0.0, 0.0, 0.0, 0, group_weights[0]
    whole = end - (end - begin) % 4
    for i in range(begin, whole, 4):
        j = np.uint64(i)
        p, q, r, s = codes[j], codes[j + _ONE], codes[j + _TWO], codes[j + _THREE]
        if (p | q | r | s) >> GROUP_BITS == 0:
            a += common * weight_at(table, p & mask)
            b += common * weight_at(table, q & mask)
            c += common * weight_at(table, r & mask)
            d += common * weight_at(table, s & mask)
            plain += 4
        else:
            w, x = group_weights[p >> GROUP_BITS], group_weights[q >> GROUP_BITS]
            y, z = group_weights[r >> GROUP_BITS], group_weights[s >> GROUP_BITS]
            a += w * weight_at(table, p & mask)
            b += x * weight_at(table, q & mask)
            c += y * weight_at(table, r & mask)
            d += z * weight_at(table, s & mask)
            square += (w * w + x * x) + (y * y + z * z)
    for i in range(whole, end):
        w = group_weights[codes[i] >> GROUP_BITS]
        a += w * weight_at(table, codes[i] & mask)
        square += w * w
    square += plain * common * common
    length = np.sqrt(square) if square > 0 else 1.0
    return ((a + b) + (c + d)) / length, length


@unmanaged
def site_size(length):
    """Return how much a site hears of a row by its length: a usual one 1, a long one more."""
    return np.sqrt(np.sqrt(length / USUAL_LENGTH))


@unmanaged
def score_rows(codes, starts, products, site, tally, site_weights, counted, line, logits, chances):
    """Write the logit and the probability, rounded to 1e-6, of each row.

    `products` (float64) are the rows' products with the base's table, as `parts.base_scores`
    writes them; `site` and `tally` are a site's table and counts, without entries for none; `line`
    (float64[4]) has the base's intercept and scale, the site's scale and the intercept of the
    logit.
    """
    for row in range(len(starts) - 1):
        begin, end = starts[row], starts[row + 1]
        taught = 0.0
        if len(site):
            learned, length = dot(codes, begin, end, site, SITE_MASK, site_weights)
            learned *= site_size(length)
            taught = line[2] * learned + WEIGHT * evidence(codes, begin, end, tally, counted)[0]
        logit = line[1] * (products[row] + line[0]) + taught + line[3]
        logits[row] = logit
        chances[row] = np.rint(logistic(logit) * 1e6) / 1e6


@unmanaged
def _length(codes, begin, end, group_weights):
    """Return the length of a row of codes before it is brought to unit length."""
    square = 0.0
    for i in range(begin, end):
        weight = group_weights[codes[np.uint64(i)] >> GROUP_BITS]
        square += weight * weight
    return np.sqrt(square) if square > 0 else 1.0


@unmanaged
def add_reasons(codes, begin, end, table, group_weights, scale, sums):
    """Add what a site's table says of each feature, in logits, to its reason (float64[256]).

    Runs of four codes of one group and reason, which most are, are added at once.
    """
    factor = scale / _length(codes, begin, end, group_weights)
    i = begin
    while i < end:
        j = np.uint64(i)
        kind = codes[j] >> REASON_BITS
        total, size = np.float64(weight_at(table, codes[j] & SITE_MASK)), 1
        if i + 4 <= end:
            q, r, s = codes[j + _ONE], codes[j + _TWO], codes[j + _THREE]
            if q >> REASON_BITS == kind and r >> REASON_BITS == kind and s >> REASON_BITS == kind:
                total += weight_at(table, q & SITE_MASK)
                total += weight_at(table, r & SITE_MASK) + weight_at(table, s & SITE_MASK)
                size = 4
        sums[kind & _BYTE] += factor * group_weights[kind >> _GROUP_IN_KIND] * total
        i += size


@unmanaged
def add_base_reasons(codes, begin, end, table, group_weights, scratch, scale, sums):
    """Add what the base says of each feature, in logits, to its reason (float64[256])."""
    base_score(codes, begin, end, table, group_weights, scratch)
    for i in range(begin, end):
        code = codes[np.uint64(i)]
        weight = weight_of(code, i, scratch) * weight_at(table, base_bucket(code))
        sums[(code >> REASON_BITS) & _BYTE] += scale * weight


@unmanaged
def top_reasons(
    codes, starts, base, site, tally, base_weights, site_weights, counted, scales, count, skip,
    sums, scratch, places, weights,
):  # fmt: skip
    """Write each row's heaviest reasons to `places` (int16, -1 for none) and `weights`
    (logits, rounded to 0.01).

    `site` and `tally` are a site's table and counts, without entries for none; `scales` are the two
    factors from raw scores to logits; `count` is how many reasons there are and `skip` the one that
    is never given; `sums` (float64[256]) and `scratch` (float64[SCRATCH]) are scratch space. Of
    equal weights the lower reason comes first.
    """
    for row in range(len(starts) - 1):
        sums[:] = 0.0
        begin, end = starts[row], starts[row + 1]
        add_base_reasons(codes, begin, end, base, base_weights, scratch, scales[0], sums)
        if len(site):
            scale = scales[1] * site_size(_length(codes, begin, end, site_weights))
            add_reasons(codes, begin, end, site, site_weights, scale, sums)
            add_tallied_reasons(codes, begin, end, tally, counted, sums)
        sums[skip] = 0.0
        for rank in range(places.shape[1]):
            best = _heaviest(sums, count)
            places[row, rank] = best if sums[best] != 0.0 else -1
            weights[row, rank] = np.rint(sums[best] * 100.0) / 100.0
            sums[best] = 0.0


@unmanaged
def _heaviest(sums, count):
    """Return the place of the first of the largest absolute values among `count`."""
    best, most = 0, abs(sums[0])
    for place in range(1, count):
        size = abs(sums[place])
        if size > most:
            best, most = place, size
    return best
