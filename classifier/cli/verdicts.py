"""The line printed for a scored comment."""

from __future__ import annotations

from typing import Literal

import msgspec

from classifier import Bands
from classifier.bands import Status


class VerdictLine(msgspec.Struct, frozen=True):
    """What the bands make of a probability of spam."""

    score: float
    label: Literal["spam", "ham"]
    status: Status
    discard: bool


class TaughtLine(VerdictLine, frozen=True):
    """A verdict, and the label that was given to the comment after it, if any."""

    taught: Literal["spam", "ham"] | None


def verdict_line(probability: float, bands: Bands) -> VerdictLine:
    """Return the likelier label and the status by the bands."""
    return VerdictLine(
        score=probability,
        label="spam" if probability >= 0.5 else "ham",
        status=bands.status(probability),
        discard=probability >= bands.discard,
    )
