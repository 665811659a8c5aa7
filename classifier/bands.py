"""Bands: the probabilities from which a comment is held, rejected, discarded."""

from __future__ import annotations

from typing import Literal

import msgspec

Status = Literal["approved", "held", "spam"]


class Bands(msgspec.Struct, frozen=True):
    """Thresholds of the calibrated probability: 0 < hold <= reject <= discard <= 1."""

    hold: float
    reject: float
    discard: float

    def __post_init__(self) -> None:
        if not 0 < self.hold <= self.reject <= self.discard <= 1:
            raise ValueError("bands must satisfy 0 < hold <= reject <= discard <= 1")

    def status(self, probability: float) -> Status:
        """Return what becomes of a comment; a threshold belongs to the stricter side."""
        if probability >= self.reject:
            return "spam"
        return "held" if probability >= self.hold else "approved"
