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
from moderation.console.language import ngettext
from moderation.console.screens import back_to, screen
from moderation.console.shown import band_forms, forms
from moderation.domain.bands import BANDS, Band
from moderation.domain.comments import STATUSES, Status
from moderation.domain.errors import InvalidInput, NotFound, NothingToUndo
from moderation.domain.reasons import NUMBERS
from moderation.domain.verdicts import Label
from moderation.flow.comments import reading
from moderation.flow.lookup import find, raw_id
from moderation.flow.people.access import site_of
from moderation.flow.review import bulk as together
from moderation.flow.review import likeness, looking
from moderation.flow.runtime import now_ms
from moderation.flow.search import finding

ROWS = 50
SITES_AT_ONCE = 50
"""Most sites whose comments are listed together."""
PERIODS = (1, 7, 30, 90)
"""Days that the filter of the period offers."""
BY_VALUE = ("model", "domain", "ip", "language", "email")
"""The filters by a value that a comment, its author or its verdict has as a whole."""


class Chosen(Struct, frozen=True):
    """The filters of the list, as they stand in the address."""

    status: Status = "held"
    site: str = ""
    band: tuple[Band, ...] = ()
    reason: str = ""
    author: str = ""
    model: str = ""
    domain: str = ""
    ip: str = ""
    language: str = ""
    email: str = ""
    q: str = ""
    days: int = 0
    escalated: bool = False
    like: str = ""

    @property
    def named(self) -> list[str]:
        """The names of the filters by a value that are active."""
        return [name for name in BY_VALUE if getattr(self, name)]

    @property
    def is_narrowed(self) -> bool:
        """Whether comments of this status are left out by what they are."""
        return bool(self.q or self.author or self.band or self.days or self.reason or self.named)

    def address(self, path: str, **changes: Any) -> str:
        """Return the address of the list with some filters changed."""
        fields = {**msgspec.structs.asdict(self), **changes}
        held = {name: value for name, value in fields.items() if value}
        return f"{path}?{urlencode(held, doseq=True)}"

    def bare(self, path: str) -> str:
        """Return the address of the list without all that narrows it."""
        none = dict.fromkeys(("q", "author", "band", "days", "reason", *BY_VALUE), "")
        return self.address(path, **none)


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
        **{name: asked.get(name, "").replace("\0", "").strip()[:256] for name in BY_VALUE},
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
        rows, last, is_scan = _like(wanted), "", False
    elif wanted.escalated:
        rows, last, is_scan = looking.escalated(runtime(), sites), "", False
    else:
        filters = reading.Filter(
            status=wanted.status,
            text=wanted.q,
            author=wanted.author,
            from_ms=now_ms() - wanted.days * 86_400_000 if wanted.days else 0,
            newest_first=wanted.status != "held",
            bands=wanted.band,
            reason=wanted.reason,
            **{name: getattr(wanted, name) for name in wanted.named},
        )
        found = finding.find(runtime(), sites, filters, after, ROWS)
        rows = looking.looks_of(runtime(), found.comments)
        last, is_scan = found.last, found.how == "scan" and filters.seeks
    return render_template(
        "console/queue/page.html",
        screen=screen_name,
        path=f"/console/{screen_name}",
        chosen=wanted,
        rows=coming_of(runtime(), rows),
        last=last,
        is_scan=is_scan,
        counts=entering.counts(entering.chosen_sites(wanted.site)),
        periods=PERIODS,
        by_value=BY_VALUE,
        selected=forms(lambda n: ngettext("%(num)s selected", "%(num)s selected", n)),
        by_band=band_forms(),
    )


def _like(wanted: Chosen) -> list[looking.Waiting]:
    """Return a held comment with all that are like it; nothing where it is held no longer."""
    try:
        comment = find(runtime(), site_of(runtime(), entering.user(), wanted.site), wanted.like)
    except NotFound:
        return []
    return looking.looks_of(runtime(), likeness.listed(runtime(), comment))


@screen("/queue/bulk", "moderator", "POST")
def bulk() -> Any:
    """Have exactly the comments that were ticked decided, and lead to what becomes of them."""
    label = request.form.get("label", "")
    if label not in get_args(Label):
        raise InvalidInput("a decision is ham or spam")
    ticked = [_tick(tick) for tick in request.form.getlist("ticked")[: together.TICKED_AT_MOST + 1]]
    word: Label = "spam" if label == "spam" else "ham"
    job = together.begin(runtime(), entering.user().name, address(), word, ticked)
    return back_to(f"/console/queue/bulk/{job.id}")


def _tick(tick: str) -> together.Tick:
    """Return the comment of a tick (`site/id/etag`), which is on one of the person's sites."""
    site, _, rest = tick.partition("/")
    comment_id, _, etag = rest.partition("/")
    return together.Tick(site_of(runtime(), entering.user(), site), comment_id, etag)


@screen("/queue/bulk/<job>", "viewer")
def bulk_result(job: str) -> str:
    """Return what became of comments that were decided together, so far."""
    found = together.find(runtime(), job, entering.my_sites())
    return render_template("console/queue/bulk.html", together=found)


@screen("/queue/bulk/<job>/undo", "moderator", "POST")
def bulk_undo(job: str) -> Any:
    """Have all withdrawn that a job decided and that nobody changed since."""
    found = together.find(runtime(), job, entering.my_sites())
    if not found.undoable:
        raise NothingToUndo("nothing of it holds as it was decided")
    who = entering.user().name
    undoing = together.begin(runtime(), who, address(), "undo", found.undoable)
    return back_to(f"/console/queue/bulk/{undoing.id}")
