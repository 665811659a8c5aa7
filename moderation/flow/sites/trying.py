"""What rules would have done to the comments of late, before anybody saves them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from moderation.domain import subscribed
from moderation.domain.comments import Comment, Status
from moderation.domain.copies import Slot, Subscribed
from moderation.domain.keywords import Keys, checked, searched
from moderation.domain.known import Known
from moderation.domain.listed import Entry, Listed
from moderation.domain.matching import Compiled
from moderation.domain.policy import ENTRY, SUBSCRIPTION, Rules, by_rules, judge, unscored
from moderation.domain.sites import Attack, SiteSettings
from moderation.domain.subscribed import NewSubscription, Subscriptions
from moderation.domain.verdicts import Label, Verdict, VerdictStatus
from moderation.domain.weighing import unheard
from moderation.flow.comments import reading
from moderation.flow.copies import copy_of
from moderation.flow.judging import SiteContext
from moderation.flow.knowing import known_of
from moderation.flow.labels import learning
from moderation.flow.marks import author_mark, likeness
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sites import fetching
from moderation.store import authors, sites
from moderation.store.authors import Record
from moderation.store.knowing import HOUR_MS, Person

COMMENTS = 1000
SECONDS = 3.0
"""How long comments are looked at, the newest first."""
EXAMPLES = 50
_PAGE = 100
_DECIDED: dict[Label, VerdictStatus] = {"ham": "approved", "spam": "spam"}


class Example(Struct, frozen=True):
    """A comment that a new entry of the draft would decide, or that an old one decides no more.

    `was` is its status: by a person's decision, else by list and score as they are; `would_be` is
    what they would make of it with the draft, `entry` what would decide it (None: the score).
    `overrules`: a person had said otherwise.
    """

    comment: Comment
    was: VerdictStatus
    would_be: VerdictStatus
    entry: Entry | None
    overrules: bool

    @property
    def is_new(self) -> bool:
        """Whether its status would be another."""
        return self.was != self.would_be


class Trial(Struct, frozen=True):
    """What a draft would have done to the newest comments of a site.

    Of `comments` looked at, back to `oldest_ms`, its new or changed entries would decide `fits`;
    `newly` would get another status, by these or because entries are gone, and in `overruled` of
    them a person had said otherwise. `examples` begin with these. `is_cut`: time ran out.
    """

    comments: int
    oldest_ms: int
    fits: int
    newly: int
    overruled: int
    examples: list[Example]
    seconds: float
    is_cut: bool


class Draft(Struct, frozen=True):
    """What a site's people are about to choose."""

    settings: SiteSettings
    rules: Rules


def try_list(runtime: Runtime, site: str, saved: Listed, draft: Listed) -> Trial:
    """Return what a list would have done to the last thousand comments; nothing is changed."""
    known = set(saved.entries)
    drafted = {float(entry.number) for entry in draft.entries if entry not in known}
    context = learning.context(runtime, site, sites.read(runtime.store, site))
    before, after = (
        Draft(context.settings, replace(context.rules, listed=Compiled(one)))
        for one in (saved, draft)
    )
    entries = {float(entry.number): entry for entry in draft.entries}
    return _tried(runtime, site, context, before, after, entries, drafted)


def try_settings(runtime: Runtime, site: str, draft: SiteSettings) -> Trial:
    """Return what settings would have done to the last thousand comments."""
    context = learning.context(runtime, site, sites.read(runtime.store, site))
    saved = Draft(context.settings, context.rules)
    return _tried(runtime, site, context, saved, Draft(draft, context.rules))


def try_keys(runtime: Runtime, site: str, draft: Keys) -> Trial:
    """Return what keys would have done to the last thousand comments."""
    context = learning.context(runtime, site, sites.read(runtime.store, site))
    saved = Draft(context.settings, context.rules)
    rules = replace(context.rules, keys=searched(checked(draft)))
    return _tried(runtime, site, context, saved, Draft(context.settings, rules))


def try_subscription(runtime: Runtime, site: str, draft: NewSubscription) -> Trial:
    """Return what a list of others, fetched now, would have done to the last thousand comments.

    Raises:
        BadEntry: its address cannot be one. OutboundError: it cannot be fetched.
    """
    context = learning.context(runtime, site, sites.read(runtime.store, site))
    (one,) = subscribed.rewritten(Subscriptions(), [draft], "", 0).lists
    answer = fetching.ask(runtime, one.url, one.reads, one.key)
    slot = Slot(copy_of(one, answer.entries or []))
    known = tuple(pair for pair in context.rules.subscribed.lists if pair[0].url != one.url)
    rules = replace(context.rules, subscribed=Subscribed((*known, (one, slot))))
    saved = Draft(context.settings, context.rules)
    return _tried(runtime, site, context, saved, Draft(context.settings, rules))


def _tried(
    runtime: Runtime,
    site: str,
    context: SiteContext,
    saved: Draft,
    draft: Draft,
    entries: Mapping[float, Entry] = MappingProxyType({}),
    drafted: Collection[float] | None = None,
) -> Trial:
    """Return what a draft would have done to the last thousand comments; nothing is changed.

    The score of each is the one that it had; what is held for an attack is left out of account.
    What a comment fits is by `drafted` an entry of the list of one of these numbers, else (None)
    whatever decides it by the draft and did not before.
    """
    began = time.monotonic()
    comments, has_more = _newest(runtime, site, began)
    known = _then_known(runtime, comments)
    examples: list[Example] = []
    fits = 0
    for comment, author in zip(comments, known, strict=True):
        before, after = (_verdict(comment, context, one, author) for one in (saved, draft))
        number = after.signals.get(ENTRY, 0.0)
        is_fit = after.decided_by == "rule" and _name(after) != _name(before)
        if drafted is not None:
            is_fit = number in drafted
        fits += is_fit
        if is_fit or before.status != after.status:
            examples.append(_example(comment, before.status, after.status, entries.get(number)))
    newly = [one for one in examples if one.is_new]
    overruled = sum(one.overrules for one in newly)
    examples.sort(key=lambda one: (not (one.is_new and one.overrules), not one.is_new))
    oldest = comments[-1].created_ms if comments else 0
    seconds = round(time.monotonic() - began, 3)
    return Trial(
        len(comments), oldest, fits, len(newly), overruled, examples[:EXAMPLES], seconds, has_more
    )


def _newest(runtime: Runtime, site: str, began: float) -> tuple[list[Comment], bool]:
    """Return the newest comments, the newest first, and whether time ran out before they were a
    thousand."""
    found: list[Comment] = []
    after = ""
    while len(found) < COMMENTS:
        some = min(_PAGE, COMMENTS - len(found))
        page = reading.list_comments(runtime, site, reading.Filter(), after, some)
        found += page.comments
        after = page.last
        if not after:
            return found, False
        if time.monotonic() - began > SECONDS:
            return found, len(found) < COMMENTS
    return found, False


def _then_known(runtime: Runtime, newest: Sequence[Comment]) -> list[Known]:
    """Return what was known of the author of each comment when it came.

    What is known of them now, without what came of these comments; these are added one after the
    other, the oldest first, as they stand today.
    """
    marks = [author_mark(runtime.secret, c.submission, c.created_ms) for c in newest]
    people = [authors.people_of(mark) for mark in marks]
    asked = {(c.site, who) for c, (some, _) in zip(newest, people, strict=True) for who in some}
    order = sorted(asked)
    records = authors.read(runtime.store, [(site, who, b"") for site, who in order])
    counts = {
        who: [record.approved, record.spam] if record else [0, 0]
        for (_, who), record in zip(order, records, strict=True)
    }
    for comment, (some, _) in zip(newest, people, strict=True):
        for who in some:
            _count(counts[who], comment.status, -1)
    hours: dict[bytes, deque[int]] = {who: deque() for who in counts}
    known: list[Known] = []
    for comment, (some, has_address) in zip(reversed(newest), reversed(people), strict=True):
        then = []
        for at, who in enumerate(some):
            hour = hours[who]
            hour.append(comment.created_ms)
            while hour[0] <= comment.created_ms - HOUR_MS:
                hour.popleft()
            approved, spam = (max(0, n) for n in counts[who])
            record = Record(0, 0, 0, 0, (), approved, spam)
            then.append(Person(who, has_address and at == len(some) - 1, record, len(hour)))
        known.append(known_of(then))
        for who in some:
            _count(counts[who], comment.status, 1)
    return known[::-1]


def _count(of: list[int], status: Status, by: int) -> None:
    if status in ("approved", "spam"):
        of[status == "spam"] += by


def _name(verdict: Verdict) -> tuple[str, float]:
    """Return what decided a verdict, of a list with its number."""
    reason = verdict.reasons[0][0] if verdict.reasons else ""
    return reason, verdict.signals.get(SUBSCRIPTION, 0.0)


def _verdict(comment: Comment, context: SiteContext, draft: Draft, known: Known) -> Verdict:
    """Return what settings and rules make of a comment by the score that it had."""
    scored = comment.verdict
    rules = replace(draft.rules, attack=Attack())
    if scored is None or scored.score is None:
        unknown = unscored(context.name, context.policy)
        sent, lists = comment.submission, rules.subscribed.of(comment.submission)
        decided = by_rules(unknown, sent, draft.settings, rules, 0, known, lists)
        return decided or unknown
    score, reasons = unheard(scored)
    heard = None
    if rules.subscribed.has_feeds():
        mark = likeness(comment.submission)
        heard = rules.subscribed.hear(comment.submission, mark, now_ms())
    return judge(
        comment.submission,
        scored.score if score is None else score,
        reasons,
        bands=context.bands,
        settings=draft.settings,
        model=scored.model,
        policy=context.policy,
        rules=rules,
        labels=context.labels,
        now_ms=comment.created_ms,
        known=known,
        heard=heard,
    )


def _example(
    comment: Comment, by_rules: VerdictStatus, would_be: VerdictStatus, entry: Entry | None
) -> Example:
    said = comment.decision
    was: VerdictStatus = by_rules if said is None else _DECIDED[said.label]
    # A decision for ham is overruled by holding, too; one for spam by approving alone.
    is_good = would_be == "approved"
    overrules = said is not None and is_good is not (said.label == "ham")
    return Example(comment, was, would_be, entry, overrules)
