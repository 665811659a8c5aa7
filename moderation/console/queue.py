"""Queue and Spam: comments as a list, its filters in the address; bulk on those ticked."""

from __future__ import annotations

from typing import Any, get_args
from urllib.parse import urlencode

import msgspec
from flask import render_template, request
from msgspec import Struct

from moderation.console import entering
from moderation.console.entering import address, runtime
from moderation.console.item import coming_of
from moderation.console.screens import screen
from moderation.domain.bands import BANDS, Band
from moderation.domain.comments import STATUSES, Comment, Status
from moderation.domain.errors import InvalidInput, NotFound, NothingToUndo, StaleState
from moderation.domain.reasons import NUMBERS
from moderation.domain.verdicts import Label
from moderation.flow.comments import reading
from moderation.flow.lookup import find, raw_id
from moderation.flow.people.access import site_of
from moderation.flow.review import deciding, likeness, looking
from moderation.flow.runtime import now_ms

ROWS = 50
TICKED_AT_MOST = 100
SITES_AT_ONCE = 50
"""Most sites whose comments are listed together."""
PERIODS = (1, 7, 30, 90)
"""Days that the filter of the period offers."""


class Chosen(Struct, frozen=True):
    """The filters of the list, as they stand in the address."""

    status: Status = "held"
    site: str = ""
    band: tuple[Band, ...] = ()
    reason: str = ""
    author: str = ""
    q: str = ""
    days: int = 0
    escalated: bool = False
    like: str = ""

    def address(self, path: str, **changes: Any) -> str:
        """Return the address of the list with some filters changed."""
        fields = {**msgspec.structs.asdict(self), **changes}
        held = {name: value for name, value in fields.items() if value}
        return f"{path}?{urlencode(held, doseq=True)}"


@screen("/queue", "viewer")
def page() -> str:
    """Return the comments that wait, or those that the address asks for."""
    wanted = _chosen("held")
    return _list("queue", wanted)


@screen("/spam", "viewer")
def spam() -> str:
    """Return what was taken for spam."""
    return _list("spam", _chosen("spam"))


def _chosen(status: Status) -> Chosen:
    """Return the filters of the address; what is none of ours is left out."""
    asked = request.args
    days = asked.get("days", 0, type=int)
    given = asked.get("status", status)
    return Chosen(
        status=given if given in STATUSES else status,
        site=asked.get("site", "") if asked.get("site") in entering.my_sites() else "",
        band=tuple(band for band in BANDS if band in asked.getlist("band")),
        reason=asked.get("reason", "") if asked.get("reason") in NUMBERS else "",
        author=asked.get("author", "").replace("\0", "")[:256],
        q=asked.get("q", "").replace("\0", "")[:256],
        days=days if days in PERIODS else 0,
        escalated=bool(asked.get("escalated")),
        like=asked.get("like", "")[:26],
    )


def _list(screen_name: str, wanted: Chosen) -> str:
    sites = entering.chosen_sites(wanted.site)[:SITES_AT_ONCE]
    after = request.args.get("after", "")
    if after:
        raw_id(after)  # Refuses what is no id.
    if wanted.like:
        rows, last = _like(wanted), ""
    elif wanted.escalated:
        rows, last = looking.escalated(runtime(), sites), ""
    else:
        filters = reading.Filter(
            status=wanted.status,
            text=wanted.q,
            author=wanted.author,
            from_ms=now_ms() - wanted.days * 86_400_000 if wanted.days else 0,
            newest_first=wanted.status != "held",
            bands=wanted.band,
            reason=wanted.reason,
        )
        found = reading.list_many(runtime(), sites, filters, after, ROWS)
        rows = looking.looks_of(runtime(), found.comments)
        last = found.last
    return render_template(
        "console/queue/page.html",
        screen=screen_name,
        path=f"/console/{screen_name}",
        chosen=wanted,
        rows=coming_of(runtime(), rows),
        last=last,
        counts=looking.counts(runtime(), entering.chosen_sites(wanted.site)),
        periods=PERIODS,
    )


def _like(wanted: Chosen) -> list[looking.Waiting]:
    """Return a held comment with all that are like it; nothing where it is held no longer."""
    try:
        comment = find(runtime(), site_of(runtime(), entering.user(), wanted.site), wanted.like)
    except NotFound:
        return []
    return looking.looks_of(runtime(), likeness.listed(runtime(), comment))


class Outcome(Struct, frozen=True):
    """What became of one comment of a bulk: as it is now, and whether that was done."""

    comment: Comment
    is_done: bool


@screen("/queue/bulk", "moderator", "POST")
def bulk() -> Any:
    """Decide exactly the comments that were ticked, or withdraw that, and show each."""
    label = request.form.get("label", "")
    if label not in (*get_args(Label), "undo"):
        raise InvalidInput("a decision is ham or spam")
    ticked = list(dict.fromkeys(request.form.getlist("ticked")))
    if not 0 < len(ticked) <= TICKED_AT_MOST:
        raise InvalidInput("tick between one and a hundred comments")
    outcomes = [done for tick in ticked if (done := _decide(tick, label)) is not None]
    return render_template("console/queue/bulk.html", outcomes=outcomes, label=label)


def _decide(tick: str, label: str) -> Outcome | None:
    """Decide the comment of one tick (`site/id/etag`); None where it is gone."""
    site, _, rest = tick.partition("/")
    comment_id, _, etag = rest.partition("/")
    who = entering.user()
    try:
        site_of(runtime(), who, site)
        if label == "undo":
            done = deciding.undo(runtime(), site, comment_id, who.name, address(), etag)
        else:
            word: Label = "spam" if label == "spam" else "ham"
            done = deciding.decide(runtime(), site, comment_id, word, who.name, address(), etag)
        return Outcome(done, True)
    except StaleState as error:
        return Outcome(error.current, False)
    except (NotFound, NothingToUndo):
        return None
