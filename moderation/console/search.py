"""Search: comments of all statuses by words and fields, with what matched marked."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from flask import render_template, request
from msgspec import Struct

from moderation.console import entering
from moderation.console.entering import runtime
from moderation.console.screens import screen
from moderation.domain.comments import STATUSES, Comment, Status
from moderation.flow.comments.phrases import plain
from moderation.flow.comments.reading import Filter
from moderation.flow.lookup import raw_id
from moderation.flow.runtime import now_ms
from moderation.flow.search import finding
from moderation.flow.search.excerpts import Part, excerpt
from moderation.flow.search.finding import LONGEST_QUESTION, TYPED, phrases

ROWS = 50
PERIODS = (1, 7, 30, 90)
"""Days that the filter of the period offers."""
_NAME, _SHOWN = 60, 20_000
"""Code points of a name that are shown, and of a text in which matches are looked for."""


class Sought(Struct, frozen=True):
    """What is sought, as it stands in the address."""

    q: str = ""
    site: str = ""
    status: Status | None = None
    days: int = 0

    def address(self, **changes: Any) -> str:
        """Return the address of the search with something changed."""
        fields = {**msgspec.structs.asdict(self), **changes}
        return f"/console/search?{urlencode({k: v for k, v in fields.items() if v})}"

    def without_last(self) -> str:
        """Return the address without what narrows the search last; '' where nothing does."""
        if self.days:
            return self.address(days=0)
        if self.status:
            return self.address(status=None)
        if self.site:
            return self.address(site="")
        words = self.q.split()
        return self.address(q=" ".join(words[:-1])) if len(words) > 1 else ""


class Row(Struct, frozen=True):
    """A comment that was found, with what matched in its author's name and its text."""

    comment: Comment
    name: list[Part]
    text: list[Part]


@screen("/search", "viewer")
def page() -> str:
    """Return the comments that the address asks for."""
    sought, after = _sought(), request.args.get("after", "")
    if after:
        raw_id(after)  # Refuses what is no id.
    wanted = Filter(
        status=sought.status,
        text=sought.q,
        any_word=True,
        from_ms=now_ms() - sought.days * 86_400_000 if sought.days else 0,
    )
    rows, found = [], None
    if sought.q.strip():
        found = finding.find(runtime(), entering.chosen_sites(sought.site), wanted, after, ROWS)
        said = phrases(wanted)
        rows = [_row(comment, said) for comment in found.comments]
    return render_template(
        "console/search/page.html",
        sought=sought,
        found=found,
        rows=rows,
        making=finding.progress(runtime().store)
        if found and found.how == "scan" and not found.is_wordless
        else None,
        periods=PERIODS,
        statuses=STATUSES,
        fields=TYPED,
    )


def _sought() -> Sought:
    """Return what the address asks for; what is none of ours is left out."""
    asked = request.args
    days = asked.get("days", 0, type=int)
    status: Any = asked.get("status", "")
    return Sought(
        q=asked.get("q", "").replace("\0", "")[:LONGEST_QUESTION],
        site=asked.get("site", "") if asked.get("site") in entering.my_sites() else "",
        status=status if status in STATUSES else None,
        days=days if days in PERIODS else 0,
    )


def _row(comment: Comment, said: list[str]) -> Row:
    submission = comment.submission
    return Row(
        comment,
        excerpt(plain(submission.author.name), said, _NAME),
        excerpt(plain(submission.content[:_SHOWN]), said),
    )
