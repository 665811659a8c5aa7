"""The line printed for a scored comment."""

from __future__ import annotations

from typing import Literal

import msgspec

from classifier import Bands

Status = Literal["approved", "held", "spam"]


class VerdictLine(msgspec.Struct, frozen=True):
    """What the bands make of a probability of spam."""

    score: float
    label: Literal["spam", "ham"]
    status: Status
    discard: bool


def verdict_line(probability: float, bands: Bands) -> VerdictLine:
    """Return the likelier label and the status by the bands; a threshold belongs to the stricter
    side.
    """
    status: Status = "approved"
    if probability >= bands.reject:
        status = "spam"
    elif probability >= bands.hold:
        status = "held"
    return VerdictLine(
        score=probability,
        label="spam" if probability >= 0.5 else "ham",
        status=status,
        discard=probability >= bands.discard,
    )
