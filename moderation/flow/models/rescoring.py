"""Judging anew what is held, after another model was put to use: as a job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.comments import Comment, Status
from moderation.domain.jobs import Job
from moderation.domain.known import Known
from moderation.domain.policy import effective_status, of_partly_read
from moderation.domain.verdicts import CONTENT_CUT, CONTENT_UNREAD, Verdict
from moderation.flow import jobs, performing
from moderation.flow.events import Rejudged, Rejudging
from moderation.flow.judging import SiteContext, score_batch
from moderation.flow.labels import learning
from moderation.flow.marks import marks_of_comment
from moderation.flow.performing import HandOver, Watch, Work
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sampling import drawn
from moderation.store import codec, looking, sites
from moderation.store.comments import accepting, reading, rejudging

KIND = "rescoring"
A_TURN_SECONDS = 3.0
"""For so long a worker does it before others get their turn."""
EARLIER_KEPT = 8
"""Earlier verdicts of a comment that are kept: the first, which its site was answered, and the
newest."""
_UNREAD = (CONTENT_CUT, CONTENT_UNREAD)


class Asked(Struct, frozen=True):
    """Which site's held comments are judged anew ('': those of all), and how far that is: the site
    and the comment that were looked at last, and what became of those so far."""

    site: str = ""
    at: str = ""
    after: str = ""
    counts: dict[str, int] = {}


def begin(runtime: Runtime, by: str, site: str = "", send: bool = True) -> Job:
    """Return a job that judges anew what is held: the one for the same site that waits or is under
    way, else a new one. Without `send` the caller takes it up.

    Raises:
        NotFound: there is no such site.
    """
    asked = msgspec.to_builtins(Asked(site))
    return jobs.ask(runtime, KIND, by, site, asked, send_it=send)


def work_on(runtime: Runtime, job_id: str, watch: Watch | None = None, here: bool = False) -> None:
    """Do the work of a job; by a worker for `A_TURN_SECONDS` at a time, `here` all of it."""
    until = None if here else monotonic() + A_TURN_SECONDS
    performing.work_on(runtime, job_id, lambda work: _rescore(runtime, work, until), watch)


def held(runtime: Runtime, site: str = "") -> int:
    """Return how many comments are held, of one site or of all."""
    return looking.count_held(runtime.store, [site] if site else sites.names(runtime.store))[0]


def _rescore(runtime: Runtime, work: Work, until: float | None) -> dict[str, Any]:
    asked = msgspec.convert(work.job.asked, Asked)
    counts = {"changed": 0, "same": 0, "left": 0, "approved": 0, "held": 0, "spam": 0}
    counts |= asked.counts
    done = counts["changed"] + counts["same"] + counts["left"]
    total = done + held(runtime, asked.site)
    names = [asked.site] if asked.site else sites.names(runtime.store)
    for site in (name for name in names if name >= asked.at):
        after = codec.id_bytes(asked.after) if site == asked.at and asked.after else b""
        for ids in _pages(runtime, site, after):
            for outcome in _rejudge(runtime, site, ids):
                counts[outcome] += 1
            done += len(ids)
            work.note("judging anew", done, max(total, done))
            if until is not None and monotonic() > until:
                place = Asked(asked.site, site, codec.id_text(ids[-1]), counts)
                raise HandOver(msgspec.to_builtins(place))
    return counts


def _pages(runtime: Runtime, site: str, after: bytes) -> Iterator[list[bytes]]:
    """Yield the ids of a site's held comments, the oldest first, a hundred at a time."""
    most = accepting.AT_ONCE
    while ids := reading.page(runtime.store, site, "held", after, b"", newest=False, n=most):
        yield ids
        after = ids[-1]


def _rejudge(runtime: Runtime, site: str, ids: Sequence[bytes]) -> Iterator[str]:
    """Judge some comments anew and yield what became of them: each is changed, the same (the model
    and the settings that judged it are those of now), or left; of a changed one its status too."""
    store = runtime.store
    context = learning.context(runtime, site, sites.read(store, site))
    asked_of_others = {raw for raw, _ in looking.escalations(store, [site])}
    open_: list[tuple[bytes, Comment, Verdict]] = []
    for raw, comment in zip(ids, reading.get_many(store, site, ids), strict=True):
        old = comment.verdict if comment else None
        if comment is None or old is None or raw in asked_of_others or not _is_open(comment, old):
            yield "left"
        elif (old.model, old.policy) == (context.name, context.policy):
            yield "same"
        else:
            open_.append((raw, comment, old))
    if open_:
        yield from _written(runtime, site, open_, context)


def _is_open(comment: Comment, old: Verdict) -> bool:
    """Say whether a comment waits by the machine's word alone. What could not be scored is left: a
    person must look. What is evidence is left as well: it is learned as ham."""
    is_undecided = comment.decision is None and not comment.active_label
    return comment.status == "held" and is_undecided and old.score is not None


def _written(
    runtime: Runtime,
    site: str,
    found: Sequence[tuple[bytes, Comment, Verdict]],
    context: SiteContext,
) -> Iterator[str]:
    # Who wrote it is known as it was then: what came later would be its own doing, too.
    verdicts = score_batch([
        (comment.submission, replace(context, known=Known.of(old.signals)))
        for _, comment, old in found
    ])  # fmt: skip
    new = [
        _new(runtime.secret, raw, comment, old, verdict, context)
        for (raw, comment, old), verdict in zip(found, verdicts, strict=True)
    ]
    moved = [one for one in new if one.status != "held"]
    for one in moved:
        runtime.events.announce(Rejudging(site, codec.id_text(one.id)))
    ttls = accepting.ttls(context.settings.retention)
    written = rejudging.rejudge(runtime.store, site, new, ttls, now_ms())
    for one, is_written in zip(new, written, strict=True):
        if not is_written:
            yield "left"
            continue
        yield "changed"
        yield one.status
        if one.status != "held":
            runtime.events.announce(Rejudged(site, codec.id_text(one.id)))


def _new(
    secret: bytes,
    raw: bytes,
    comment: Comment,
    old: Verdict,
    verdict: Verdict,
    context: SiteContext,
) -> rejudging.Rejudged:
    """Return the verdict that takes the place of an old one, which it holds."""
    for code, _ in old.reasons:
        if code in _UNREAD:
            verdict = of_partly_read(verdict, code)
    earlier = (*old.earlier, replace(old, earlier=()))
    if len(earlier) > EARLIER_KEPT:
        earlier = (earlier[0], *earlier[1 - EARLIER_KEPT :])
    verdict = replace(verdict, audit=old.audit, earlier=earlier)
    status: Status = effective_status(verdict, context.settings)
    verdict = drawn(secret, raw, verdict, status, context.settings)
    marks = marks_of_comment(secret, comment, codec.id_ms(raw))
    return rejudging.Rejudged(raw, comment.revision, old, verdict, status, marks)
