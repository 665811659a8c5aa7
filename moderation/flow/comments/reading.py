"""Reading: comments one by one and by the page, explanations, waiting for a verdict, counts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated

from msgspec import Meta, Struct

import classifier
from classifier import Explanation
from moderation.domain.bands import Band
from moderation.domain.comments import Comment, Status
from moderation.domain.policy import thresholds
from moderation.flow.comments.phrases import Mark
from moderation.flow.labels import learning
from moderation.flow.lookup import find
from moderation.flow.rows import row_of
from moderation.flow.runtime import Runtime
from moderation.search.asking import Field, Term, fits, read
from moderation.store import codec, sites
from moderation.store.comments import announcements, counting
from moderation.store.comments import reading as stored

SCANNED_AT_MOST = 2000
READ_AT_MOST = 4 << 20
"""Most bytes of comments that a page reads, as they are stored; a single one may be larger."""
_CHUNK = 200


class Filter(Struct, frozen=True):
    """Which comments of a site are asked for. Times are milliseconds since 1970, `to` excluded.

    `updated_from_ms` leaves out what has not changed since; `external_id` is what the site calls
    the comment. `text` is what somebody typed, words of the content and fields (`asking.read`);
    with `any_word` its words may also stand in the author's name. `author` stands in the author's
    name, e-mail address or id. `domain` is that of a link, of the author's site or e-mail, or one
    above it; `ip` an address or a network. `bands`, `reason` and `model` (a snapshot) are those of
    the verdict.
    """

    status: Status | None = None
    text: str = ""
    author: str = ""
    from_ms: int = 0
    to_ms: int = 0
    newest_first: bool = True
    bands: tuple[Band, ...] = ()
    reason: str = ""
    email: str = ""
    domain: str = ""
    ip: str = ""
    model: str = ""
    language: str = ""
    any_word: bool = False
    updated_from_ms: int = 0
    external_id: str = ""

    @property
    def asks(self) -> bool:
        """Whether more is asked of a comment than its status and its times."""
        return len(self.terms) > (self.status is not None)

    @property
    def seeks(self) -> bool:
        """Whether comments must be read to know which of them are asked for."""
        return self.asks or bool(self.updated_from_ms)

    def takes(self, comment: Comment) -> bool:
        """Say whether a comment is asked for, its time of arrival apart."""
        return comment.updated_ms >= self.updated_from_ms and fits(comment, self.terms)

    @property
    def terms(self) -> tuple[Term, ...]:
        """All that is asked but the time, as terms."""
        named: tuple[tuple[Field, str], ...] = (
            ("status", self.status or ""), ("band", "|".join(self.bands)),
            ("reason", self.reason), ("email", self.email), ("domain", self.domain),
            ("ip", self.ip), ("model", self.model), ("language", self.language),
        )  # fmt: skip
        return (
            *(Term(field, value) for field, value in named if value),
            *read(self.text, "any" if self.any_word else "content"),
            *(Term("author", word) for word in self.author.split()),
        )


class Page(Struct, frozen=True):
    """Comments, and the id to go on after ('' at the end). A page may be short and not the last:
    a call looks at no more than 2,000 comments and 4 MiB of them."""

    comments: list[Comment]
    last: str


def list_comments(runtime: Runtime, site: str, wanted: Filter, after: str, limit: int) -> Page:
    """Return a page of a site's comments, going on after the id `after` ('' from the start).

    A list that nothing is sought in reads the comments that it answers and no others.
    """
    if wanted.external_id:
        return _of_external(runtime, site, wanted, after)
    last = codec.id_bytes(after) if after else b""
    low = codec.id_at(wanted.from_ms) if wanted.from_ms else b""
    high = codec.id_at(wanted.to_ms) if wanted.to_ms else b""
    found: list[Comment] = []
    seeks = wanted.seeks
    scanned, left = 0, READ_AT_MOST
    while scanned < SCANNED_AT_MOST and left > 0:
        number = _CHUNK if seeks else limit - len(found)
        after_id, before_id = (low, last or high) if wanted.newest_first else (last or low, high)
        ids = stored.page(
            runtime.store, site, wanted.status, after_id, before_id, wanted.newest_first, number
        )
        read, size = stored.get_within(runtime.store, site, ids, left)
        for raw, comment in zip(ids, read, strict=False):
            last = raw
            if comment is not None and wanted.takes(comment):
                found.append(comment)
                if len(found) == limit:
                    return Page(found, codec.id_text(last))
        if len(read) < len(ids):
            break
        if len(ids) < number:
            return Page(found, "")
        scanned, left = scanned + len(ids), left - size
    return Page(found, codec.id_text(last) if last else "")


def _of_external(runtime: Runtime, site: str, wanted: Filter, after: str) -> Page:
    """Return the comment that a site calls so, if it is asked for; there is one at most."""
    (raw,) = stored.find_externals(runtime.store, site, [wanted.external_id])
    comment = stored.get(runtime.store, site, raw) if raw and not after else None
    if comment is None or not wanted.takes(comment):
        return Page([], "")
    arrived = codec.id_ms(codec.id_bytes(comment.id))
    is_in = wanted.from_ms <= arrived and (not wanted.to_ms or arrived < wanted.to_ms)
    return Page([comment] if is_in else [], "")


def explain(runtime: Runtime, comment: Comment) -> tuple[Explanation, str]:
    """Return why a comment gets its score from the model as it is now, and that model's name."""
    context = learning.context(runtime, comment.site, sites.read(runtime.store, comment.site))
    return classifier.explain(
        context.model, row_of(comment.submission), context.learner
    ), context.name


def list_many(
    runtime: Runtime, of_sites: Sequence[str], wanted: Filter, after: str, limit: int
) -> Page:
    """Return a page of the comments of several sites together, in the order of their ids.

    Of a site that was not looked through as far as the others nothing is left out: the page ends
    where the first of them ended.
    """
    pages = [list_comments(runtime, site, wanted, after, limit) for site in of_sites]
    found = sorted(
        (comment for page in pages for comment in page.comments),
        key=lambda comment: comment.id,
        reverse=wanted.newest_first,
    )
    ends = [page.last for page in pages if page.last]
    if ends and wanted.newest_first:
        found = [comment for comment in found if comment.id >= max(ends)]
    elif ends:
        found = [comment for comment in found if comment.id <= min(ends)]
    if len(found) > limit:
        return Page(found[:limit], found[limit - 1].id)
    return Page(found, (max(ends) if wanted.newest_first else min(ends)) if ends else "")


class Explained(Struct, frozen=True):
    """Why the model as it is now gives a comment its score, and where the site's bands stand."""

    probability: float
    marks: list[Mark]
    model: str
    hold: float
    reject: float


def explain_now(runtime: Runtime, comment: Comment) -> Explained:
    """Return why a comment gets its score, with the site's thresholds as they are now."""
    context = learning.context(runtime, comment.site, sites.read(runtime.store, comment.site))
    found = classifier.explain(context.model, row_of(comment.submission), context.learner)
    hold, reject = thresholds(context.bands, context.settings)
    marks = [Mark(s.start, s.end, s.weight) for s in found.spans if s.field == "text"]
    return Explained(found.probability, marks, context.name, hold, reject)


def wait_for_verdict(
    runtime: Runtime, site: str, comment_id: str, seconds: float, slot: Callable[[], bool]
) -> tuple[Comment, bool]:
    """Return a comment as soon as it has a verdict, or after `seconds`.

    `slot` is asked for leave to wait only where there is something to wait for; the second
    value is False where it refused.
    """
    comment = find(runtime, site, comment_id)
    if comment.status != "queued" or seconds <= 0:
        return comment, True
    if not slot():
        return comment, False
    with announcements.listen(runtime.store, site) as scored:
        comment = find(runtime, site, comment_id)
        if comment.status == "queued":
            scored(codec.id_bytes(comment_id), seconds)
            comment = find(runtime, site, comment_id)
    return comment, True


class DayCounts(Struct, frozen=True):
    """What happened on a site on one UTC day."""

    day: Annotated[str, Meta(extra_json_schema={"format": "date"})]
    """The day in UTC."""
    comments: int
    """Comments that came in."""
    revisions: int
    """New texts of comments that were there."""
    deleted: int
    """Comments that were deleted."""
    statuses: dict[str, int]
    """Verdicts by status."""
    labels: dict[str, int]
    """Verdicts by label."""
    decided_by: dict[str, int]
    """Verdicts by what gave them."""
    decisions: dict[str, int]
    """Decisions by label."""
    missed_spam: int
    """Approved comments that a person decided are spam."""
    false_positives: int
    """Spam that a person decided is ham."""


def stats(runtime: Runtime, site: str, first: dt.date, last: dt.date) -> list[DayCounts]:
    """Return a site's counts for each day from `first` to `last`, both included."""
    days = [(first + dt.timedelta(days=n)).isoformat() for n in range((last - first).days + 1)]
    found = counting.counters(runtime.store, site, days)
    return [counted(day, counts) for day, counts in zip(days, found, strict=True)]


def counted(day: str, counts: dict[str, int]) -> DayCounts:
    """Return a day's counters by name."""
    get = counts.get
    return DayCounts(
        day=day,
        comments=get("comments", 0),
        revisions=get("revisions", 0),
        deleted=get("deleted", 0),
        statuses={
            name: get(f"verdict_{codec.STATUS_CODE[name]}", 0)
            for name in ("approved", "held", "spam")
        },
        labels={name: get(f"label_{codec.LABEL_CODE[name]}", 0) for name in ("ham", "spam")},
        decided_by={name: get(f"by_{code}", 0) for name, code in codec.BY_CODE.items()},
        decisions={name: get(f"decided_{name}", 0) for name in ("ham", "spam")}
        | {"undone": get("undone", 0)},
        missed_spam=get("missed_spam", 0),
        false_positives=get("false_positives", 0),
    )
