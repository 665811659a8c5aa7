"""How often a site's spam and ham had each word, pair of words, author and address, compiled.

The support vector machine learns from a comment only what its margin lacks: of a regular whom it
judges right it keeps nothing. The counts keep every comment, which is what Bayesian filters live
by. A feature leans by the cube of d in (-1, 1), the difference of its rates in spam and ham over
their sum, shrunk where it was seen seldom; so what is common to both weighs nothing. Each rate has
one comment of the rate in both together added, so that nothing leans before both were seen. Only
additions, multiplications, divisions and square roots are used.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from classifier.compiled import inlined, unmanaged
from classifier.features.groups import (
    AUTHOR,
    EDGES,
    GROUP_SHIFT,
    GROUPS,
    NAME_RUNS,
    NAMES,
    PAIRS,
    REASON_SHIFT,
    SIGNS,
    URL,
    WORDS,
)

BITS = 14
SIZE = 1 << BITS
TALLY = 2 * SIZE + 2
"""Counts in spam, counts in ham, and the two numbers of comments (uint16)."""
MOST = 65_535
SHRINKAGE = 0.5
WEIGHT = 2.0
"""Logits for each unit of evidence."""
GROUP_WEIGHTS: npt.NDArray[np.float64] = np.zeros(GROUPS)
GROUP_WEIGHTS[[WORDS, PAIRS, URL, AUTHOR, EDGES, SIGNS]] = [1, 0.15, 0.5, 3, 0.15, 0.5]
GROUP_WEIGHTS[[NAMES, NAME_RUNS]] = [4, 1]

_MASK = np.uint32(SIZE - 1)
_GROUP_BITS = np.uint32(GROUP_SHIFT)
_REASON_BITS = np.uint32(REASON_SHIFT)
_BYTE = np.uint32(0xFF)
_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)


@inlined
def are_plain(codes, i):
    """Say whether a code and the three behind it are of group 0, character n-grams."""
    j = np.uint64(i)
    first, last = codes[j] | codes[j + _ONE], codes[j + _TWO] | codes[j + _THREE]
    return (first | last) >> _GROUP_BITS == 0


@unmanaged
def _leaning(tally, code):
    """Return how far a feature leans to spam (to 1) or ham (to -1)."""
    bucket = code & _MASK
    spam, ham = float(tally[bucket]), float(tally[SIZE + bucket])
    if spam + ham == 0.0:
        return 0.0
    all_spam, all_ham = float(tally[2 * SIZE]), float(tally[2 * SIZE + 1])
    in_both = (spam + ham) / (all_spam + all_ham + 1.0)
    in_spam = (spam + in_both) / (all_spam + 1.0)
    in_ham = (ham + in_both) / (all_ham + 1.0)
    lean = (in_spam - in_ham) / (in_spam + in_ham) * (spam + ham) / (spam + ham + SHRINKAGE)
    return lean * lean * lean


@unmanaged
def evidence(codes, begin, end, tally, group_weights):
    """Return the evidence for spam in a row's counted features, and their length as a vector."""
    total, square = 0.0, 0.0
    i = begin
    while i < end:
        # Most codes are of group 0, which is not counted: four of them are passed at once.
        if i + 4 <= end and are_plain(codes, i):
            i += 4
            continue
        weight = group_weights[codes[i] >> _GROUP_BITS]
        if weight != 0.0:
            square += weight * weight
            total += weight * _leaning(tally, codes[i])
        i += 1
    length = np.sqrt(square) if square > 0.0 else 1.0
    return total / length, length


@unmanaged
def add_reasons(codes, begin, end, tally, group_weights, sums):
    """Add each counted feature's part of the logit to the reason it belongs to (float64[256])."""
    factor = WEIGHT / evidence(codes, begin, end, tally, group_weights)[1]
    for i in range(begin, end):
        weight = group_weights[codes[i] >> _GROUP_BITS]
        if weight != 0.0:
            reason = (codes[i] >> _REASON_BITS) & _BYTE
            sums[reason] += factor * weight * _leaning(tally, codes[i])


@unmanaged
def parts(codes, tally, group_weights, out):
    """Write each feature's part of the logit to `out` (float64)."""
    factor = WEIGHT / evidence(codes, 0, len(codes), tally, group_weights)[1]
    for i in range(len(codes)):
        weight = group_weights[codes[i] >> _GROUP_BITS]
        out[i] = factor * weight * _leaning(tally, codes[i]) if weight != 0.0 else 0.0


@unmanaged
def count(codes, tally, group_weights, is_spam):
    """Count a decided row; every count is halved when a number of comments would overflow."""
    total = 2 * SIZE + (0 if is_spam else 1)
    if tally[total] == MOST:
        for i in range(len(tally)):
            tally[i] //= 2
    tally[total] += 1
    side = 0 if is_spam else SIZE
    for i in range(len(codes)):
        if group_weights[codes[i] >> _GROUP_BITS] != 0.0:
            place = side + np.int64(codes[i] & _MASK)
            tally[place] = min(np.int64(tally[place]) + 1, MOST)
