"""A verdict as it goes out: the machine's word, with its reasons in plain words."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from moderation.domain import verdicts
from moderation.domain.bands import Band
from moderation.domain.verdicts import DecidedBy, Label
from moderation.flow.comments.reasons import ENGLISH

Names = frozenset[str]
NO_NAMES: Names = frozenset()

Score = Annotated[float, Meta(ge=0, le=1)]


class Reason(Struct, frozen=True):
    """Why the score is what it is."""

    code: str
    """Names the reason; it does not change."""
    text: str
    """The reason in plain words."""
    weight: float
    """In logits, above 0 towards spam."""


class Verdict(Struct, frozen=True):
    """The machine's word on a comment."""

    label: Label
    """The likelier side."""
    status: Literal["approved", "held", "spam"]
    """What the site's bands and rules make of it."""
    score: Score | None
    """The probability of spam; null where nothing was scored."""
    band: Band | None
    """The score in words, by the thresholds of its time; null where nothing was scored."""
    discard: bool
    """Whether it is blatant spam."""
    reasons: list[Reason]
    """What moved the score most, or the rule that decided; at most five."""
    model: str
    """What scored it; empty where nothing did."""
    policy: int
    """The revision of the site's settings that it was judged by."""
    signals: dict[str, float]
    """The stateful values that were used, by their names."""
    decided_by: DecidedBy
    """What gave the verdict."""
    model_withdrawn: bool
    """Whether its model had learned from somebody who was erased since: that is not used again, and
    the score cannot be made again."""


class EarlierVerdict(Struct, frozen=True):
    """What a comment was judged before: a held one is judged anew after another model was put to
    use."""

    label: Label
    """The likelier side."""
    status: Literal["approved", "held", "spam"]
    """What the site's bands and rules made of it."""
    score: Score | None
    """The probability of spam; null where nothing was scored."""
    model: str
    """What scored it; empty where nothing did."""
    policy: int
    """The revision of the site's settings that it was judged by."""
    decided_by: DecidedBy
    """What gave the verdict."""
    model_withdrawn: bool
    """Whether its model had learned from somebody who was erased since: that is not used again, and
    the score cannot be made again."""


def verdict_out(verdict: verdicts.Verdict, withdrawn: Names = NO_NAMES) -> Verdict:
    """Return a verdict with its reasons in words; `withdrawn` are the models that are."""
    return Verdict(
        verdict.label,
        verdict.status,
        verdict.score,
        verdict.band,
        verdict.discard,
        [Reason(code, ENGLISH.full(verdict, code), weight) for code, weight in verdict.reasons],
        verdict.model,
        verdict.policy,
        verdict.signals,
        verdict.decided_by,
        _withdrawn(verdict, withdrawn),
    )


def _withdrawn(verdict: verdicts.Verdict, withdrawn: Names) -> bool:
    return bool(withdrawn) and verdict.model.partition("+")[0] in withdrawn


def earlier_out(verdict: verdicts.Verdict | None, withdrawn: Names) -> list[EarlierVerdict]:
    """Return what a comment was judged before, the oldest first."""
    return [
        EarlierVerdict(
            one.label,
            one.status,
            one.score,
            one.model,
            one.policy,
            one.decided_by,
            _withdrawn(one, withdrawn),
        )
        for one in (verdict.earlier if verdict else ())
    ]
