"""Line plots as inline SVG, drawn here so that a report needs neither script nor network."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape

Point = tuple[float, float]

WIDTH, HEIGHT = 460, 340
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 16, 52
COLOURS = ("#1f6feb", "#d1570a", "#1a7f37", "#8250df")


@dataclass
class Axis:
    """One axis: its title, its range, the places of its ticks, and whether it is logarithmic."""

    title: str
    low: float = 0.0
    high: float = 1.0
    ticks: Sequence[float] = (0, 0.2, 0.4, 0.6, 0.8, 1)
    log: bool = False

    def place(self, value: float) -> float:
        """Return where a value lies, 0 at the low end and 1 at the high end; outside values are
        cut.
        """
        low, high, at = self.low, self.high, min(max(value, self.low), self.high)
        if self.log:
            low, high, at = math.log(low), math.log(high), math.log(at)
        return (at - low) / (high - low)


@dataclass
class Plot:
    """A plot under construction; every text given to it is escaped."""

    title: str
    x: Axis
    y: Axis
    _shapes: list[str] = field(default_factory=list)
    _legend: list[tuple[str, str]] = field(default_factory=list)

    def line(
        self, points: Sequence[Point], name: str, *, dots: bool = False, weights: Sequence[int] = ()
    ) -> None:
        """Add a named line; `dots` marks its points, with areas by `weights` where given."""
        colour = COLOURS[len(self._legend) % len(COLOURS)]
        self._legend.append((colour, name))
        path = " ".join(f"{self._x(x):.1f},{self._y(y):.1f}" for x, y in points)
        if len(points) > 1:
            self._shapes.append(
                f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
            )
        if dots or len(points) == 1:
            heaviest = max(weights, default=1)
            for i, (x, y) in enumerate(points):
                radius = 1.5 + 5.5 * math.sqrt(weights[i] / heaviest) if weights else 3
                self._shapes.append(
                    f'<circle cx="{self._x(x):.1f}" cy="{self._y(y):.1f}" r="{radius:.1f}"'
                    f' fill="{colour}"/>'
                )

    def diagonal(self) -> None:
        """Add the dashed line from the low corner to the high corner."""
        self._shapes.append(
            f'<line x1="{LEFT}" y1="{HEIGHT - BOTTOM}" x2="{WIDTH - RIGHT}" y2="{TOP}"'
            ' stroke="currentColor" stroke-dasharray="4 4" opacity="0.5"/>'
        )

    def marker(self, point: Point, label: str, step: int) -> None:
        """Add a diamond; its label stands lower with each step, so that near ones stay legible."""
        x, y = self._x(point[0]), self._y(point[1])
        down = y + 24 + 20 * step
        self._shapes.append(
            f'<path d="M{x:.1f} {y - 5:.1f}l5 5l-5 5l-5 -5z" fill="currentColor"/>'
            f'<path d="M{x:.1f} {y:.1f}V{down - 4:.1f}h-8" fill="none" stroke="currentColor"/>'
            f'<text x="{x - 12:.1f}" y="{down:.1f}" text-anchor="end">{escape(label)}</text>'
        )

    def svg(self) -> str:
        """Return the finished drawing."""
        name = escape(self.title)
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT + 20 * len(self._legend)}" role="img"'
            f' aria-label="{name}"><title>{name}</title>'
            + self._frame()
            + "".join(self._shapes)
            + self._key()
            + "</svg>"
        )

    def _x(self, value: float) -> float:
        return LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)

    def _y(self, value: float) -> float:
        return HEIGHT - BOTTOM - self.y.place(value) * (HEIGHT - TOP - BOTTOM)

    def _frame(self) -> str:
        floor = HEIGHT - BOTTOM
        parts = []
        for tick in self.x.ticks:
            at = self._x(tick)
            parts.append(
                f'<line x1="{at:.1f}" y1="{TOP}" x2="{at:.1f}" y2="{floor}" class="grid"/>'
                f'<text x="{at:.1f}" y="{floor + 18}" text-anchor="middle">{tick:g}</text>'
            )
        for tick in self.y.ticks:
            at = self._y(tick)
            parts.append(
                f'<line x1="{LEFT}" y1="{at:.1f}" x2="{WIDTH - RIGHT}" y2="{at:.1f}" class="grid"/>'
                f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{tick:g}</text>'
            )
        middle_x, middle_y = (LEFT + WIDTH - RIGHT) / 2, (TOP + floor) / 2
        parts.append(
            f'<text x="{middle_x}" y="{floor + 38}" text-anchor="middle">{escape(self.x.title)}'
            f'</text><text transform="translate(14 {middle_y}) rotate(-90)"'
            f' text-anchor="middle">{escape(self.y.title)}</text>'
        )
        return "".join(parts)

    def _key(self) -> str:
        return "".join(
            f'<rect x="{LEFT}" y="{HEIGHT + 20 * i - 6}" width="14" height="4" fill="{colour}"/>'
            f'<text x="{LEFT + 20}" y="{HEIGHT + 20 * i}">{escape(name)}</text>'
            for i, (colour, name) in enumerate(self._legend)
        )
