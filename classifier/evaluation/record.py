"""What an evaluation counts while rows stream by: overall, by slice, by learning position."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.evaluation.counts import Counts, Tally

STATUSES = ("approved", "held", "spam", "discard")
CURVE_EDGES = (0, 10, 25, 50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600)
"""Labels learned before the rows of each point of the learning curve."""
MANY = 20
"""Values of a slice told apart; later ones count as (other), so memory stays bounded."""
OTHER = "(other)"


class Part:
    """Counts of one set of rows: the score's distribution and the statuses by class."""

    def __init__(self) -> None:
        self._tally = Tally()
        self.statuses: NDArray[np.int64] = np.zeros((2, len(STATUSES)), dtype=np.int64)

    def add(
        self,
        probability: NDArray[np.float64],
        status: NDArray[np.int64],
        is_spam: NDArray[np.bool_],
    ) -> None:
        """Count rows; `status` indexes STATUSES."""
        self._tally.add(probability, is_spam)
        np.add.at(self.statuses, (is_spam.astype(np.int64), status), 1)

    def counts(self) -> Counts:
        """Return the distribution so far."""
        return self._tally.counts()


class Record:
    """All that one protocol (cold or replay) counts."""

    def __init__(self) -> None:
        self.all = Part()
        self.after_50 = Part()
        self.curve: dict[int, Part] = {}
        self.slices: dict[str, dict[str, Part]] = {"source": {}, "lang": {}, "link": {}}

    def add(
        self,
        probability: NDArray[np.float64],
        status: NDArray[np.int64],
        is_spam: NDArray[np.bool_],
        values: dict[str, list[str]],
        learned: NDArray[np.int64] | None = None,
    ) -> None:
        """Count a batch; `values` has a name a row for each slice, `learned` labels before each."""
        self.all.add(probability, status, is_spam)
        for slice_name, names in values.items():
            for name, chosen in _chosen(names).items():
                part = part_of(self.slices[slice_name], name)
                part.add(probability[chosen], status[chosen], is_spam[chosen])
        if learned is None:
            return
        late = learned >= 50
        self.after_50.add(probability[late], status[late], is_spam[late])
        point = np.searchsorted(CURVE_EDGES, learned, side="right") - 1
        for i in np.unique(point):
            chosen = point == i
            part = self.curve.setdefault(int(CURVE_EDGES[i]), Part())
            part.add(probability[chosen], status[chosen], is_spam[chosen])


def slice_key(known: dict[str, Part], name: str) -> str:
    """Return the name under which a value is counted."""
    return name if name in known or len(known) < MANY else OTHER


def part_of(known: dict[str, Part], name: str) -> Part:
    """Return the part that counts a value of a slice, made on first sight."""
    return known.setdefault(slice_key(known, name), Part())


def _chosen(names: Sequence[str]) -> dict[str, NDArray[np.bool_]]:
    array = np.array(names, dtype=object)
    return {name: array == name for name in dict.fromkeys(names)}
