"""Where a site's bands stand: by its own ham, within bounds around the model's, compiled.

Ham is known from labels and from what was published and not reported. Labels are no random sample
of a site's ham: who only corrects false positives labels what looks most like spam. So the site's
own bands weigh as much as there is evidence for, and stay within bounds on both sides that a few
labels, labels of one class or wrong ones cannot move far. Only additions, multiplications,
divisions and square roots are used, which every machine rounds alike.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from classifier.compiled import compiled

Floats = npt.NDArray[np.float64]

_HELD_Z, _REJECTED_Z = 1.8, 3.3
"""Ends of a normal distribution beyond which are 3.6 % of ham, and .05 %: the scores of ham have a
heavier tail than that."""
_SHOWN_Z = 2.4
"""The end beyond which ham is held where evidence is among it: only what was not held is published,
so that evidence lacks the very tail that is looked for."""
HAM_HALF_WAY = 25.0
"""Ham comments after which a site's own bands weigh as much as the model's."""
LEAST_HOLD, LEAST_REJECT = -1.1, 2.0
"""Logits (probability .25 and .88) below which no amount of labels moves the bands."""
HOLD_BELOW, HOLD_LOWER, HALF_WAY = 0.2, 0.7, 10.0
"""Logits by which hold is below the model's at least, and further by the decisions on held
comments, half of it after ten: who decides them wants to see more of what is doubtful."""
HOLD_DEEP, AS_DECIDED = 2.0, 3.0
"""Logits by which hold may come down beyond that, by as many decisions, where three pieces of
evidence count as one."""
HOLD_RISE, RISE_FROM = 0.45, 0.04
"""Logits by which the bound rises again, and the share of held ham from which it begins to."""
WARM, WARMED = 1.0, 50.0
"""Logits by which hold is lower at first, and the labels over which that fades."""
REJECT_RISE, ONE_SIDED, FEW_HAM = 0.3, 2.5, 10.0
"""Logits by which reject is above the model's at most, and by which it is where spam alone is
labelled: nobody says there what is rejected by mistake. Ten ham labels halve that."""
DECIDED_AS_HAM, KEPT_AS_HAM = 5.0, 24.0
"""Decisions on held comments, whatever they were, and pieces of evidence, that count as one ham
label for where reject stands: ham among what was held would have been found, and evidence is what
looked harmless. Without them a blog that gets little but spam is asked about most of it for ever;
with more of them ham of other kinds is rejected, and too little is left to be decided. Where three
decisions count as one, people with a console are asked of 118 comments in a thousand instead of 122
and where labels are wrong at times a little more spam is let through (5.3 % for 5.2 %); where only
errors are reported nothing changes, nor does the ham rejected."""
MEMORY = 150.0
"""Ham comments over which the share of held ham is taken."""

INTERCEPT, HOLD, REJECT, CENTRE, PUSH, HAM_SEEN, HAM_HELD, LABELLED = range(8)
CURVE = 8


@compiled
def see_ham(curve: Floats, weight: float, is_held: bool) -> None:
    """Count ham, so many comments of it, for the share that was held."""
    weight = min(weight, 25.0)
    fade = 1.0 - 1.0 / MEMORY
    kept = 1.0
    for _ in range(int(weight)):
        kept *= fade
    curve[HAM_SEEN] = curve[HAM_SEEN] * kept + weight
    curve[HAM_HELD] = curve[HAM_HELD] * kept + (weight if is_held else 0.0)


@compiled
def _quantile_factor(z: float, count: float) -> float:
    """Return the normal quantile widened to Student's for the degrees of freedom at hand."""
    freedom = max(count - 1.0, 1.0)
    return (z + (z * z * z + z) / (4.0 * freedom)) * math.sqrt(1.0 + 1.0 / count)


@compiled
def _ham(outcomes: Floats, labels: int, evidence: Floats, kept: int) -> tuple[float, float, float]:
    """Return mean, spread and effective number of the logits of a site's ham."""
    total, squares, mean, square = 0.0, 0.0, 0.0, 0.0
    for i in range(labels):
        if outcomes[1, i] < 0:
            total, squares, mean = total + 1.0, squares + 1.0, mean + outcomes[0, i]
    for i in range(kept):
        weight = evidence[1, i]
        total, squares = total + weight, squares + weight * weight
        mean += weight * evidence[0, i]
    if total <= 0.0:
        return 0.0, 0.0, 0.0
    mean /= total
    number = total * total / squares
    for i in range(labels):
        if outcomes[1, i] < 0:
            square += (outcomes[0, i] - mean) ** 2
    for i in range(kept):
        square += evidence[1, i] * (evidence[0, i] - mean) ** 2
    spread = math.sqrt(square / total * number / max(number - 1.0, 1.0))
    return mean, spread, number


@compiled
def _own_hold(ham: tuple[float, float, float], intercept: float, z: float, hold: float) -> float:
    """Return where hold stands by a site's own ham (as `_ham` returns it) and by the model's
    `hold`, each as far as there is ham to go by.
    """
    mean, spread, size = ham
    if size < 2.0:
        return hold
    weight = size / (size + HAM_HALF_WAY)
    own: float = mean + intercept + spread * _quantile_factor(z, size)
    return weight * own + (1.0 - weight) * hold


@compiled
def place(
    outcomes: Floats,
    labels: int,
    evidence: Floats,
    kept: int,
    curve: Floats,
    hold: float,
    reject: float,
    number: int,
    pieces: int,
    decided: int,
) -> None:
    """Place the bands (logits) by outcomes (float64[2, n]: logit, sign), of which `labels` are
    there, and evidence (float64[2, n]: logit, weight), of which `kept` are.

    `hold` and `reject` are the model's; `number` is that of all labels, `pieces` of all evidence,
    `decided` of labels given to held comments. The site's own bands are where a next ham comment
    would be held or rejected with the allowed probability: ends of normal prediction intervals.
    """
    ham = 0
    for i in range(labels):
        ham += outcomes[1, i] < 0
    spam = labels - ham
    known = ham + decided / DECIDED_AS_HAM + pieces / KEPT_AS_HAM
    shown = _ham(outcomes, labels, evidence, kept)
    own = _own_hold(shown, curve[INTERCEPT], _SHOWN_Z if kept > 0 else _HELD_Z, hold)
    if kept > 0:
        labelled = _ham(outcomes, labels, evidence, 0)
        own = min(own, _own_hold(labelled, curve[INTERCEPT], _HELD_Z, hold))
    mean, spread, size = shown
    own_reject, trust = reject, 0.0
    if size >= 2.0:
        own_reject = mean + curve[INTERCEPT] + spread * _quantile_factor(_REJECTED_Z, size)
        trust = known / (known + HAM_HALF_WAY)
    many = decided / (decided + HALF_WAY)
    share = (curve[HAM_HELD] + 1.0) / (curve[HAM_SEEN] + 20.0)
    rise = min(HOLD_RISE, max(0.0, share - RISE_FROM) / RISE_FROM)
    highest = hold - HOLD_BELOW - HOLD_LOWER * many + rise
    seen = decided + pieces / AS_DECIDED
    lowest = max(LEAST_HOLD, hold - HOLD_BELOW - HOLD_DEEP * seen / (seen + HALF_WAY))
    placed = min(max(lowest, own), highest)
    one_sided = ONE_SIDED * spam / (spam + FEW_HAM) * FEW_HAM / (FEW_HAM + known)
    above = max(LEAST_REJECT, placed, trust * own_reject + (1.0 - trust) * reject + one_sided)
    above = min(above, reject + REJECT_RISE + ONE_SIDED)
    if decided > 0:
        placed -= WARM * max(0.0, 1.0 - number / WARMED)
    curve[HOLD], curve[REJECT] = placed, max(placed, above)
