"""What a list would have done to the comments of late, before anybody saves it."""

from __future__ import annotations

import time

from msgspec import Struct

from moderation.domain.comments import Comment
from moderation.domain.listed import Entry, Listed
from moderation.domain.matching import Compiled
from moderation.domain.policy import ENTRY, Rules, by_rules, judge, unscored
from moderation.domain.verdicts import Label, Verdict, VerdictStatus
from moderation.flow.comments import reading
from moderation.flow.judging import SiteContext
from moderation.flow.labels import learning
from moderation.flow.runtime import Runtime
from moderation.store import sites

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
    """What a list would have done to the newest comments of a site.

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


def try_out(runtime: Runtime, site: str, saved: Listed, draft: Listed) -> Trial:
    """Return what a draft would have done to the last thousand comments; nothing is changed.

    The score of each is the one that it had; what is held for an attack is left out of account.
    """
    began = time.monotonic()
    context = learning.context(runtime, site, sites.read(runtime.store, site))
    both = Rules(Compiled(saved)), Rules(Compiled(draft))
    entries = {float(entry.number): entry for entry in draft.entries}
    known = set(saved.entries)
    drafted = {float(entry.number) for entry in draft.entries if entry not in known}
    examples: list[Example] = []
    looked = oldest = fits = 0
    after, is_cut = "", False
    while looked < COMMENTS and not is_cut:
        page = reading.list_comments(
            runtime, site, reading.Filter(), after, min(_PAGE, COMMENTS - looked)
        )
        for comment in page.comments:
            before, with_draft = (_verdict(comment, context, rules) for rules in both)
            number = with_draft.signals.get(ENTRY, 0.0)
            looked, oldest = looked + 1, comment.created_ms
            fits += number in drafted
            if number in drafted or before.status != with_draft.status:
                entry = entries.get(number)
                examples.append(_example(comment, before.status, with_draft.status, entry))
        after, is_cut = page.last, time.monotonic() - began > SECONDS
        if not after:
            break
    newly = [one for one in examples if one.is_new]
    overruled = sum(one.overrules for one in newly)
    examples.sort(key=lambda one: (not (one.is_new and one.overrules), not one.is_new))
    seconds = round(time.monotonic() - began, 3)
    return Trial(
        looked, oldest, fits, len(newly), overruled, examples[:EXAMPLES], seconds,
        is_cut and bool(after) and looked < COMMENTS,
    )  # fmt: skip


def _verdict(comment: Comment, context: SiteContext, rules: Rules) -> Verdict:
    """Return what settings and rules make of a comment by the score that it had."""
    scored = comment.verdict
    if scored is None or scored.score is None:
        unknown = unscored(context.name, context.policy)
        return by_rules(unknown, comment.submission, context.settings, rules, 0) or unknown
    return judge(
        comment.submission,
        scored.score,
        list(scored.reasons),
        bands=context.bands,
        settings=context.settings,
        model=scored.model,
        policy=context.policy,
        rules=rules,
        labels=context.labels,
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
