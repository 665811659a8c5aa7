"""What is known of a candidate: what it would change, with the uncertainty of each figure."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from moderation.domain.gate import Refusal, Treated
from moderation.domain.verdicts import Label, VerdictStatus


class Interval(Struct, frozen=True):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


class Figure(Struct, frozen=True):
    """A figure in words, of the model in use and of the candidate."""

    name: str
    text: str
    current: Interval
    candidate: Interval


class Slice(Struct, frozen=True):
    """What both models do to a part of the held-back labels: shares, and figures in words."""

    by: Literal["site", "language", "link"]
    value: str
    current: Treated
    candidate: Treated
    figures: list[Figure] = []


class Flip(Struct, frozen=True):
    """A held-back label that the two models treat differently, with the score of each."""

    site: str
    comment: str
    label: Label
    current: VerdictStatus
    candidate: VerdictStatus
    current_score: float = 0.0
    candidate_score: float = 0.0


class Disagreement(Struct, frozen=True):
    """A live comment that the model in use and a candidate treat differently."""

    site: str
    comment: str
    current: VerdictStatus
    candidate: VerdictStatus
    current_score: float
    candidate_score: float


class RecallPoint(Struct, frozen=True):
    """Precision and recall of spam where everything from a probability on counts as spam."""

    threshold: float
    precision: Interval
    recall: Interval


class CalibrationPoint(Struct, frozen=True):
    """Labels of about the same probability of spam: its mean, the share of spam, how many."""

    probability: float
    spam_share: Interval
    labels: int


class Curves(Struct, frozen=True):
    """Points of a model, to be drawn in their order: precision by recall from the highest threshold
    down, and the share of spam by probability from the lowest up."""

    precision_recall: list[RecallPoint]
    calibration: list[CalibrationPoint]


class Report(Struct, frozen=True):
    """How a candidate was judged beside the model in use.

    Both learned without the `held_back` labels and without the `near_duplicates` of them.
    `better` and `worse` count labels that the candidate treats otherwise; at most so many of each
    are listed. `stricter` and `milder` count them by direction: of good comments, of spam.
    `overall` is what both models do to all of them, `untaught` the same where no site had taught
    anything. `audited` are the figures by comments that
    were drawn at random alone, each weighted by the inverse of its probability; none where too few
    were. `refusals` speak against it.
    """

    candidate: str
    current: str
    made_ms: int
    learned: int
    held_back: int
    near_duplicates: int
    comments_a_day: float
    figures: list[Figure]
    audited: list[Figure]
    current_curves: Curves
    candidate_curves: Curves
    slices: list[Slice]
    better: int
    worse: int
    flips: list[Flip]
    refusals: list[Refusal]
    stricter: tuple[int, int] = (0, 0)
    milder: tuple[int, int] = (0, 0)
    overall: tuple[Treated, Treated] | None = None
    untaught: tuple[Treated, Treated] | None = None
