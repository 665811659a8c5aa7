"""Decisions: what people and sites said, the newest first; corrected from the row."""

from __future__ import annotations

import itertools
from typing import Any

from flask import render_template, request

from moderation.console import entering
from moderation.console.entering import runtime
from moderation.console.screens import screen
from moderation.console.shown import day
from moderation.flow.review import history

ROWS = 50


@screen("/decisions", "viewer")
def page() -> Any:
    """Return the newest decisions; those before a given one where a single site is shown."""
    sites = entering.chosen_sites(request.args.get("site"))
    before = max(0, request.args.get("before", 0, type=int)) if len(sites) == 1 else 0
    said, more = history.decisions(runtime(), sites, ROWS, before)
    shown = [s for s in said if not request.args.get("overruled") or _is_overruled(s)]
    days = [
        (name, list(group))
        for name, group in itertools.groupby(shown, key=lambda s: day(s.decision.at_ms))
    ]
    return render_template(
        "console/decisions/page.html",
        days=days,
        site=sites[0] if len(sites) == 1 else "",
        before=more if len(sites) == 1 else 0,
        is_cut=len(sites) > history.SITES_AT_ONCE,
        overruled=_is_overruled,
    )


def _is_overruled(said: history.Said) -> bool:
    """Say whether the filter would have done the opposite of what was decided."""
    verdict = said.comment.verdict if said.comment else None
    if verdict is None or verdict.status == "held":
        return False
    return (verdict.status == "spam") != (said.decision.label == "spam")
