"""What a feed says, in the score of a verdict and its reasons."""

from __future__ import annotations

from moderation.domain.feeds import (
    HEARD,
    HEARD_PEOPLE,
    HEARD_SITES,
    HEARD_WEIGHT,
    Heard,
    weighed,
)
from moderation.domain.verdicts import CAMPAIGN_ELSEWHERE, Verdict


def with_feed(
    score: float, reasons: list[tuple[str, float]], signals: dict[str, float] | None, heard: Heard
) -> tuple[float, list[tuple[str, float]], dict[str, float]]:
    """Return score, reasons and signals with what a feed says."""
    told = [*reasons, (CAMPAIGN_ELSEWHERE, round(heard.weight, 2))]
    told.sort(key=lambda one: -abs(one[1]))
    return (
        weighed(score, heard),
        told,
        {
            **(signals or {}),
            HEARD: float(heard.number),
            HEARD_SITES: float(heard.sites),
            HEARD_PEOPLE: float(heard.people),
            HEARD_WEIGHT: heard.weight,
        },
    )


def unheard(verdict: Verdict) -> tuple[float | None, list[tuple[str, float]]]:
    """Return score and reasons of a verdict as they were before a feed weighed in."""
    reasons = [one for one in verdict.reasons if one[0] != CAMPAIGN_ELSEWHERE]
    weight = verdict.signals.get(HEARD_WEIGHT)
    if verdict.score is None or weight is None:
        return verdict.score, reasons
    return weighed(verdict.score, Heard(0, -weight, 0, 0)), reasons
