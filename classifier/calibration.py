"""Calibration on a site's own labels: the intercept of its logits, and its bands.

Each label is compared with the score that the comment had before it was learned (prequential), so
what is calibrated is what the site's moderators saw. Only additions, multiplications, divisions
and square roots are used, which every machine rounds alike.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
import numpy.typing as npt

from classifier.bands import Bands
from classifier.compiled import compiled

Floats = npt.NDArray[np.float64]

KEPT = 256
"""Outcomes that count: the newest ones."""
TRUST = 8.0
"""Weight of the base's intercept, in units of the curvature of one undecided comment."""
FARTHEST = 6.0
MOST_HELD, MOST_REJECTED = 0.05, 0.005
_HELD_Z, _REJECTED_Z = 1.6449, 2.5758
_HALF_WAY = 25.0
"""Ham labels after which a site's own bands weigh as much as the model's."""
LEAST_HOLD, LEAST_REJECT = -1.1, 1.4
"""Logits (probability .25 and .8) below which no amount of labels moves the bands."""

INTERCEPT, HOLD, REJECT, CURVE = 0, 1, 2, 4


class Rate(msgspec.Struct, frozen=True):
    """A share among the site's recent labels, with its 95 % Wilson interval."""

    share: float
    low: float
    high: float


class SiteCalibration(msgspec.Struct, frozen=True):
    """What a site's bands rest on."""

    ham: int
    spam: int
    bands: Bands
    ham_held: Rate
    ham_rejected: Rate
    spam_caught: Rate


def wilson(hits: int, total: int) -> Rate:
    """Return a share with its 95 % interval; 0 to 1 if there is nothing to go by."""
    if total == 0:
        return Rate(0.0, 0.0, 1.0)
    z, share = 1.959964, hits / total
    centre = (share + z * z / (2 * total)) / (1 + z * z / total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total**2))
    spread /= 1 + z * z / total
    return Rate(share, max(0.0, centre - spread), min(1.0, centre + spread))


@compiled
def logistic(x: float) -> float:
    """Return 1 / (1 + exp(-x)), the same to the last bit on every machine."""
    x = min(max(x, -60.0), 60.0)
    size = -x if x > 0 else x
    whole = math.floor(size * 1.4426950408889634 + 0.5)
    rest = size - whole * 0.693147180369123816490 - whole * 1.90821492927058770002e-10
    term, total = 1.0, 1.0
    for i in range(1, 14):
        term = term * rest / i
        total += term
    power = math.ldexp(total, int(whole))
    return 1.0 / (1.0 + power) if x > 0 else power / (1.0 + power)


@compiled
def probabilities(logits: Floats, out: Floats) -> None:
    """Write the logistic function of each logit to `out`."""
    for i in range(len(logits)):
        out[i] = logistic(logits[i])


@compiled
def _intercept(logits: Floats, signs: Floats, count: int, prior: float, start: float) -> float:
    """Return the intercept that fits the outcomes, drawn to the prior: two steps of Newton's.

    The class with more outcomes weighs about as much as the other: a wave of spam, or of nothing
    but ham, says little of the next comment.
    """
    b, spam = start, 0
    for i in range(count):
        spam += signs[i] > 0
    ham = count - spam
    of_spam, of_ham = min(1.0, (ham + 1.0) / (spam + 1.0)), min(1.0, (spam + 1.0) / (ham + 1.0))
    for _ in range(2):
        gradient, curvature = TRUST * 0.25 * (b - prior), TRUST * 0.25
        for i in range(count):
            p = logistic(logits[i] + b)
            weight = of_spam if signs[i] > 0 else of_ham
            gradient += weight * (p - (1.0 if signs[i] > 0 else 0.0))
            curvature += weight * p * (1.0 - p)
        b = min(max(b - min(max(gradient / curvature, -1.0), 1.0), -FARTHEST), FARTHEST)
    return b


@compiled
def _quantile_factor(z: float, count: float) -> float:
    """Return the normal quantile widened to Student's for the degrees of freedom at hand."""
    freedom = max(count - 1.0, 1.0)
    return (z + (z * z * z + z) / (4.0 * freedom)) * math.sqrt(1.0 + 1.0 / count)


@compiled
def calibrate(
    outcomes: Floats,
    count: int,
    curve: Floats,
    prior: float,
    hold: float,
    reject: float,
) -> None:
    """Refit intercept and bands (logits) to the outcomes (float64[2, KEPT]: logit, sign).

    The bands are where a next ham comment of the site would be held or rejected with the allowed
    probability (upper ends of normal prediction intervals, or what was seen, whichever is higher),
    mixed with the model's bands by the number of ham labels.
    """
    logits, signs = outcomes[0], outcomes[1]
    b = _intercept(logits, signs, count, prior, curve[INTERCEPT])
    curve[INTERCEPT] = b
    ham, mean, square = 0, 0.0, 0.0
    for i in range(count):
        if signs[i] < 0:
            ham += 1
            mean += logits[i]
    mean /= max(ham, 1)
    for i in range(count):
        if signs[i] < 0:
            square += (logits[i] - mean) ** 2
    curve[HOLD], curve[REJECT] = hold, reject
    if ham < 2:
        return
    spread = math.sqrt(square / (ham - 1))
    own_hold = mean + b + spread * _quantile_factor(_HELD_Z, ham)
    own_reject = mean + b + spread * _quantile_factor(_REJECTED_Z, ham)
    weight = ham / (ham + _HALF_WAY)
    curve[HOLD] = max(LEAST_HOLD, weight * own_hold + (1 - weight) * hold)
    curve[REJECT] = max(LEAST_REJECT, curve[HOLD], weight * own_reject + (1 - weight) * reject)


def describe(outcomes: Floats, intercept: float, bands: Bands) -> SiteCalibration:
    """Return how the bands would have treated the outcomes, with the uncertainty of each share."""
    logits = outcomes[0] + intercept
    chance = np.empty(len(logits))
    probabilities(logits, chance)
    ham, spam = outcomes[1] < 0, outcomes[1] > 0
    return SiteCalibration(
        int(ham.sum()),
        int(spam.sum()),
        bands,
        wilson(int((chance[ham] >= bands.hold).sum()), int(ham.sum())),
        wilson(int((chance[ham] >= bands.reject).sum()), int(ham.sum())),
        wilson(int((chance[spam] >= bands.hold).sum()), int(spam.sum())),
    )
