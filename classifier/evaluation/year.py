"""A blog's year: what visitors saw, what was lost and what a person was asked, week by week."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta
from html import escape
from typing import Any

from classifier import LabelledRow, Model
from classifier.evaluation.regimes import REGIMES
from classifier.evaluation.site import Played, Site
from classifier.evaluation.streams import by_date

Figures = dict[str, Any]
BLOGS = ("someweekendreading_pr", "julien731_pr", "eduardoboucas_blog")
"""Blogs with comments of both kinds, their authors and dates."""
WEEKS = 52
KINDS = {
    "seen": ("spam that visitors saw", "#d1570a"),
    "lost": ("good comments lost", "#b3123a"),
    "asked": ("comments that a person was asked about", "#1f6feb"),
}

_WIDTH, _LEFT, _BAR = 760, 44, 13
_BAND, _GAP = 96, 62


def year_figures(model: Model, rows: Sequence[LabelledRow], seed: int = 0) -> Figures:
    """Return a blog's busiest year, taught from its first comment on.

    People label as in `console`. `weeks` has how many comments each week brought and, of `KINDS`,
    how many; a good comment is lost if it was rejected and nobody found it. `per_1000` are the
    sums of the year per 1,000 comments. The model must not have seen the rows.
    """
    dated = by_date([row for row in rows if row.date])
    first, chosen = _busiest(dated)
    features = model.features(chosen)
    site = Site(model, REGIMES["console"], seed)
    weeks = [dict.fromkeys(("comments", "spam", *KINDS), 0) for _ in range(WEEKS)]
    for i, row in enumerate(chosen):
        played = site.play(features[i : i + 1], row.label)
        week = weeks[(_time(row) - first).days // 7]
        week["comments"] += 1
        week["spam"] += row.label == "spam"
        for kind in _kinds(row.label, played):
            week[kind] += 1
    total = len(chosen)
    per_1000 = {kind: 1000 * sum(week[kind] for week in weeks) / total for kind in KINDS}
    spam = sum(week["spam"] for week in weeks)
    return {
        "from": f"{first:%Y-%m-%d}", "comments": total, "spam": spam,
        "per_1000": per_1000, "weeks": weeks,
    }  # fmt: skip


def _kinds(label: str, played: Played) -> list[str]:
    """Return what a comment counts as, of `KINDS`."""
    found = []
    if label == "spam" and played.status == "approved":
        found.append("seen")
    if label == "ham" and played.status == "spam" and played.taught is None:
        found.append("lost")
    if played.status == "held":
        found.append("asked")
    return found


def _time(row: LabelledRow) -> datetime:
    return datetime.fromisoformat(row.date).replace(tzinfo=None)


def _busiest(rows: Sequence[LabelledRow]) -> tuple[datetime, Sequence[LabelledRow]]:
    """Return where the year with the most comments begins, and its rows, which are by date."""
    times = [_time(row) for row in rows]
    ends = [bisect_left(times, time + timedelta(weeks=WEEKS)) for time in times]
    begin = max(range(len(rows)), key=lambda at: ends[at] - at)
    return times[begin], rows[begin : ends[begin]]


def year_picture(figures: Figures) -> str:
    """Return the years of all blogs as one SVG: a row of bars a week for each of `KINDS`."""
    height = len(figures) * (_BAND + _GAP) + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img"'
        ' aria-labelledby="title" font-family="system-ui, sans-serif" font-size="12">'
        '<title id="title">A year of each of three blogs, week by week</title>'
        "<style>text{fill:#1f2328}.axis{stroke:#8c959f}"
        "@media(prefers-color-scheme:dark){text{fill:#e6edf3}}</style>"
    ]
    for place, (name, found) in enumerate(figures.items()):
        parts.append(_blog(name, found, place * (_BAND + _GAP)))
    for i, (title, colour) in enumerate(KINDS.values()):
        x = _LEFT + 200 * i
        parts.append(
            f'<rect x="{x}" y="{height - 20}" width="10" height="10" fill="{colour}"/>'
            f'<text x="{x + 15}" y="{height - 11}">{escape(title)}</text>'
        )
    return "".join(parts) + "</svg>\n"


def _blog(name: str, found: Figures, top: int) -> str:
    """Return one blog's bars, each a week's count per 1,000 comments of the year."""
    per_1000, weeks = found["per_1000"], found["weeks"]
    floor = top + 34 + _BAND
    highest = max(1, *(sum(week[kind] for kind in KINDS) for week in weeks))
    said = ", ".join(f"{per_1000[kind]:.1f} {title}" for kind, (title, _) in KINDS.items())
    scale = 1000 * highest / found["comments"]
    parts = [
        f'<text x="{_LEFT}" y="{top + 14}" font-weight="600">{escape(name)}, the year from'
        f" {escape(found['from'])}: {found['comments']:,} comments, {found['spam']:,} of them"
        f' spam</text><text x="{_LEFT}" y="{top + 30}">of 1,000: {escape(said)}</text>'
        f'<text x="{_LEFT - 6}" y="{top + 46}" text-anchor="end">{scale:.1f}</text>'
        f'<text x="{_LEFT - 6}" y="{floor}" text-anchor="end">0</text>'
        f'<line class="axis" x1="{_LEFT}" x2="{_LEFT + WEEKS * _BAR}" y1="{floor}" y2="{floor}"/>'
    ]
    for number, week in enumerate(weeks):
        y = float(floor)
        for kind, (_, colour) in KINDS.items():
            size = week[kind] * (_BAND - 8) / highest
            y -= size
            if size:
                parts.append(
                    f'<rect x="{_LEFT + number * _BAR}" y="{y:.1f}" width="{_BAR - 3}"'
                    f' height="{size:.1f}" fill="{colour}"/>'
                )
    return "".join(parts)
