"""Decisions: what people and sites said, the newest first; corrected from the row."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, get_args
from urllib.parse import urlencode

from flask import render_template, request
from msgspec import Struct

from moderation.console import entering
from moderation.console.entering import runtime
from moderation.console.screens import screen
from moderation.console.shown import day
from moderation.domain.decisions import Via
from moderation.domain.errors import NotFound
from moderation.domain.verdicts import Label
from moderation.flow.review import bulk, history

ROWS = 50


class Row(Struct, frozen=True):
    """A decision; or those of a page that one job made together, of which `said` is the newest."""

    said: history.Said
    together: bulk.Together | None = None


@screen("/decisions", "viewer")
def page() -> Any:
    """Return the newest decisions that the address asks for, or those before given places."""
    sites = entering.chosen_sites(request.args.get("site"))
    chosen = _chosen(sites)
    before = dict(_places(request.args.getlist("before"), sites))
    asked = history.Asked(chosen["label"], chosen["by"], chosen["via"])
    said, more = history.decisions(runtime(), sites, ROWS, before, asked)
    shown = [s for s in said if not chosen["overruled"] or _is_overruled(s)]
    days = [
        (name, list(group))
        for name, group in itertools.groupby(_rows(shown), key=lambda r: day(r.said.decision.at_ms))
    ]
    return render_template(
        "console/decisions/page.html",
        days=days,
        site=chosen["site"],
        chosen=chosen,
        ways=get_args(Via),
        older=_address(chosen, more) if more else "",
        is_cut=len(sites) > history.SITES_AT_ONCE,
        overruled=_is_overruled,
    )


def _chosen(sites: Sequence[str]) -> dict[str, str]:
    """Return the filters of the address; what is none of ours is left out."""
    asked = request.args
    return {
        "site": sites[0] if len(sites) == 1 else "",
        "label": asked.get("label", "") if asked.get("label") in get_args(Label) else "",
        "via": asked.get("via", "") if asked.get("via") in get_args(Via) else "",
        "by": asked.get("by", "").replace("\0", "")[:128],
        "overruled": "1" if asked.get("overruled") else "",
    }


def _places(given: Sequence[str], sites: Sequence[str]) -> list[tuple[str, int]]:
    """Return the place of each site (`site:number`) before which its decisions go on."""
    split = (one.rpartition(":") for one in given[: history.SITES_AT_ONCE])
    return [
        (site, int(place))
        for site, _, place in split
        if site in sites and place.isdecimal() and len(place) < 16
    ]


def _address(chosen: dict[str, str], more: dict[str, int]) -> str:
    held = [(name, value) for name, value in chosen.items() if value]
    held += [("before", f"{site}:{place}") for site, place in more.items()]
    return f"/console/decisions?{urlencode(held)}"


def _rows(shown: Sequence[history.Said]) -> list[Row]:
    """Return decisions row by row, those that were made together as one."""
    rows = []
    for job, group in itertools.groupby(shown, key=lambda s: bulk.job_of(s.decision.note)):
        some = list(group)
        together = None
        if job and len(some) > 1:
            # A job is kept for 30 days; its decisions stand alone after that.
            with suppress(NotFound):
                together = bulk.find(runtime(), job, entering.my_sites())
        rows += [Row(some[0], together)] if together else [Row(one) for one in some]
    return rows


def _is_overruled(said: history.Said) -> bool:
    """Say whether the filter would have done the opposite of what was decided."""
    verdict = said.comment.verdict if said.comment else None
    if verdict is None or verdict.status == "held":
        return False
    return (verdict.status == "spam") != (said.decision.label == "spam")
