"""What two models do to labels that neither has seen, as each site would see it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from classifier import Learner, Model
from moderation.domain.policy import thresholds
from moderation.domain.sites import SiteSettings
from moderation.flow.models.gathering import Gathered, Progress, SiteRows

HELD_BACK, HELD_BACK_AT_MOST = 0.2, 5000
"""The share of labels that is held back, the newest of them, and how many at most."""

Places = npt.NDArray[np.int64]


class Split(Struct, frozen=True):
    """Labels held back, and the rest without what is nearly the same as one of them."""

    held: Places
    rest: Places
    apart: Places
    """Places that no learner may see: those held back and their near-duplicates."""


class Outcomes(Struct, frozen=True):
    """What a model does to the held-back labels, in their order: probability, and 0 for approved,
    1 for held, 2 for spam."""

    chance: npt.NDArray[np.float64]
    status: npt.NDArray[np.int8]


def split(gathered: Gathered, share: float = HELD_BACK) -> Split:
    """Return the newest labels as held back, with the near-duplicates that must not be learned.

    By time, as a model judges what comes after it was made; by group, as a repeat of what was
    learned says nothing of what is new.
    """
    labels = gathered.places()
    times = np.array([gathered.facts[place].at_ms for place in labels], np.int64)
    number = min(int(len(labels) * share), HELD_BACK_AT_MOST)
    newest = np.argsort(times, kind="stable")[len(labels) - number :]
    held = np.sort(labels[newest])
    near = np.isin(gathered.groups, gathered.groups[held])
    rest = labels[~near[labels]]
    return Split(held, rest, np.flatnonzero(near))


def outcomes(
    gathered: Gathered,
    parts: Split,
    models: list[Model],
    settings: dict[str, SiteSettings],
    progress: Progress,
) -> list[Outcomes]:
    """Return what each model does to the held-back labels, with learners made anew without them."""
    chance = np.zeros((len(models), len(parts.held)))
    status = np.zeros((len(models), len(parts.held)), np.int8)
    apart = set(parts.apart.tolist())
    done, total = 0, len(gathered.facts) * len(models)
    for rows in gathered.sites:
        here = np.flatnonzero((parts.held >= rows.places.start) & (parts.held < rows.places.stop))
        if not len(here):
            done += len(rows.places) * len(models)
            continue
        judged = gathered.batch.picked(parts.held[here])
        for number, model in enumerate(models):
            learner = Learner(model)
            for passed in _replay(gathered, rows, apart, learner):
                progress(done + passed, total)
            done += len(rows.places)
            hold, reject = thresholds(learner.bands, settings[rows.site])
            found = model.score(judged, learner).probability
            chance[number, here] = found
            status[number, here] = (found >= hold).astype(np.int8) + (found >= reject)
    return [Outcomes(chance[i], status[i]) for i in range(len(models))]


def _replay(gathered: Gathered, rows: SiteRows, apart: set[int], learner: Learner) -> Iterator[int]:
    """Teach a learner a site's rows that are not apart; yield after each how many were passed."""
    for passed, place in enumerate(rows.places, 1):
        if place not in apart:
            fact, batch = gathered.facts[place], gathered.batch[place]
            if fact.kind == "kept":
                learner.keep(batch, fact.weight)
            else:
                learner.learn(batch, fact.label, fact.how)
        yield passed
