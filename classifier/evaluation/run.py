"""Evaluate a model on labelled rows as they stream by, cold and taught by each source's labels."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from classifier import Bands, FeatureBatch, LabelledRow, Learner, Model
from classifier.evaluation.record import Record, slice_key

Batch = list[LabelledRow]


def evaluate(
    model: Model,
    batches: Iterable[Batch],
    *,
    replay: bool = True,
    progress: Callable[[int], None] = lambda rows: None,
) -> dict[str, Record]:
    """Score every row by the snapshot alone (`cold`) and, with `replay`, before learning it.

    Each source is taken as a site with a learner of its own, taught in the order of the rows.
    Every row must have a label. Memory does not grow with the rows.
    """
    records = {"cold": Record()}
    if replay:
        records["replay"] = Record()
    learners: dict[str, Learner] = {}
    for rows in batches:
        is_spam = np.array([row.label == "spam" for row in rows])
        slices = _slices(rows)
        features = model.features(rows)
        probability = np.asarray(model.score(features).probability)
        status = statuses(probability, model.bands)
        records["cold"].add(probability, status, is_spam, slices)
        if replay:
            # The cold record has just seen the sources, so both protocols share its names.
            known = records["cold"].slices["source"]
            sites = [slice_key(known, name) for name in slices["source"]]
            taught = _replay(model, learners, sites, features, rows)
            records["replay"].add(*taught[:2], is_spam, slices, taught[2])
        progress(len(rows))
    return records


def statuses(probability: NDArray[np.float64], bands: Bands) -> NDArray[np.int64]:
    """Return index into STATUSES by a site's bands; a threshold belongs to the stricter side."""
    edges = [bands.hold, bands.reject, bands.discard]
    return np.searchsorted(edges, probability, side="right")


def has_link(text: str) -> bool:
    """Say whether a text shows a web address."""
    lower = text.lower()
    return "http://" in lower or "https://" in lower or "www." in lower


def _slices(rows: Batch) -> dict[str, list[str]]:
    return {
        "source": [row.source or "(none)" for row in rows],
        "lang": [row.lang or "(none)" for row in rows],
        "link": ["with link" if has_link(row.text) else "without link" for row in rows],
    }


def _replay(
    model: Model,
    learners: dict[str, Learner],
    sites: list[str],
    features: FeatureBatch,
    rows: Batch,
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    probability = np.empty(len(rows))
    status = np.empty(len(rows), dtype=np.int64)
    learned = np.empty(len(rows), dtype=np.int64)
    for i, (site, row) in enumerate(zip(sites, rows, strict=True)):
        if site not in learners:
            learners[site] = Learner(model)
        learner = learners[site]
        one = features[i : i + 1]
        probability[i] = model.score(one, learner).probability[0]
        status[i] = statuses(probability[i : i + 1], learner.bands)[0]
        learned[i] = learner.position
        learner.learn(one, row.label)
    return probability, status, learned
