"""Comments scored in batches and judged, each by the state of its site."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from classifier import Learner, Model
from moderation.domain.comments import Submission
from moderation.domain.feeds import Heard
from moderation.domain.known import NOTHING_KNOWN, Known
from moderation.domain.policy import NO_RULES, BandsLike, Rules, judge
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import Verdict
from moderation.flow.marks import likenesses
from moderation.flow.rows import row_of
from moderation.flow.runtime import now_ms


class SiteContext(Struct, frozen=True):
    """Everything that the verdict on a site's comment is made with, as of one reading; `known` is
    what its rules ask about the author of that comment."""

    settings: SiteSettings
    policy: int
    model: Model
    learner: Learner | None
    bands: BandsLike
    name: str
    rules: Rules = NO_RULES
    labels: int = 0
    known: Known = NOTHING_KNOWN


def score_batch(items: Sequence[tuple[Submission, SiteContext]]) -> list[Verdict]:
    """Return a verdict for each comment; those of one snapshot are scored in one call."""
    verdicts: list[Verdict | None] = [None] * len(items)
    now = now_ms()
    by_model: dict[str, list[int]] = {}
    for i, (_, site) in enumerate(items):
        by_model.setdefault(site.model.name, []).append(i)
    for places in by_model.values():
        model = items[places[0]][1].model
        rows = [row_of(items[i][0]) for i in places]
        scores = model.score(rows, [items[i][1].learner for i in places])
        heard = _heard([items[i] for i in places], now)
        for at, i in enumerate(places):
            submission, site = items[i]
            verdicts[i] = judge(
                submission,
                float(scores.probability[at]),
                scores.reasons(at),
                bands=site.bands,
                settings=site.settings,
                model=site.name,
                policy=site.policy,
                rules=site.rules,
                labels=site.labels,
                now_ms=now,
                known=site.known,
                heard=heard.get(at),
            )
    return [v for v in verdicts if v is not None]


def _heard(items: Sequence[tuple[Submission, SiteContext]], now: int) -> dict[int, Heard]:
    """Return what feeds say of comments, by their places; nothing is read where a site has none."""
    asked = [at for at, (_, site) in enumerate(items) if site.rules.subscribed.has_feeds()]
    if not asked:
        return {}
    marks = likenesses([items[at][0] for at in asked])
    found = {
        at: items[at][1].rules.subscribed.hear(items[at][0], mark, now)
        for at, mark in zip(asked, marks, strict=True)
    }
    return {at: heard for at, heard in found.items() if heard is not None}
