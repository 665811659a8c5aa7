"""A candidate looks on: it scores a sample of live comments, off the path of every answer."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.comments import Comment
from moderation.domain.errors import Conflict, NotFound
from moderation.domain.known import Known
from moderation.domain.reports import Disagreement
from moderation.flow.caching import Cache
from moderation.flow.judging import SiteContext, score_batch
from moderation.flow.labels import learning
from moderation.flow.labels.advancing import Advance, Learned, OutOfReach, Overtaken
from moderation.flow.models import promoting
from moderation.flow.runtime import SITES_KEPT, Runtime, now_ms
from moderation.store import codec, models, shadows, sites
from moderation.store.comments import reading
from moderation.store.shadows import Shadow
from moderation.store.sites import SiteState

A_LOOK = 200
"""Comments that are scored in one look, of all sites together; a look comes every minute."""
OF_A_SITE = 50
KEPT_MS = 86_400_000
_ORDER = {"approved": 0, "held": 1, "spam": 2}


class Seen(Struct, frozen=True):
    """What a candidate saw so far, and the newest disagreements of each direction."""

    shadow: Shadow
    stricter: list[Disagreement]
    milder: list[Disagreement]


class Onlookers(Cache[Learned]):
    """The learners of sites on the candidate that looks on."""

    def __init__(self) -> None:
        super().__init__(SITES_KEPT, 900.0)


def begin(runtime: Runtime, name: str) -> None:
    """Have a candidate look on instead of any other.

    Raises:
        NotFound: there is no such model. Conflict: it is in use, withdrawn, or this version cannot
        use it.
    """
    if promoting.known(runtime, name).withdrawn_ms:
        raise Conflict("this model had learned labels of somebody who was erased")
    if name == promoting.in_use(runtime).name:
        raise Conflict("this model is in use")
    if runtime.model(name).name != name:
        raise Conflict("this model cannot be used by this version of Winnow")
    shadows.begin(runtime.store, name, now_ms())


def end(runtime: Runtime, name: str) -> None:
    """Have a candidate look on no longer; raises `NotFound` where it does not."""
    seen(runtime, name)
    shadows.end(runtime.store)


def seen(runtime: Runtime, name: str) -> Seen:
    """Return what a candidate saw; raises `NotFound` where it does not look on."""
    shadow = shadows.current(runtime.store)
    if shadow.name != name:
        raise NotFound("this model does not look on")
    return Seen(shadow, *shadows.listed(runtime.store))


def look(runtime: Runtime) -> int:
    """Score the newest comments since the last look with both models; return how many.

    Both are taken as they are now, with the same labels, and a comment that somebody decided is
    left out: a learner that was taught it says nothing of what comes.
    """
    store = runtime.store
    shadow = shadows.current(store)
    if not shadow.name:
        return 0
    if shadow.name == promoting.in_use(runtime).name:
        shadows.end(store)
        return 0
    models.keep_checkpoints(store, shadow.name, now_ms() + KEPT_MS)
    before, at = shadows.looked_at(store), dict[str, bytes]()
    started = codec.id_at(shadow.since_ms)
    stricter: list[Disagreement] = []
    milder: list[Disagreement] = []
    count = 0
    # Where there is more than is looked at, who was looked at longest ago comes first.
    states = sorted(sites.read_all(store).items(), key=lambda item: before.get(item[0], b""))
    for site, state in states:
        most = min(OF_A_SITE, A_LOOK - count)
        after = before.get(site, started)
        ids = reading.page(store, site, None, after, b"", newest=True, n=most) if most else []
        found = [c for c in reading.get_many(store, site, ids) if c and c.verdict]
        comments = [comment for comment in found if not comment.last_label]
        pair = _contexts(runtime, site, state, shadow.name) if comments else None
        if ids:
            at[site] = ids[0]
        if pair is not None:
            count += len(comments)
            _compare(comments, *pair, stricter, milder)
    shadows.note(store, count, at, stricter, milder)
    return count


def _contexts(
    runtime: Runtime, site: str, state: SiteState, name: str
) -> tuple[SiteContext, SiteContext] | None:
    """Return what a site's verdicts are made with, and would be with the candidate; None where its
    learner cannot be made now."""
    own = learning.context(runtime, site, state)
    model, onlookers = runtime.model(name), runtime.own(Onlookers)
    way = Advance(runtime, site, state, model, lambda learned: None, may_be_long=True)
    try:
        learned = way.run(onlookers.get(site)) if state.labels else Learned(model, state.epoch)
    except (OutOfReach, Overtaken):
        return None
    way.keep()
    onlookers.put(site, learned)
    bands = learned.learner.bands if learned.learner else model.bands
    other = replace(own, model=model, learner=learned.learner, bands=bands, name=learned.name)
    return own, other


def _compare(
    comments: list[Comment],
    own: SiteContext,
    other: SiteContext,
    stricter: list[Disagreement],
    milder: list[Disagreement],
) -> None:
    known = [Known.of(c.verdict.signals if c.verdict else {}) for c in comments]
    now, then = (
        score_batch([
            (comment.submission, replace(context, known=one))
            for comment, one in zip(comments, known, strict=True)
        ])
        for context in (own, other)
    )  # fmt: skip
    for comment, one, two in zip(comments, now, then, strict=True):
        if one.status != two.status and one.score is not None and two.score is not None:
            found = Disagreement(
                comment.site, comment.id, one.status, two.status, one.score, two.score
            )
            (stricter if _ORDER[two.status] > _ORDER[one.status] else milder).append(found)
