"""The four words for a score: how sure the filter is, by the site's thresholds."""

from __future__ import annotations

import math
from typing import Literal

Band = Literal["likely fine", "unsure", "likely spam", "sure spam"]
BANDS: tuple[Band, ...] = ("likely fine", "unsure", "likely spam", "sure spam")
"""From the mildest; the index of a band, counted from 1, is its code in the store."""

_EDGE = 1e-9


def band_of(score: float, hold: float, reject: float) -> Band:
    """Return the word for a probability of spam; a bound belongs to the band above it.

    *Likely fine* lies below `hold`, *sure spam* from `reject`; between them *unsure* and *likely
    spam* share the way in halves, measured in logits.
    """
    if score < hold:
        return "likely fine"
    if score >= reject:
        return "sure spam"
    return "unsure" if score < middle(hold, reject) else "likely spam"


def middle(hold: float, reject: float) -> float:
    """Return the probability half-way between two thresholds, in logits."""
    return 1 / (1 + math.exp(-(_logit(hold) + _logit(reject)) / 2))


def place(score: float, hold: float, reject: float) -> float:
    """Return where a score stands on a scale of the four bands drawn equally wide, 0..1."""
    edges = (_EDGE, hold, middle(hold, reject), reject, 1 - _EDGE)
    band = BANDS.index(band_of(score, hold, reject))
    low, high, at = _logit(edges[band]), _logit(edges[band + 1]), _logit(score)
    within = (at - low) / (high - low) if high > low else 0.5
    return (band + min(1.0, max(0.0, within))) / len(BANDS)


def needle(band: Band, score: float, hold: float, reject: float) -> int:
    """Return where a verdict stands on a scale of the four bands drawn equally wide, 0..100.

    It stays within the verdict's own band, which is of its time; the thresholds are those of today.
    """
    first = 25 * BANDS.index(band)
    return min(first + 24, max(first + 1, round(100 * place(score, hold, reject))))


def _logit(probability: float) -> float:
    kept = min(1 - _EDGE, max(_EDGE, probability))
    return math.log(kept / (1 - kept))
