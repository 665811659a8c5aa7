"""Where the parts of a chart stand, in percent of its plot: it is as wide as there is room.

Templates draw them as SVG; the same figures stand in a table beside each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct

Point = tuple[float, float]
"""Right and down from the upper left corner, 0..100 each."""


class Tick(Struct, frozen=True):
    """A line of the grid: where it stands, and the value that it stands for."""

    at: float
    value: float


class Scale(Struct, frozen=True):
    """Values along an axis, by percent of its length; upwards where it `rises`."""

    low: float
    high: float
    rises: bool = False

    def at(self, value: float) -> float:
        """Return where a value stands, at an end where it lies beyond."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.0
        place = 100 * min(1.0, max(0.0, share))
        return round(100 - place if self.rises else place, 2)

    def ticks(self, step: float) -> list[Tick]:
        """Return ticks at the multiples of a step."""
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [Tick(self.at(n * step), n * step) for n in range(first, last + 1)]


def step_for(span: float, ticks: int = 4) -> float:
    """Return a round step (1, 2 or 5 times a power of ten) by which a span has about so many."""
    if span <= 0:
        return 1.0
    rough = span / ticks
    power = 10 ** math.floor(math.log10(rough))
    return float(next(power * n for n in (1, 2, 5, 10) if power * n >= rough * 0.999))


def rising(most: float, ticks: int = 3) -> tuple[Scale, list[Tick]]:
    """Return an axis from zero to a round number that has room for a value, with its ticks."""
    step = step_for(max(most, 1e-9), ticks)
    scale = Scale(0.0, step * max(1, math.ceil(most / step - 1e-9)), rises=True)
    return scale, scale.ticks(step)


def path(points: Sequence[Point | None]) -> str:
    """Return the way of a line through points; it is broken where one is missing."""
    words: list[str] = []
    pen = False
    for point in points:
        if point is not None:
            # A line of no length is drawn as a dot, so that a lone point is seen too.
            words.append(f"{'L' if pen else 'M'}{point[0]:.2f} {point[1]:.2f}{'' if pen else 'h0'}")
        pen = point is not None
    return "".join(words)


def series(values: Sequence[float | None], scale: Scale) -> list[Point | None]:
    """Return values at equal distances as points."""
    along = Scale(0, max(1, len(values) - 1))
    return [
        None if value is None else (along.at(n), scale.at(value)) for n, value in enumerate(values)
    ]


def spark(values: Sequence[float | None]) -> str:
    """Return a small line without an axis, from zero to the most."""
    most = max((value for value in values if value is not None), default=0.0)
    return path(series(values, Scale(0.0, most or 1.0, rises=True)))


def apart(places: Sequence[float], least: float) -> list[float]:
    """Return places for labels near the wanted ones, each at least so far below the one before."""
    found: list[float] = []
    for place in places:
        found.append(max(place, found[-1] + least) if found else place)
    over = found[-1] - 100 if found else 0
    return [place - max(0.0, over) for place in found]
