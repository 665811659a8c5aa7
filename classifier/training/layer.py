"""The installation layer: what all sites of an installation taught, on top of the base.

A linear support vector machine with squared hinge loss whose margins start at the base's scores, by
dual coordinate descent. Source: Hsieh et al., A Dual Coordinate Descent Method for Large-scale
Linear SVM, ICML 2008.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from classifier.compiled import compiled
from classifier.features.batch import FeatureBatch
from classifier.features.blocks import (
    FACTORS,
    base_bucket,
    base_product,
    block_factors,
    shown_end,
)
from classifier.features.extract import extract_features
from classifier.features.groups import BASE_WEIGHTS, GROUPS, SHAPE, TOPIC
from classifier.model import Model
from classifier.row import LabelledRow
from classifier.scoring import GROUP_BITS
from classifier.training.data import corpus_rows, labels_of

COST = 4.0
EPOCHS = 10
LEARNING: npt.NDArray[np.float64] = np.ones(GROUPS)
LEARNING[[SHAPE, TOPIC]] = [8, 0.5]
"""How readily a feature of each group learns: what comments look like differs most from one
installation to another, what spam is about least."""
LARGEST_SHARE = 0.25
"""As many of the labels as this share of their number those of one site count at most, and those of
one person. It is no share of the weight: where one site is all there is, a quarter of its labels
is what is learned of it, and one that gave nine tenths of them has 71 % of the weight."""
FREE = 50
"""Labels of a site or person that always count in full."""
LEAST_PRIOR, HALF_WAY = 0.5, 250
"""The share of the base's score that is left in the end, and the labels that take half of the
rest: few labels correct the base, many know their installation better than it does."""


def prior_share(labels: int) -> float:
    """Return how much of the base's score stays under a number of labels."""
    return 1 - (1 - LEAST_PRIOR) * labels / (labels + HALF_WAY)


class SiteLabel(LabelledRow, kw_only=True):
    """A label of the installation: who decided, and for which site."""

    site: str = ""
    person: str = ""


def capped_weights(sites: Sequence[str], people: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return the weight of each label by its site and by who gave it ('': the site itself)."""
    people = [person or site for site, person in zip(sites, people, strict=True)]
    most = max(FREE, LARGEST_SHARE * len(sites))
    of_site, of_person = Counter(sites), Counter(people)
    return np.array(
        [
            min(1.0, most / of_site[site], most / of_person[person])
            for site, person in zip(sites, people, strict=True)
        ],
        np.float64,
    )


class Examples(Struct, frozen=True):
    """Labels of an installation as their features: signs are +1 for spam and −1 for ham."""

    batch: FeatureBatch
    signs: npt.NDArray[np.float64]
    sites: Sequence[str]
    people: Sequence[str]


def fit_installation_layer(
    base: Model,
    labels: Sequence[SiteLabel],
    *,
    name: str | None = None,
    corpus: bool = False,
    prior: float | None = None,
) -> Model:
    """Return the base with what the labels change; without labels the base itself.

    With `corpus` the seed corpus takes part as an anchor: fewer changes elsewhere, and less learned
    of the installation. `prior` is the share of the base's score that stays, else `prior_share`.
    """
    examples = Examples(
        extract_features(labels),
        np.array(labels_of(labels), np.float64),
        [label.site for label in labels],
        [label.person for label in labels],
    )
    return fit_layer(base, examples, name=name, corpus=corpus, prior=prior)


def fit_layer(
    base: Model,
    labels: Examples,
    *,
    name: str | None = None,
    corpus: bool = False,
    prior: float | None = None,
) -> Model:
    """Return what `fit_installation_layer` does, of labels whose features are known."""
    number = len(labels.signs)
    if not number:
        return base
    prior = prior_share(number) if prior is None else prior
    batch, signs = labels.batch, labels.signs
    weights = capped_weights(labels.sites, labels.people)
    if corpus:
        anchors = corpus_rows()
        batch = FeatureBatch.joined([batch, extract_features(anchors)])
        signs = np.concatenate([signs, np.array(labels_of(anchors), np.float64)])
        weights = np.concatenate([weights, np.ones(len(anchors))])
    change = np.zeros(len(base.table))
    order = np.random.default_rng(0).permutation(len(signs))
    priors = prior * base.raw_scores(batch)
    _fit(batch.codes, batch.starts, priors, signs, weights, order, change)
    manifest = base.manifest | {
        "name": name or base.name,
        "intercept": prior * base.intercept,
        "layer": {"base": base.name, "labels": number, "sites": len(set(labels.sites))},
    }
    return Model(manifest, (prior * base.table + change).astype(np.float16))


@compiled
def _fit(
    codes: npt.NDArray[np.uint32],
    starts: npt.NDArray[np.int64],
    priors: npt.NDArray[np.float64],
    signs: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    order: npt.NDArray[np.int64],
    change: npt.NDArray[np.float64],
) -> None:
    """Add to `change` (float64 by bucket) what the rows ask for beyond their prior scores."""
    alphas, squares, factors = np.zeros(len(signs)), np.zeros(len(signs)), np.zeros(FACTORS)
    for i in range(len(signs)):
        end = shown_end(codes, starts[i], starts[i + 1])
        block_factors(codes, starts[i], end, BASE_WEIGHTS, factors)
        for j in range(starts[i], end):
            group = codes[j] >> GROUP_BITS
            squares[i] += factors[group] * factors[group] * LEARNING[group]
    for _ in range(EPOCHS):
        for i in order:
            begin, end = starts[i], shown_end(codes, starts[i], starts[i + 1])
            block_factors(codes, begin, end, BASE_WEIGHTS, factors)
            soft = 0.5 / (COST * weights[i])
            margin = priors[i] + base_product(codes, begin, end, change, factors)
            gradient = signs[i] * margin - 1.0 + alphas[i] * soft
            alpha = max(0.0, alphas[i] - gradient / (squares[i] + soft))
            step = (alpha - alphas[i]) * signs[i]
            if step != 0.0:
                for j in range(begin, end):
                    group = codes[j] >> GROUP_BITS
                    change[base_bucket(codes[j])] += step * factors[group] * LEARNING[group]
                alphas[i] = alpha
