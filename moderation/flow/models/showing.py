"""What people are shown of models: versions with their story, and how a candidate was judged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

from msgspec import Struct

from moderation.domain.comments import Comment
from moderation.domain.gate import FEWEST_OF_SITE, Rules, Treated
from moderation.domain.jobs import Job
from moderation.domain.models import InUse, Promotion, Snapshot, before_promotion
from moderation.domain.reports import Disagreement, Flip, Report
from moderation.flow import jobs
from moderation.flow.models import promoting, rescoring, training
from moderation.flow.models.shadow import Seen
from moderation.flow.models.working import EVALUATION, TRAINING
from moderation.flow.runtime import Runtime
from moderation.store import codec, models, shadows
from moderation.store.comments import reading

State = Literal["candidate", "refused", "unjudged", "in use", "before", "retired", "withdrawn"]
Direction = Literal["stricter", "milder"]
_ORDER = {"approved": 0, "held": 1, "spam": 2}


class Version(Struct, frozen=True):
    """A snapshot, what it is now, and the newest change that put it to use (None: none did)."""

    snapshot: Snapshot
    state: State
    change: Promotion | None
    refused: tuple[str, ...]


class Known(Struct, frozen=True):
    """Every version, the newest first; `before` is what a roll-back leads to ('': nothing)."""

    in_use: InUse
    versions: list[Version]
    before: str
    since: Promotion | None

    def version(self, name: str) -> Version | None:
        """Return a version by its name."""
        return next((one for one in self.versions if one.snapshot.name == name), None)


class Shown(Struct, frozen=True):
    """A comment that two models treat differently, and the comment where it is kept."""

    flip: Flip | Disagreement
    comment: Comment | None


class Rule(Struct, frozen=True):
    """A rule of the gate: whether it holds, what it allows, and both models by it."""

    code: str
    holds: bool
    allowed: float
    current: float
    candidate: float
    worst: str = ""


def versions(runtime: Runtime) -> Known:
    """Return every version with its story."""
    found = promoting.listed(runtime)
    changes = models.changes(runtime.store)
    before = before_promotion(changes) or ""
    newest = {change.name: change for change in changes}
    shown = []
    for snapshot in found.snapshots:
        state: State = snapshot.state(found.in_use.name)
        refused: tuple[str, ...] = ()
        if state == "candidate":
            refusals = promoting.refusals(runtime, snapshot, found.in_use)
            refused = tuple(dict.fromkeys(refusal.rule for refusal in refusals))
            state = "candidate" if not refused else "refused"
            state = "unjudged" if refused == ("evaluated",) else state
        elif snapshot.name == before and state == "retired":
            state = "before"
        shown.append(Version(snapshot, state, newest.get(snapshot.name), refused))
    return Known(found.in_use, shown, before, changes[-1] if changes else None)


def report_of(runtime: Runtime, name: str) -> Report | None:
    """Return how a candidate was judged, None where it was not."""
    return models.report(runtime.store, name)


def shadow_of(runtime: Runtime, name: str) -> Seen | None:
    """Return what a candidate saw that looks on, None where it does not."""
    current = shadows.current(runtime.store)
    return Seen(current, *shadows.listed(runtime.store)) if current.name == name else None


def work(runtime: Runtime) -> Job | None:
    """Return the training or evaluation that is under way, or waits; else the last of them."""
    found = [
        job
        for kind in (TRAINING, EVALUATION)
        for job in jobs.page(runtime, kind=kind, limit=1).jobs
    ]
    return max(found, key=lambda job: (not job.is_over, job.created_ms), default=None)


def rescoring_of(runtime: Runtime) -> Job | None:
    """Return the job that judges anew what is held, or did so last; None where none is kept."""
    found = jobs.page(runtime, kind=rescoring.KIND, limit=1).jobs
    return found[0] if found else None


def flips(found: Report, direction: Direction, sites: Collection[str]) -> list[Flip]:
    """Return the held-back labels of these sites that the candidate treats more strictly, or more
    mildly, as far as the report lists them."""
    return [
        flip
        for flip in found.flips
        if flip.site in sites
        and (_ORDER[flip.candidate] > _ORDER[flip.current]) == (direction == "stricter")
    ]


def with_comments(runtime: Runtime, found: Sequence[Flip | Disagreement]) -> list[Shown]:
    """Return these with their comments, in a round trip for each site."""
    by_site: dict[str, list[str]] = {}
    for flip in found:
        by_site.setdefault(flip.site, []).append(flip.comment)
    kept: dict[tuple[str, str], Comment | None] = {}
    for site, ids in by_site.items():
        known = [comment for comment in ids if _is_id(comment)]
        raw = [codec.id_bytes(comment) for comment in known]
        for comment, data in zip(known, reading.get_many(runtime.store, site, raw), strict=True):
            kept[site, comment] = data
    return [Shown(flip, kept.get((flip.site, flip.comment))) for flip in found]


def _is_id(comment: str) -> bool:
    try:
        return bool(codec.id_bytes(comment))
    except ValueError:
        return False


def rules(runtime: Runtime, found: Report) -> list[Rule]:
    """Return the gate's rules as the report judged by them, and whether each holds."""
    if found.overall is None:
        return []
    allowed: Rules = training.rules_of(runtime)
    broken = {refusal.rule for refusal in found.refusals}
    _, new = found.overall
    fewest = float(min(new.ham, new.spam))
    site, before, after = _worst_site(found)
    rows = [
        *_treated(allowed, found.overall, ""),
        *(_treated(allowed, found.untaught, "untaught_") if found.untaught else ()),
        ("labels", float(allowed.labels), fewest, fewest, ""),
        ("site", 100 * allowed.site, 100 * before, 100 * after, site),
    ]
    return [Rule(code, code not in broken, *rest) for code, *rest in rows]


def _treated(
    allowed: Rules, both: tuple[Treated, Treated], prefix: str
) -> list[tuple[str, float, float, float, str]]:
    """Return the rules on what becomes of good comments and of spam, of 1,000 and of 100."""
    current, new = both
    return [
        (f"{prefix}ham_rejected", allowed.ham_rejected, 1000 * current.ham_rejected,
         1000 * new.ham_rejected, ""),
        (f"{prefix}ham_held", 100 * allowed.ham_held, 100 * current.ham_held,
         100 * new.ham_held, ""),
        (f"{prefix}spam_caught", 100 * allowed.spam_caught, 100 * current.spam_caught,
         100 * new.spam_caught, ""),
    ]  # fmt: skip


def _worst_site(found: Report) -> tuple[str, float, float]:
    """Return the site that loses most, and what of it is decided wrongly by either model."""
    judged = [
        (one.value, one.current.wrong, one.candidate.wrong)
        for one in found.slices
        if one.by == "site" and min(one.candidate.ham, one.candidate.spam) >= FEWEST_OF_SITE
    ]
    return max(judged, key=lambda one: one[2] - one[1], default=("", 0.0, 0.0))
