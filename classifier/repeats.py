"""Repeats of decided comments, by fingerprints of their words and addresses, compiled.

A fingerprint is a sum of hashes, so case, signs, spacing and the order of words do not change it.
Few words are anybody's: there the author's name belongs to it.
"""

from __future__ import annotations

import numpy as np

from classifier.calibration import logistic
from classifier.compiled import unmanaged
from classifier.features.groups import AUTHOR, CHARS, CJK, GROUP_SHIFT, URL, WORDS
from classifier.tally import are_plain

SLOTS = 4096
"""Decisions remembered at most; a later one takes the place of an earlier one with its slot."""
FEW_WORDS = 5
PAST_BAND = 0.5
"""Logits by which a repeat is put on its decision's side of the site's band."""

_GROUP_BITS = np.uint32(GROUP_SHIFT)
_SLOT_SHIFT = np.uint64(52)
_SPAM = np.uint64(1)
_NONE = np.uint64(0)


@unmanaged
def _mixed(x):
    """Return an integer whose bits all depend on all of `x`'s (Steele et al., SplitMix64, 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@unmanaged
def _fingerprint(codes, begin, end):
    """Return an even number for a row's words and addresses; 0 if it has none."""
    words, others, author, count = _NONE, _NONE, _NONE, 0
    i = begin
    while i < end:
        if count > 0 and i + 4 <= end and are_plain(codes, i):
            i += 4
            continue
        group = codes[i] >> _GROUP_BITS
        if group in (WORDS, URL, CJK):
            words += _mixed(np.uint64(codes[i]))
            count += 1
        elif group == AUTHOR:
            author += _mixed(np.uint64(codes[i]))
        elif group == CHARS and count == 0:
            others += _mixed(np.uint64(codes[i]))
        i += 1
    total = words if count > 0 else others
    if count < FEW_WORDS:
        total += author
    return _mixed(total) & ~_SPAM


@unmanaged
def remember(codes, decided, is_spam):
    """Keep the decision on a row in `decided` (uint64[SLOTS])."""
    mark = _fingerprint(codes, 0, len(codes))
    if mark != _NONE:
        decided[mark >> _SLOT_SHIFT] = mark | _SPAM if is_spam else mark


@unmanaged
def follow(codes, starts, decided, bands, logits, chances, shifts):
    """Move rows that repeat a decided one past the band of their decision.

    `bands` (float64[2]) are the logits of hold and reject; `shifts` (float64) gets what was added
    to `logits`; `chances` are the probabilities, rounded to 1e-6.
    """
    for row in range(len(starts) - 1):
        mark = _fingerprint(codes, starts[row], starts[row + 1])
        kept = decided[mark >> _SLOT_SHIFT]
        if mark == _NONE or kept & ~_SPAM != mark:
            continue
        if kept & _SPAM:
            shifts[row] = max(0.0, bands[1] + PAST_BAND - logits[row])
        else:
            shifts[row] = min(0.0, bands[0] - PAST_BAND - logits[row])
        logits[row] += shifts[row]
        chances[row] = np.rint(logistic(logits[row]) * 1e6) / 1e6
