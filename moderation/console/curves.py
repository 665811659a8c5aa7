"""The two curves of a candidate beside the model in use: where their parts stand, for templates."""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

from moderation.console import charts
from moderation.console.charts import Point, Scale, Tick
from moderation.domain.reports import CalibrationPoint, Interval, RecallPoint, Report

LEAST_ROWS = 1
NARROW = 14.0
"""Percent of the plot's width below which a band's words stand beside it."""


class Ground(Struct, frozen=True):
    """A band of the candidate: from where to where on the recall axis, and its share of spam."""

    kind: str
    start: float
    width: float
    share: float


class PrecisionRecall(Struct, frozen=True):
    """Both lines, where the candidate's bands cut its own (round) and the current's (square), and
    the candidate's interval there: where across, its upper and its lower end."""

    across: list[Tick]
    up: list[Tick]
    candidate: str
    current: str
    round_marks: list[Point]
    square_marks: list[Point]
    intervals: list[tuple[float, float, float]]
    grounds: list[Ground]
    rows: list[tuple[float, float | None, float | None]]


class Bin(Struct, frozen=True):
    """A bin of the calibration curve: where its point stands, its interval, and its figures."""

    at: Point
    low: float
    high: float
    column: float
    score: float
    share: Interval
    rows: int


class Calibration(Struct, frozen=True):
    """Both lines and their bins."""

    up: list[Tick]
    across: list[Tick]
    candidate: str
    current: str
    candidate_bins: list[Bin]
    current_bins: list[Bin]


def precision_recall(found: Report) -> PrecisionRecall:
    """Return the chart of precision by recall, grounded by the candidate's bands."""
    lines = [_by_recall(c.precision_recall) for c in (found.candidate_curves, found.current_curves)]
    least = min((precision for line in lines for _, precision in line), default=0.5)
    floor = 10.0 * max(0, min(9, math.floor(10 * least)))
    across, up = Scale(0, 100), Scale(floor, 100, rises=True)
    paths = [charts.path([(across.at(100 * r), up.at(100 * p)) for r, p in line]) for line in lines]
    marks: list[list[Point]] = [[], []]
    grounds: list[Ground] = []
    if found.overall is not None:
        current, new = found.overall
        for number, treated in enumerate((new, current)):
            for recall in (treated.spam_rejected, treated.spam_caught):
                height = _precision_at(lines[number], recall)
                if height is not None:
                    marks[number].append((across.at(100 * recall), up.at(100 * height)))
        grounds = _grounds(100 * new.spam_rejected, 100 * new.spam_caught)
    rows = [
        (recall, _precision_at(lines[0], recall), _precision_at(lines[1], recall))
        for recall in (0.1, 0.25, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)
    ]
    return PrecisionRecall(
        across.ticks(20), up.ticks(10 if floor >= 50 else 20), paths[0], paths[1], marks[0],
        marks[1], _intervals(found, across, up), grounds, rows,
    )  # fmt: skip


def _intervals(found: Report, across: Scale, up: Scale) -> list[tuple[float, float, float]]:
    """Return how sure the candidate's precision is where its bands cut the curve."""
    points = found.candidate_curves.precision_recall
    if found.overall is None or not points:
        return []
    new = found.overall[1]
    shown = []
    for recall in (new.spam_rejected, new.spam_caught):
        nearest = min(points, key=lambda point: abs(point.recall.value - recall))
        precision = nearest.precision
        shown.append(
            (across.at(100 * recall), up.at(100 * precision.high), up.at(100 * precision.low))
        )
    return shown


def _by_recall(points: Sequence[RecallPoint]) -> list[tuple[float, float]]:
    # Of points at one recall the line comes by the most precise first.
    return sorted(
        ((point.recall.value, point.precision.value) for point in points),
        key=lambda p: (p[0], -p[1]),
    )


def _precision_at(line: Sequence[tuple[float, float]], recall: float) -> float | None:
    """Return the precision at a recall, between the nearest points; None beyond the last."""
    before: tuple[float, float] | None = None
    for at, precision in line:
        if at >= recall - 1e-9:
            if before is None or at <= before[0]:
                return precision
            share = (recall - before[0]) / (at - before[0])
            return before[1] + share * (precision - before[1])
        before = at, precision
    return None


def _grounds(rejected: float, caught: float) -> list[Ground]:
    edges = (0.0, rejected, max(rejected, caught), 100.0)
    return [
        Ground(kind, round(low, 2), round(high - low, 2), high - low)
        for kind, low, high in zip(("spam", "unsure", "fine"), edges, edges[1:], strict=False)
    ]


def calibration(found: Report) -> Calibration:
    """Return the chart of how often comments of a score were spam."""
    across, up = Scale(0, 100), Scale(0, 100, rises=True)
    both = [found.candidate_curves.calibration, found.current_curves.calibration]
    most = max((point.labels for point in both[0]), default=1)
    bins = [
        [_bin(point, most, across, up) for point in c if point.labels >= LEAST_ROWS] for c in both
    ]
    paths = [charts.path([one.at for one in line]) for line in bins]
    return Calibration(up.ticks(25), across.ticks(25), paths[0], paths[1], bins[0], bins[1])


def _bin(point: CalibrationPoint, most: int, across: Scale, up: Scale) -> Bin:
    score, share, rows = point.probability, point.spam_share, point.labels
    return Bin(
        at=(across.at(100 * score), up.at(100 * share.value)),
        low=up.at(100 * share.low),
        high=up.at(100 * share.high),
        column=round(15 * rows / most, 2),
        score=score,
        share=share,
        rows=rows,
    )
