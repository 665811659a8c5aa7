"""Why a comment has its score: spans of its fields and signals, in logits."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import numpy as np
import numpy.typing as npt

from classifier import tally
from classifier.features.blocks import base_buckets
from classifier.features.emission import PLACE_CODE, PLACE_END, PLACE_FIELD, PLACE_START
from classifier.features.extract import extract_places
from classifier.features.fields import FIELDS, URL
from classifier.features.groups import SITE_WEIGHTS
from classifier.learner import Learner
from classifier.model import Model
from classifier.reasons import CODES
from classifier.row import Row
from classifier.scoring import (
    GROUP_BITS,
    REASON_BITS,
    SITE_MASK,
    site_size,
)

_SPAN_FIELDS = FIELDS[: URL + 1]


class Span(msgspec.Struct, frozen=True):
    """A run of code points of a field and what it adds to the logit."""

    field: str
    start: int
    end: int
    weight: float


class Explanation(msgspec.Struct, frozen=True):
    """The parts of a logit: spans, signals (code, weight) and the bias sum to it."""

    probability: float
    logit: float
    spans: list[Span]
    signals: list[tuple[str, float]]
    bias: float


def explain(model: Model, row: Row, learner: Learner | None = None) -> Explanation:
    """Return spans and signals of one row whose weights sum to its logit."""
    batch, places = extract_places(row)
    scores = model.score(batch, learner)
    weights, penalty = _weights(model, batch.codes, learner)
    spans, placed = _spans(batch.codes, weights, places)
    # A long text has a worst part, whatever stands in it.
    signals = {"length": -penalty} if penalty else {}
    for code, weight, done in zip(batch.codes, weights, placed, strict=True):
        if not done and weight != 0:
            name = CODES[(int(code) >> int(REASON_BITS)) & 0xFF]
            signals[name] = signals.get(name, 0.0) + float(weight)
    if scores.shifts[0] != 0:
        signals["repeat"] = float(scores.shifts[0])
    logit = float(scores.logit[0])
    bias = logit - sum(span.weight for span in spans) - sum(signals.values())
    ordered = sorted(signals.items(), key=lambda item: -abs(item[1]))
    return Explanation(float(scores.probability[0]), logit, spans, ordered, bias)


def _weights(
    model: Model, codes: npt.NDArray[np.uint32], learner: Learner | None
) -> tuple[npt.NDArray[np.float64], float]:
    """Return what each code adds to the logit, and what is taken off for reading a part."""
    groups = codes >> GROUP_BITS
    total: npt.NDArray[np.float64]
    factors, penalty = model.base_reading(codes)
    slope = model.slope_beside(learner)
    total = slope * factors * model.table[base_buckets(codes)]
    if learner is not None:
        site = SITE_WEIGHTS[groups]
        length = _length(site)
        scale = model.scale * site_size(length) / length
        total = total + scale * site * learner.table[codes & SITE_MASK]
        counted = np.empty(len(codes))
        tally.parts(codes, learner.tally, tally.GROUP_WEIGHTS, counted)
        total = total + counted
    return total, slope * penalty


def _length(weights: npt.NDArray[np.float64]) -> float:
    return float(np.sqrt((weights**2).sum())) or 1.0


def _spans(
    codes: npt.NDArray[np.uint32],
    weights: npt.NDArray[np.float64],
    places: npt.NDArray[np.int64],
) -> tuple[list[Span], npt.NDArray[np.bool_]]:
    """Share each code's weight among its places and the characters of each, then join runs."""
    buckets = (codes & SITE_MASK).astype(np.int64)
    visible = np.isin(places[:, PLACE_FIELD], range(len(_SPAN_FIELDS)))
    # A run may begin in what stands before a field when it is read: none of that is shown.
    visible &= (places[:, PLACE_START] >= 0) & (places[:, PLACE_END] > places[:, PLACE_START])
    places = places[visible]
    targets = places[:, PLACE_CODE] & int(SITE_MASK)
    counts = np.bincount(targets, minlength=1 << 16)
    hashed = np.isin(codes.astype(np.int64), places[:, PLACE_CODE])
    owner = np.full(1 << 16, -1)
    owner[buckets[hashed]] = np.flatnonzero(hashed)
    placed = hashed & (owner[buckets] == np.arange(len(codes)))
    spans = []
    for number, field in enumerate(_SPAN_FIELDS):
        own = places[places[:, PLACE_FIELD] == number]
        if len(own):
            spans += _field_spans(field, own, owner, counts, weights)
    return spans, placed


def _field_spans(
    field: str,
    places: npt.NDArray[np.int64],
    owner: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    weights: npt.NDArray[np.float64],
) -> list[Span]:
    """Spread weights evenly over the characters of their places; equal neighbours are one span."""
    size = int(places[:, PLACE_END].max())
    slope = np.zeros(size + 1)
    targets = places[:, PLACE_CODE] & int(SITE_MASK)
    each = np.where(owner[targets] >= 0, weights[owner[targets]] / counts[targets], 0.0)
    each /= places[:, PLACE_END] - places[:, PLACE_START]
    np.add.at(slope, places[:, PLACE_START], each)
    np.add.at(slope, places[:, PLACE_END], -each)
    density = np.cumsum(slope)[:size]
    edges = np.unique(np.concatenate([places[:, PLACE_START], places[:, PLACE_END]]))
    return [
        Span(field, a, b, float(density[a] * (b - a)))
        for a, b in pairwise(edges.tolist())
        if abs(density[a]) > 1e-12
    ]
