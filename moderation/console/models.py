"""Models: a candidate beside the model in use, from the answer down to every version."""

from __future__ import annotations

from typing import Any, Literal

from babel.core import Locale, UnknownLocaleError
from flask import render_template, request
from msgspec import Struct

from moderation.console import curves, entering
from moderation.console.entering import runtime
from moderation.console.language import _, language
from moderation.console.screens import screen
from moderation.domain.errors import NotFound
from moderation.domain.reports import Figure, Report, Slice
from moderation.flow.models import showing
from moderation.flow.models.showing import Known, Version

FLIPS_SHOWN, SLICES_SHOWN = 4, 12
DIRECTIONS = ("stricter", "milder")
SAME = 0.05
"""A difference below this is written as no change."""

Trend = Literal["better", "worse", "same"]


class Row(Struct, frozen=True):
    """A figure of both models, and what came of it: fewer is better in all of them."""

    figure: Figure
    change: float
    trend: Trend


@screen("/models", "viewer")
def page() -> str:
    """Return the newest candidate beside the model in use; where none waits, the one in use."""
    known = showing.versions(runtime())
    waiting = (one for one in known.versions if one.state in ("candidate", "refused", "unjudged"))
    return _page(known, next(waiting, None))


@screen("/models/<name>", "viewer")
def one(name: str) -> str:
    """Return one version beside the model that it was judged with."""
    known = showing.versions(runtime())
    found = known.version(name)
    if found is None:
        raise NotFound("there is no model of this name")
    return _page(known, found)


@screen("/models/<name>/flips", "viewer")
def flips(name: str) -> str:
    """Return the comments that a candidate would treat more strictly, or more mildly."""
    wanted = request.args.get("direction", DIRECTIONS[0])
    direction = wanted if wanted in DIRECTIONS else DIRECTIONS[0]
    found = showing.report_of(runtime(), name)
    if found is None:
        raise NotFound("this model was not judged yet")
    listed = showing.flips(found, direction, entering.my_sites())  # type: ignore[arg-type]
    return render_template(
        "console/models/flips.html",
        name=name,
        report=found,
        way=direction,
        shown=showing.with_comments(runtime(), listed),
    )


def _page(known: Known, chosen: Version | None) -> str:
    name = chosen.snapshot.name if chosen else known.in_use.name
    found = showing.report_of(runtime(), name)
    shadow = showing.shadow_of(runtime(), name)
    return render_template(
        "console/models/page.html",
        known=known,
        chosen=chosen,
        report=found,
        job=showing.work(runtime()),
        anew=showing.rescoring_of(runtime()),
        shadow=shadow,
        done=request.args.get("done", ""),
        **(_judged(found) if found else {}),
        seen={d: _mine(getattr(shadow, d)) for d in DIRECTIONS} if shadow else {},
    )


def _judged(found: Report) -> dict[str, Any]:
    return {
        "rows": [_row(figure) for figure in _in_order(found.figures)],
        "audited": [_row(figure) for figure in _in_order(found.audited)],
        "gain": gain(found),
        "curve": curves.precision_recall(found),
        "calibration": curves.calibration(found),
        "flips": {direction: _first_flips(found, direction) for direction in DIRECTIONS},
        "rules": showing.rules(runtime(), found),
        "slices": _slices(found),
    }


_ORDER = ("held", "ham_rejected", "ham_held", "spam_through_a_day", "spam_through")


def _in_order(figures: list[Figure]) -> list[Figure]:
    return sorted((f for f in figures if f.name in _ORDER), key=lambda f: _ORDER.index(f.name))


def _row(figure: Figure) -> Row:
    change = figure.candidate.value - figure.current.value
    trend: Trend = "same" if abs(change) < SAME else "better" if change < 0 else "worse"
    return Row(figure, change, trend)


def gain(found: Report) -> tuple[Trend, Trend]:
    """Return what becomes of the spam that is caught, and of the good comments that are lost."""
    rows = {figure.name: _row(figure).trend for figure in found.figures}
    return rows.get("spam_through", "same"), rows.get("ham_rejected", "same")


def _first_flips(found: Report, direction: str) -> dict[str, Any]:
    mine = showing.flips(found, direction, entering.my_sites())  # type: ignore[arg-type]
    good, spam = getattr(found, direction)
    return {
        "good": good,
        "spam": spam,
        "shown": showing.with_comments(runtime(), mine[:FLIPS_SHOWN]),
        "more": len(mine) > FLIPS_SHOWN,
    }


def _mine(listed: list[Any]) -> Any:
    mine = set(entering.my_sites())
    shown = [one for one in listed if one.site in mine][:FLIPS_SHOWN]
    return showing.with_comments(runtime(), shown)


def _slices(found: Report) -> list[tuple[str, Slice]]:
    """Return the parts of the held-back labels by name, sites only where they are one's own."""
    mine = set(entering.my_sites())
    shown: list[tuple[str, Slice]] = []
    for by in ("site", "link", "language"):
        parts = [one for one in found.slices if one.by == by]
        if by == "site":
            parts = [one for one in parts if one.value in mine]
        shown += [(_name(one), one) for one in parts[:SLICES_SHOWN]]
    return shown


def _name(part: Slice) -> str:
    if part.by == "link":
        return _("With a link") if part.value == "with a link" else _("Without a link")
    if part.by == "site":
        return part.value
    if part.value == "not said":
        return _("Language not said")
    try:
        said = Locale.parse(part.value.replace("-", "_")).get_display_name(language())
    except (ValueError, UnknownLocaleError):
        return part.value
    return said or part.value
