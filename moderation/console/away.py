"""What a person sees while the store does not answer: what still works, and what they typed."""

from __future__ import annotations

import time
from typing import Any

from flask import g, render_template, request, session

from moderation.console import entering, kept
from moderation.flow.caching import Cache

HEADER = "X-Winnow-Store"
"""Says `away` on every answer that the store's silence caused, for the scripts of the page."""
PEOPLE_KEPT, KEPT_SECONDS = 512, 900.0
SITES_SHOWN = 50


class Outage:
    """Since when the store does not answer this process, as far as people asked."""

    def __init__(self) -> None:
        self.since: float | None = None

    @classmethod
    def of_this_process(cls) -> Outage:
        """Return the one of this process."""
        return entering.runtime().own(cls)

    def ended(self) -> None:
        """Note that the store answers."""
        self.since = None

    def noted(self) -> float:
        """Note that it does not, and return since when (seconds since 1970)."""
        self.since = self.since or time.time()
        return self.since


class Lately(Cache[list[str]]):
    """The sites of people who asked this process of late, by their log-in: the store cannot say
    whose a log-in is while it is away."""

    def __init__(self) -> None:
        super().__init__(PEOPLE_KEPT, KEPT_SECONDS)


def remember() -> None:
    """Remember whose the sites are that were shown, for when the store cannot be asked."""
    if "user" in g and "sites" in g and session.get("secret"):
        entering.runtime().own(Lately).put(str(session["secret"]), g.sites)


def forget() -> None:
    """Forget the sites of a log-in that the store does not know, or not any more."""
    if session.get("secret"):
        entering.runtime().own(Lately).drop(str(session["secret"]))


def page(said: str, status: int, request_id: str) -> str:
    """Return the page: since when, what sites hear, and what was typed, to be sent again."""
    known = entering.runtime().own(Lately).get(str(session.get("secret", ""))) or []
    settings = entering.runtime().last_settings
    return render_template(
        "console/away.html",
        said=said,
        status=status,
        since=Outage.of_this_process().noted(),
        request_id=request_id,
        sites=[(site, settings(site).fail_mode) for site in known[:SITES_SHOWN]],
        more_sites=max(0, len(known) - SITES_SHOWN),
        typed=kept.typed(),
        back=_back(),
    )


def _back() -> str:
    """Return the page to try again: the one asked for, or that of the form."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    return kept.form_page() or "/console/review"


def headers() -> dict[str, Any]:
    """Return what answers carry while the store is away."""
    return {HEADER: "away", "Retry-After": "5"}
