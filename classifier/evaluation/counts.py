"""How many spam and ham rows have each score: what every metric here is computed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

MICRO = 1_000_000
"""Probabilities are rounded to 1e-6, so counting by millionths loses nothing."""


@dataclass(frozen=True)
class Counts:
    """Rows of each class at each distinct score; `value` ascends, all three have one length."""

    value: NDArray[np.float64]
    spam: NDArray[np.int64]
    ham: NDArray[np.int64]

    @classmethod
    def of(cls, scores: ArrayLike, is_spam: ArrayLike) -> Counts:
        """Count scores of any scale exactly; `is_spam` is a boolean of the same length."""
        score = np.asarray(scores, dtype=np.float64)
        spam = np.asarray(is_spam, dtype=bool)
        if score.shape != spam.shape:
            raise ValueError("scores and labels differ in length")
        value, place = np.unique(score, return_inverse=True)
        return cls(
            value,
            np.bincount(place[spam], minlength=len(value)).astype(np.int64),
            np.bincount(place[~spam], minlength=len(value)).astype(np.int64),
        )

    @property
    def n_spam(self) -> int:
        """Rows labelled spam."""
        return int(self.spam.sum())

    @property
    def n_ham(self) -> int:
        """Rows labelled ham."""
        return int(self.ham.sum())


class Tally:
    """Counts probabilities as they stream by, exactly and in 8 MB however many rows come.

    The table is allocated untouched, so a tally of few distinct scores takes few pages.
    """

    def __init__(self) -> None:
        self._table = np.zeros((2, MICRO + 1), dtype=np.uint32)

    def add(self, probability: ArrayLike, is_spam: ArrayLike) -> None:
        """Count rows; probabilities lie in 0..1 and are rounded to 1e-6."""
        micro = np.rint(np.asarray(probability, dtype=np.float64) * MICRO).astype(np.int64)
        kind = np.asarray(is_spam, dtype=bool).astype(np.int64)
        np.add.at(self._table, (kind, micro), 1)

    def counts(self) -> Counts:
        """Return the counts so far."""
        seen = np.flatnonzero(self._table.any(axis=0))
        ham, spam = self._table[:, seen].astype(np.int64)
        return Counts(seen / MICRO, spam, ham)
