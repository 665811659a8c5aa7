"""Bands from what an operator can tolerate: so many good comments rejected, so many held."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from classifier import Learner, Model
from classifier.calibration import wilson
from moderation.domain.errors import InvalidInput, NotFound
from moderation.domain.reports import Interval
from moderation.flow.models.gathering import MOST_ENTRIES, Gathered, gather_site
from moderation.flow.runtime import Runtime
from moderation.store import sites

FAIR = frozenset(("audit", "import"))
"""Ways in which a label comes whatever the filter said. Those of held comments and of reported
errors are chosen by its score; of the rest, and of what was published and not reported, the good
comments that were held are missing: they would place every band too low."""
WARMED = 20
"""Labels of a site before which its learner is too new to be judged."""
ENOUGH = 3.0
"""Good comments beyond a band that must be expected for the site itself to place it."""
BASE_HELD, BASE_REJECTED = 0.022, 0.001
"""Shares of good comments that the bands of the shipped model hold, and reject, at most on sources
that it has not seen: by these it was calibrated."""
LEAST, MOST = 0.02, 0.9999
"""Bands are placed between these."""
IN_A_REQUEST = 2000
"""Newest entries of a site's log that a request looks at: about a second's work."""

Basis = Literal["site", "base"]
RESTS_ON: dict[Basis, str] = {
    "site": "the site's own good comments",
    "base": "the shipped model's bands, measured on sites that it does not know",
}

Floats = npt.NDArray[np.float64]


class Placed(Struct, frozen=True):
    """A band, what it rests on in a code and in words, and the share of good comments at or above
    it."""

    band: float
    """The score that the band begins at."""
    basis: Basis
    """What it rests on: `site`, its own comments, or `base`, those that the model was made with."""
    rests_on: str
    """The same in words."""
    share: Interval
    """Share of good comments at or above it."""


class Proposal(Struct, frozen=True):
    """Bands for a target. `comments` are the good comments of the site that speak for all of its
    good comments, as many of equal weight as tell as much."""

    hold: Placed
    """Where holding would begin."""
    reject: Placed
    """Where rejecting would begin."""
    comments: float
    """Good comments of the site that speak for all of its good comments, as many of equal weight
    as tell as much."""


def propose(
    runtime: Runtime, site: str, held: float, rejected: float, most: int = MOST_ENTRIES
) -> Proposal:
    """Return bands by which at most these shares of a site's good comments are held or rejected,
    and rejected; `most` entries of its log are looked at, the newest.

    From the site's own evidence where that is enough, else from what the shipped model does on
    sites that it does not know.

    Raises:
        InvalidInput: the shares cannot be met. NotFound: there is no such site.
    """
    if not 0 < rejected <= held < 1:
        raise InvalidInput(
            "write shares of good comments, rejected at most as many as held: 1/1000 and 1/50"
        )
    state = sites.read(runtime.store, site)
    if not state.created_ms:
        raise NotFound("there is no such site")
    model = runtime.model(state.snapshot)
    chances, weights = _good_comments(gather_site(runtime, site, state.labels, most), model)
    size = _size(weights)
    hold = _placed(chances, weights, held, model)
    reject = _placed(chances, weights, rejected, model)
    if reject.band < hold.band:
        reject = hold
    return Proposal(hold, reject, size)


def _good_comments(gathered: Gathered, model: Model) -> tuple[Floats, Floats]:
    """Return the probability that each good comment had before it was learned, and its weight."""
    learner = Learner(model)
    chances, weights = [], []
    for place, fact in enumerate(gathered.facts):
        batch = gathered.batch[place]
        fair = fact.kind == "label" and fact.label == "ham" and fact.how in FAIR
        if fair and learner.position >= WARMED:
            chances.append(float(model.score(batch, learner).probability[0]))
            weights.append(1 / (fact.audit or 1.0))
        if fact.kind == "kept":
            learner.keep(batch, fact.weight)
        else:
            learner.learn(batch, fact.label, fact.how)
    return np.array(chances), np.array(weights)


def _size(weights: Floats) -> float:
    """Return of how many comments of equal weight these tell as much (Kish, 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum()) if len(weights) else 0.0


def _placed(chances: Floats, weights: Floats, most: float, model: Model) -> Placed:
    size = _size(weights)
    basis: Basis = "base"
    if size * most < ENOUGH:
        band = _clamped(_of_base(most, model))
    else:
        basis, band = "site", _of_site(chances, weights, most)
    total = float(weights.sum())
    share = float(weights[chances >= band].sum()) / total if total else 0.0
    rate = wilson(share * size, size)
    return Placed(
        band, basis, RESTS_ON[basis], Interval(*(round(x, 6) for x in (share, rate.low, rate.high)))
    )


def _of_site(chances: Floats, weights: Floats, most: float) -> float:
    """Return the lowest band at or above which at most this share of the comments lies."""
    order = np.argsort(-chances, kind="stable")
    above = weights[order].cumsum() / weights.sum()
    beyond = int(np.searchsorted(above, most, side="right"))
    if beyond >= len(order):
        return LEAST
    # Just above the first comment that would be one too many.
    return _clamped(math.floor(float(chances[order[beyond]]) * 1e6 + 1) / 1e6)


def _of_base(most: float, model: Model) -> float:
    """Return the band of a share on the line through the model's two bands, in logits of the
    probability by the logarithm of the share."""
    (hold, reject), (held, rejected) = model.band_logits, map(math.log, (BASE_HELD, BASE_REJECTED))
    slope = (reject - hold) / (rejected - held)
    return 1 / (1 + math.exp(-(hold + slope * (math.log(most) - held))))


def _clamped(band: float) -> float:
    return round(min(max(band, LEAST), MOST), 6)
