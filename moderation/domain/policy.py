"""The one place where a score becomes a status."""

from __future__ import annotations

from itertools import chain
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.bands import band_of
from moderation.domain.comments import Status, Submission
from moderation.domain.copies import NO_SUBSCRIPTIONS, Asked, Subscribed
from moderation.domain.feeds import Heard
from moderation.domain.holding import doubts, has_good_name, is_trusted_author, stops, suspicions
from moderation.domain.honeypots import is_filled_by_a_bot
from moderation.domain.keywords import SearchedKeys
from moderation.domain.known import NOTHING_KNOWN, Known
from moderation.domain.listed import Action, Kind
from moderation.domain.matching import NO_LIST, Compiled
from moderation.domain.sites import Attack, SiteSettings
from moderation.domain.verdicts import (
    COULD_NOT_BE_SCORED,
    GOOD_REPUTATION,
    HONEYPOT,
    HONEYPOT_AUTOFILL,
    KEYS_DISALLOWED,
    KEYS_MODERATION,
    LISTED_ADDRESS,
    LISTED_DOMAIN,
    LISTED_EMAIL,
    LISTED_NAME,
    LISTED_WORDS,
    SUBSCRIBED_LIST,
    TRUSTED_AUTHOR,
    TRUSTED_ROLE,
    UNDER_ATTACK,
    WARMING_UP,
    Label,
    Verdict,
    VerdictStatus,
)
from moderation.domain.weighing import with_feed

_FAIL: dict[str, tuple[Label, VerdictStatus]] = {
    "hold": ("ham", "held"),
    "approve": ("ham", "approved"),
    "spam": ("spam", "spam"),
}
_BY_ACTION: dict[Action, VerdictStatus] = {"approve": "approved", "hold": "held", "spam": "spam"}
_LISTED: dict[Kind, str] = {
    "words": LISTED_WORDS,
    "domain": LISTED_DOMAIN,
    "address": LISTED_ADDRESS,
    "email": LISTED_EMAIL,
    "name": LISTED_NAME,
}
ENTRY = "list_entry"
"""The signal that names the entry of the site's list which decided, by its number."""
SUBSCRIPTION = "subscribed_list"
"""The signal that names the subscribed list which decided, by its number."""

REASONS = 5
"""Most reasons that a verdict gives."""


class Rules(Struct, frozen=True):
    """What a site's people laid down beside its settings: its list, WordPress's keys, lists of
    others, and what is held for now."""

    listed: Compiled = NO_LIST
    attack: Attack = Attack()
    keys: SearchedKeys = SearchedKeys()
    subscribed: Subscribed = NO_SUBSCRIPTIONS


NO_RULES = Rules()


class BandsLike(Protocol):
    """Three thresholds on the probability of spam, 0 < hold <= reject <= discard."""

    @property
    def hold(self) -> float: ...
    @property
    def reject(self) -> float: ...
    @property
    def discard(self) -> float: ...


def is_trusted(submission: Submission, settings: SiteSettings) -> bool:
    """Say whether one of the author's comma-joined roles is one that the site trusts."""
    role = submission.author.role
    if not role:
        return False
    trusted = {name.strip().lower() for name in settings.trusted_roles}
    return any(part.strip().lower() in trusted for part in role.split(","))


def judge(
    submission: Submission,
    score: float,
    reasons: list[tuple[str, float]],
    *,
    bands: BandsLike,
    settings: SiteSettings,
    model: str,
    policy: int,
    signals: dict[str, float] | None = None,
    rules: Rules = NO_RULES,
    labels: int = 0,
    now_ms: int = 0,
    known: Known = NOTHING_KNOWN,
    heard: Heard | None = None,
) -> Verdict:
    """Return the verdict on a scored comment: rules that decide, the bands, then those that hold.

    `score` is the probability of spam rounded to 1e-6, `reasons` carry weights in logits rounded
    to 0.01; `policy` is the revision of settings and rules, `labels` the length of the site's
    label log, `known` what the rules ask about the author. `heard` is what a feed says: it moves
    the score, and is never enough to make a comment blatant. A bound belongs to the band above it.
    The label is the likelier side by the score, whatever a rule makes of the status.

    Raises:
        ValueError: the score is no probability; below every bound, it would approve anything.
    """
    if not 0 <= score <= 1:
        raise ValueError("a score is a probability")
    own = score
    if heard is not None:
        score, reasons, signals = with_feed(score, reasons, signals, heard)
    label: Label = "spam" if score >= 0.5 else "ham"
    hold, reject = thresholds(bands, settings)
    status: VerdictStatus = "spam" if score >= reject else "held" if score >= hold else "approved"
    verdict = Verdict(
        label,
        status,
        score,
        status == "spam" and own >= bands.discard,
        tuple(reasons[:REASONS]),
        model,
        policy,
        "model",
        {**known.signals(), **(signals or {})},
        band_of(score, hold, reject),
    )
    lists = rules.subscribed.of(submission)
    decided = by_rules(verdict, submission, settings, rules, now_ms, known, lists)
    if decided is not None:
        return decided
    if verdict.status == "spam" and labels < settings.warm_up:
        verdict = _held(verdict, WARMING_UP)
    elif submission.honeypot.strip():
        # Browsers fill hidden fields in too, but with nothing that is not the author's own.
        verdict = _at_most_held(verdict, HONEYPOT_AUTOFILL)
    return looked_at(verdict, submission, settings, rules, now_ms, known, lists)


def by_rules(
    verdict: Verdict,
    submission: Submission,
    settings: SiteSettings,
    rules: Rules,
    now_ms: int,
    known: Known,
    lists: Asked,
) -> Verdict | None:
    """Return what the first rule that fits makes of a verdict, None where none fits; `lists` are
    those of others, asked about this comment.

    The order: roles that the site trusts, its list in the list's own order, disallowed keys, the
    field that people do not see, subscribed lists that reject, whether everything is held for now,
    and authors who have earned trust, unless what they write is held whoever writes it.
    """
    if is_trusted(submission, settings):
        return _by_rule(verdict, "approved", TRUSTED_ROLE)
    entry = rules.listed.first(submission)
    if entry is not None:
        status, reason = _BY_ACTION[entry.action], _LISTED[entry.kind]
        return _by_rule(verdict, status, reason, {ENTRY: float(entry.number)})
    if rules.keys.disallows(submission):
        return _by_rule(verdict, "spam", KEYS_DISALLOWED)
    if is_filled_by_a_bot(submission):
        # The site itself says that the field is hidden from people: whoever filled it is none.
        return _by_rule(verdict, "spam", HONEYPOT)
    subscription = lists.first("spam")
    if subscription is not None:
        return _by_rule(
            verdict, "spam", SUBSCRIBED_LIST, {SUBSCRIPTION: float(subscription.number)}
        )
    if rules.attack.is_on(now_ms):
        return _by_rule(verdict, "held", UNDER_ATTACK)
    if is_trusted_author(settings, known) and not any(stops(submission, settings, known, now_ms)):
        return _by_rule(verdict, "approved", TRUSTED_AUTHOR)
    return None


def looked_at(
    verdict: Verdict,
    submission: Submission,
    settings: SiteSettings,
    rules: Rules,
    now_ms: int,
    known: Known,
    lists: Asked,
) -> Verdict:
    """Return a verdict that no rule decided, held where the first of these says so; never milder.

    The order: a page that is closed, the pace of an address and of an author, moderation keys,
    subscribed lists that hold, links, first-time authors, campaigns, bad reputations. What is spam
    by its score stays so, but of authors with a good name: a person looks at that, and what would
    be held of theirs is approved.
    """
    stopped = next(stops(submission, settings, known, now_ms), None)
    if has_good_name(settings, known) and verdict.decided_by == "model":
        verdict = _milder(verdict, is_stopped=stopped is not None)
    if verdict.status == "spam":
        return verdict
    if stopped is not None:
        return _at_most_held(verdict, stopped)
    if rules.keys.holds(submission):
        return _at_most_held(verdict, KEYS_MODERATION)
    subscription = lists.first("hold")
    if subscription is not None:
        named = {**verdict.signals, SUBSCRIPTION: float(subscription.number)}
        return _at_most_held(replace(verdict, signals=named), SUBSCRIBED_LIST)
    doubted = chain(doubts(submission, settings, known), suspicions(settings, known))
    doubt = next(doubted, None)
    return verdict if doubt is None else _at_most_held(verdict, doubt)


def _milder(verdict: Verdict, *, is_stopped: bool) -> Verdict:
    """Return a verdict of the model on somebody with a good name."""
    if verdict.status == "spam":
        return _held(verdict, GOOD_REPUTATION)
    if verdict.status != "held" or is_stopped:
        return verdict
    why = ((GOOD_REPUTATION, 0.0), *verdict.reasons[: REASONS - 1])
    return replace(verdict, status="approved", decided_by="rule", reasons=why)


def _by_rule(
    verdict: Verdict, status: VerdictStatus, reason: str, signals: dict[str, float] | None = None
) -> Verdict:
    """Return what a rule makes of a verdict, whatever the score."""
    return replace(
        verdict,
        status=status,
        discard=False,
        reasons=((reason, 0.0),),
        decided_by="rule",
        signals={**verdict.signals, **(signals or {})},
    )


def of_partly_read(verdict: Verdict, reason: str) -> Verdict:
    """Return the verdict on a comment of which not all was read, with the reason why.

    Nothing is approved unread but for its author: by the model, or for words that it holds.
    """
    if verdict.status == "approved" and _first(verdict) in (LISTED_WORDS, LISTED_DOMAIN):
        return _held(verdict, reason)
    return _at_most_held(verdict, reason)


def _first(verdict: Verdict) -> str:
    return verdict.reasons[0][0] if verdict.reasons else ""


def _at_most_held(verdict: Verdict, reason: str) -> Verdict:
    """Return a verdict that gives this reason first, and holds what the model would approve."""
    is_mild = verdict.decided_by == "model" or _first(verdict) == GOOD_REPUTATION
    if verdict.status == "approved" and is_mild:
        return _held(verdict, reason)
    return replace(verdict, reasons=((reason, 0.0), *verdict.reasons[: REASONS - 1]))


def _held(verdict: Verdict, reason: str) -> Verdict:
    """Return a verdict held by a rule, which stands before the filter's own reasons."""
    why = ((reason, 0.0), *verdict.reasons[: REASONS - 1])
    return replace(verdict, status="held", discard=False, decided_by="rule", reasons=why)


def thresholds(bands: BandsLike, settings: SiteSettings) -> tuple[float, float]:
    """Return where holding and rejecting begin: what people chose goes before the model's."""
    hold, reject = settings.hold, settings.reject
    if hold is None:
        hold = bands.hold if reject is None else min(bands.hold, reject)
    return hold, max(hold, bands.reject if reject is None else reject)


def unscored(model: str, policy: int) -> Verdict:
    """Return the verdict on a comment that failed to be scored by itself: a person must look."""
    return Verdict(
        "ham", "held", None, False, ((COULD_NOT_BE_SCORED, 0.0),), model, policy, "fail_mode"
    )


def by_fail_mode(
    settings: SiteSettings, reason: str, rules: Rules = NO_RULES, now_ms: int = 0
) -> Verdict:
    """Return the site's answer for when a comment can neither be judged nor recorded.

    What is held for now is not approved because the store is away.
    """
    label, status = _FAIL[settings.fail_mode]
    if status == "approved" and rules.attack.is_on(now_ms):
        status = "held"
    return Verdict(label, status, None, False, ((reason, 0.0),), "", 0, "fail_mode")


def effective_status(verdict: Verdict, settings: SiteSettings) -> Status:
    """Return what the site should do by the verdict alone: in `observe`, always approve."""
    return "approved" if settings.mode == "observe" else verdict.status
