"""Comments scored in batches and judged, each by the state of its site."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from classifier import Learner, Model
from moderation.domain.comments import Submission
from moderation.domain.known import NOTHING_KNOWN, Known
from moderation.domain.policy import NO_RULES, BandsLike, Rules, judge
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import Verdict
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


class Scored(Struct, frozen=True, gc=False):
    """What a model makes of a comment, before rules and bands are looked at.

    `like` is the mark by which texts like it are found, b"" where its site does not ask for that.
    """

    probability: float
    reasons: list[tuple[str, float]]
    like: bytes = b""


Item = tuple[Submission, SiteContext]


def score_batch(items: Sequence[Item]) -> list[Verdict]:
    """Return a verdict for each comment; those of one snapshot are scored in one call."""
    return judge_all(items, score_all(items))


def score_all(items: Sequence[Item]) -> list[Scored]:
    """Return what models make of comments; those of one snapshot are scored in one call."""
    found: list[Scored | None] = [None] * len(items)
    by_model: dict[str, list[int]] = {}
    for i, (_, site) in enumerate(items):
        by_model.setdefault(site.model.name, []).append(i)
    for places in by_model.values():
        model = items[places[0]][1].model
        rows = [row_of(items[i][0]) for i in places]
        scores = model.score(rows, [items[i][1].learner for i in places])
        asks = any(_asks_what_is_alike(items[i][1]) for i in places)
        likes = scores.marks() if asks else [b""] * len(places)
        for at, i in enumerate(places):
            found[i] = Scored(float(scores.probability[at]), scores.reasons(at), likes[at])
    return [one for one in found if one is not None]


def _asks_what_is_alike(site: SiteContext) -> bool:
    return site.settings.reputation or site.rules.subscribed.has_feeds()


def judge_all(items: Sequence[Item], scored: Sequence[Scored]) -> list[Verdict]:
    """Return the verdict on each comment by what was made of it."""
    now = now_ms()
    return [
        judge(
            submission,
            one.probability,
            one.reasons,
            bands=site.bands,
            settings=site.settings,
            model=site.name,
            policy=site.policy,
            rules=site.rules,
            labels=site.labels,
            now_ms=now,
            known=site.known,
            heard=site.rules.subscribed.hear(submission, one.like, now),
        )
        for (submission, site), one in zip(items, scored, strict=True)
    ]
