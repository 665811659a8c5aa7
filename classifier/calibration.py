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

OUTCOMES = 256
"""Outcomes that count: the newest ones."""
TRUST = 8.0
"""Weight of the base's intercept, in units of the curvature of one undecided comment."""
FARTHEST = 1.0
"""Logits that the intercept moves from the base's at most, whatever the labels say."""
MOST_HELD, MOST_REJECTED = 0.05, 0.005
"""Shares of ham that the bands of a model may hold or reject."""
CENTRING, ALONE, NOT_ALONE = 0.08, 0.05, 10
"""How alike any two comments of a site are, by which labels of one class push all of them to its
side; how much more is taken for that as long as nothing is known of the other class, and from how
many comments of that none."""
AS_GIVEN = 4
"""Pieces of evidence that say as much of the push as its sum does."""


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


def wilson(hits: float, total: float) -> Rate:
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
def intercept(
    outcomes: Floats, labels: int, evidence: Floats, kept: int, prior: float, start: float
) -> float:
    """Return the intercept that fits outcomes and evidence, drawn to the prior: two steps of
    Newton's.

    Of outcomes (float64[2, n]: logit, sign) `labels` are there, of evidence (float64[2, n]: logits
    of ham, weights) `kept`, each with its weight, at most 1: what was doubtful says little by not
    being reported. The class with more of them weighs about as much as the other: a wave of spam,
    or of nothing but ham, says little of the next comment.
    """
    b, spam = start, 0
    for i in range(labels):
        spam += outcomes[1, i] > 0
    ham = labels + kept - spam
    of_spam, of_ham = min(1.0, (ham + 1.0) / (spam + 1.0)), min(1.0, (spam + 1.0) / (ham + 1.0))
    for _ in range(2):
        gradient, curvature = TRUST * 0.25 * (b - prior), TRUST * 0.25
        for i in range(labels + kept):
            is_spam = i < labels and outcomes[1, i] > 0
            p = logistic((outcomes[0, i] if i < labels else evidence[0, i - labels]) + b)
            weight = of_spam if is_spam else of_ham
            if i >= labels:
                weight *= min(1.0, evidence[1, i - labels])
            gradient += weight * (p - (1.0 if is_spam else 0.0))
            curvature += weight * p * (1.0 - p)
        b -= min(max(gradient / curvature, -1.0), 1.0)
        b = min(max(b, prior - FARTHEST), prior + FARTHEST)
    return b


def centre(pushed: float, spam: int, ham: int, moved: float, evidence: int) -> float:
    """Return what takes back by how much all comments of a site were pushed to a side.

    A label moves what is like it, and any two comments of a site are somewhat alike; where both
    classes are labelled (`spam` and `ham` labels) that evens out, where one is it does not.
    `pushed` is the sum of all moves; `moved` is by how much so many pieces of `evidence` were in
    the mean, which counts where it was to spam, and the less the more ham is labelled.
    """
    other = ham + evidence if pushed > 0.0 else spam
    usual = pushed * (CENTRING + ALONE * max(0, NOT_ALONE - other) / NOT_ALONE)
    if usual <= 0.0:
        return -usual
    given = AS_GIVEN + ham
    return -(usual * given + max(usual, moved) * evidence) / (given + evidence)


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
