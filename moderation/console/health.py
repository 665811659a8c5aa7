"""Health: what one needs to know at night, without a word of any comment."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from flask import make_response, render_template, request
from msgspec import Struct

from moderation.console import charts, entering
from moderation.console.charts import Scale, Tick
from moderation.console.entering import runtime
from moderation.console.screens import screen
from moderation.domain.people import may
from moderation.domain.processes import Moment
from moderation.flow.sites import days as counted
from moderation.flow.sites import watching
from moderation.flow.sites.days import Mix

DAYS = (1, 14)
"""How far back the lines of time reach, in days."""
DAYS_OF_BARS = 14
LABELS_APART = 9.0
"""Percent of a plot's height that two labels beside it need."""
FEWEST_DRAWN = 3
"""The least that an axis of counts reaches: below it there would be half comments on it."""
FAULTS_SHOWN = 20


class Times(Struct, frozen=True):
    """The chart of how long checks took: ways of both lines, where they end, and the table."""

    axis: list[Tick]
    limit: float
    p50: str
    p99: str
    ends: tuple[float, float]
    rows: list[tuple[int, float | None, float | None]]
    first_ms: int
    last_ms: int
    training: tuple[float, int] | None


class Bar(Struct, frozen=True):
    """A day: where its bar stands, and the tops of its parts from the ground up."""

    mix: Mix
    x: float
    width: float
    approved: float
    held: float
    spam: float


class Bars(Struct, frozen=True):
    """The chart of verdicts by day; `labels` stand beside the last bar: spam, held, approved."""

    axis: list[Tick]
    days: list[Bar]
    labels: list[float]


@screen("/health", "viewer")
def page() -> Any:
    """Return the page: what is now, and what was in the last day, or in the last 14."""
    wanted = request.args.get("days", 1, type=int)
    span = wanted if wanted in DAYS else DAYS[0]
    seen, today = watching.seen(runtime()), watching.moments(runtime(), 1)
    moments = today if span == 1 else watching.moments(runtime(), span)
    faults = watching.faults(runtime())[:FAULTS_SHOWN]
    return render_template(
        "console/health/page.html",
        **_now(seen, today),
        span=span,
        times=times(moments, seen),
        bars=bars(counted.mixes(runtime(), DAYS_OF_BARS)),
        faults=faults if may(entering.user(), "administrator") else [],
        number_of_faults=len(faults),
    )


@screen("/health/now", "viewer")
def now() -> Any:
    """Return what is now, for a page that stays open; the same again costs no bytes."""
    return _kept_fresh("now")


@screen("/health/processes", "viewer")
def processes() -> Any:
    """Return the processes, for a page that stays open; the same again costs no bytes."""
    return _kept_fresh("processes")


def _kept_fresh(piece: str) -> Any:
    known = _now(watching.seen(runtime()), watching.moments(runtime(), 1))
    body = render_template(f"console/health/{piece}.html", **known)
    answer = make_response(body, {"Cache-Control": "private, no-cache"})
    answer.set_etag(sha256(body.encode()).hexdigest()[:32])
    return answer.make_conditional(request)


def _now(seen: watching.Seen, moments: Sequence[Moment]) -> dict[str, Any]:
    return {
        "seen": seen,
        "a_minute": _a_minute(seen),
        "p50": watching.check_seconds(seen.now, 0.5),
        "p99": watching.check_seconds(seen.now, 0.99),
        "failed": sum(moment.counts.get("failed", 0) for moment in moments),
        "models": sorted({process.model for process in seen.processes if process.model}),
        "bounds": watching,
        "sparks": {
            # The last stretch is not over: its counts would look like a fall.
            "comments": charts.spark([_comments(moment) for moment in moments[:-1]]),
            "waiting": charts.spark([moment.counts.get("waiting") for moment in moments]),
            "p99": charts.spark([watching.check_seconds(moment, 0.99) for moment in moments]),
            "held": charts.spark([moment.counts.get("held") for moment in moments]),
            "failed": charts.spark([moment.counts.get("failed", 0) for moment in moments]),
        },
    }


def _comments(moment: Moment) -> int:
    return moment.counts.get("checks", 0) + moment.counts.get("scored", 0)


def _a_minute(seen: watching.Seen) -> float:
    """Return how many comments came a minute in the quarter of an hour before this, and in it."""
    return _comments(seen.now) / max(1.0, (seen.at_ms - seen.now.at_ms) / 60_000)


def times(moments: Sequence[Moment], seen: watching.Seen) -> Times:
    """Return the chart of the times of checks."""
    rows = [
        (
            moment.at_ms,
            _ms(watching.check_seconds(moment, 0.5)),
            _ms(watching.check_seconds(moment, 0.99)),
        )
        for moment in moments
    ]
    limit = 1000 * watching.CHECK_SECONDS
    most = max([limit * 1.1, *(p99 for _, _, p99 in rows if p99 is not None)])
    scale, axis = charts.rising(most)
    low = charts.series([p50 for _, p50, _ in rows], scale)
    high = charts.series([p99 for _, _, p99 in rows], scale)
    ends = [next((p[1] for p in reversed(line) if p is not None), 100.0) for line in (high, low)]
    first, last = moments[0].at_ms, seen.at_ms
    job = seen.training
    began = job.started_ms if job is not None else 0
    return Times(
        axis=axis,
        limit=scale.at(limit),
        p50=charts.path(low),
        p99=charts.path(high),
        ends=(min(ends[0], ends[1] - LABELS_APART), ends[1]),
        rows=[row for row in rows if row[2] is not None][::-1],
        first_ms=first,
        last_ms=last,
        training=(Scale(first, last).at(began), began) if began > first else None,
    )


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(1000 * seconds, 1)


def bars(days: Sequence[Mix]) -> Bars:
    """Return the chart of verdicts by day."""
    scale, axis = charts.rising(max(FEWEST_DRAWN, *(mix.total for mix in days)))
    slot = 100 / len(days)
    made = [
        Bar(
            mix,
            round(slot * (n + 0.15), 2),
            round(slot * 0.7, 2),
            scale.at(mix.approved),
            scale.at(mix.approved + mix.held),
            scale.at(mix.total),
        )
        for n, mix in enumerate(days)
    ]
    last = made[-1]
    middles = [
        (last.spam + last.held) / 2, (last.held + last.approved) / 2, (last.approved + 100) / 2,
    ]  # fmt: skip
    return Bars(axis, made, charts.apart(middles, LABELS_APART))
