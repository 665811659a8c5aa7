"""What two models do to labels that neither has seen, as each site would see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from classifier import Learner, Model
from classifier.training.layer import FREE
from moderation.domain.policy import thresholds
from moderation.domain.sites import SiteSettings
from moderation.flow.models.gathering import Gathered, Progress, SiteRows

HELD_BACK, HELD_BACK_AT_MOST = 0.2, 5000
"""The share of labels that is held back, the newest of them, and how many at most."""
LARGEST_SHARE = 0.25
"""Of the labels held back, the most of one site and of one person while others gave as many: who
gave the newest ones by the hundred is not alone in judging what came of them."""

Places = npt.NDArray[np.int64]


class Split(Struct, frozen=True):
    """Labels held back, and the rest without what is nearly the same as one of them."""

    held: Places
    rest: Places
    apart: Places
    """Places that no learner may see: those held back and their near-duplicates."""


class Outcomes(Struct, frozen=True):
    """What a model does to the held-back labels, in their order: probability, and 0 for approved,
    1 for held, 2 for spam; `untaught` is the same on a site that nobody has taught."""

    chance: npt.NDArray[np.float64]
    status: npt.NDArray[np.int8]
    untaught: npt.NDArray[np.int8]


def split(gathered: Gathered, share: float = HELD_BACK) -> Split:
    """Return the newest labels as held back, with the near-duplicates that must not be learned.

    By time, as a model judges what comes after it was made; by group, as a repeat of what was
    learned says nothing of what is new.
    """
    labels = gathered.places()
    times = np.array([gathered.facts[place].at_ms for place in labels], np.int64)
    number = min(int(len(labels) * share), HELD_BACK_AT_MOST)
    newest = labels[np.argsort(times, kind="stable")[::-1]]
    held = np.sort(_fairly(gathered, newest.tolist(), number))
    near = np.isin(gathered.groups, gathered.groups[held])
    rest = labels[~near[labels]]
    return Split(held, rest, np.flatnonzero(near))


def _fairly(gathered: Gathered, newest: list[int], number: int) -> Places:
    """Return the first so many places, few of one site or person while others are there."""
    site_of, counts = gathered.site_of(), Counter[str]()
    most = max(FREE, int(number * LARGEST_SHARE))
    taken: list[int] = []
    left: list[int] = []
    for place in newest:
        if len(taken) == number:
            break
        site, person = f"/{site_of[place]}", gathered.facts[place].person
        if counts[site] >= most or (person and counts[person] >= most):
            left.append(place)
            continue
        counts.update((site, person))
        taken.append(place)
    return np.array([*taken, *left[: number - len(taken)]], np.int64)


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
    untaught = np.zeros((len(models), len(parts.held)), np.int8)
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
            site = settings[rows.site]
            hold, reject = thresholds(learner.bands, site)
            found = model.score(judged, learner).probability
            chance[number, here] = found
            status[number, here] = (found >= hold).astype(np.int8) + (found >= reject)
            alone, (hold, reject) = model.score(judged).probability, thresholds(model.bands, site)
            untaught[number, here] = (alone >= hold).astype(np.int8) + (alone >= reject)
    return [Outcomes(chance[i], status[i], untaught[i]) for i in range(len(models))]


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
