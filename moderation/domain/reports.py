"""What is known of a candidate: what it would change, with the uncertainty of each figure."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from moderation.domain.gate import Refusal, Treated
from moderation.domain.verdicts import Label, VerdictStatus


class Interval(Struct, frozen=True):
    """A figure with its 95 % interval."""

    value: float
    """The figure."""
    low: float
    """The lower end of the interval."""
    high: float
    """The upper end of the interval."""


class Figure(Struct, frozen=True):
    """A figure in words, of the model in use and of the candidate."""

    name: str
    """Names the figure."""
    text: str
    """The figure in words."""
    current: Interval
    """That of the model in use."""
    candidate: Interval
    """That of the candidate."""


class Slice(Struct, frozen=True):
    """What both models do to a part of the held-back labels: shares, and figures in words."""

    by: Literal["site", "language", "link"]
    """What the labels were parted by."""
    value: str
    """Which part it is."""
    current: Treated
    """What the model in use does to it."""
    candidate: Treated
    """What the candidate does to it."""
    figures: list[Figure] = []
    """The same in words."""


class Flip(Struct, frozen=True):
    """A held-back label that the two models treat differently, with the score of each."""

    site: str
    """The site of the comment."""
    comment: str
    """The id of the comment."""
    label: Label
    """What people say that it is."""
    current: VerdictStatus
    """What the model in use makes of it."""
    candidate: VerdictStatus
    """What the candidate makes of it."""
    current_score: float = 0.0
    """The score by the model in use."""
    candidate_score: float = 0.0
    """The score by the candidate."""


class Disagreement(Struct, frozen=True):
    """A live comment that the model in use and a candidate treat differently."""

    site: str
    """The site of the comment."""
    comment: str
    """The id of the comment."""
    current: VerdictStatus
    """What the model in use makes of it."""
    candidate: VerdictStatus
    """What the candidate makes of it."""
    current_score: float
    """The score by the model in use."""
    candidate_score: float
    """The score by the candidate."""


class RecallPoint(Struct, frozen=True):
    """Precision and recall of spam where everything from a probability on counts as spam."""

    threshold: float
    """The probability from which everything counts as spam."""
    precision: Interval
    """Of what counts as spam, the share that is."""
    recall: Interval
    """Of what is spam, the share that counts as it."""


class CalibrationPoint(Struct, frozen=True):
    """Labels of about the same probability of spam: its mean, the share of spam, how many."""

    probability: float
    """The mean of their probabilities of spam."""
    spam_share: Interval
    """The share of them that is spam."""
    labels: int
    """How many they are."""


class Curves(Struct, frozen=True):
    """Points of a model, to be drawn in their order: precision by recall from the highest threshold
    down, and the share of spam by probability from the lowest up."""

    precision_recall: list[RecallPoint]
    """Points from the highest threshold down."""
    calibration: list[CalibrationPoint]
    """Points from the lowest probability up."""


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
    """The model that was judged."""
    current: str
    """The model in use then."""
    made_ms: int
    """When, in milliseconds since 1970."""
    learned: int
    """Labels that both learned."""
    held_back: int
    """Labels that neither learned, which both were judged by."""
    near_duplicates: int
    """Labels left out because they are nearly the same as held-back ones."""
    comments_a_day: float
    """Comments that the installation gets in a day."""
    figures: list[Figure]
    """Figures by all held-back labels."""
    audited: list[Figure]
    """Figures by comments drawn at random alone, each weighted by the inverse of its probability;
    empty where too few were."""
    current_curves: Curves
    """Curves of the model in use."""
    candidate_curves: Curves
    """Curves of the candidate."""
    slices: list[Slice]
    """What both do to parts of the labels."""
    better: int
    """Labels that the candidate treats better."""
    worse: int
    """Labels that the candidate treats worse."""
    flips: list[Flip]
    """Labels that the two treat differently; at most so many are listed."""
    refusals: list[Refusal]
    """Rules that speak against the candidate."""
    stricter: tuple[int, int] = (0, 0)
    """Labels that the candidate treats more strictly: of ham, of spam."""
    milder: tuple[int, int] = (0, 0)
    """Labels that the candidate treats more mildly: of ham, of spam."""
    overall: tuple[Treated, Treated] | None = None
    """What the model in use and the candidate do to all held-back labels; null in older reports."""
    untaught: tuple[Treated, Treated] | None = None
    """The same where no site had taught anything; null in older reports."""
