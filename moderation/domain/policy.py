"""The one place where a score becomes a status."""

from __future__ import annotations

from typing import Protocol

from msgspec.structs import replace

from moderation.domain.bands import band_of
from moderation.domain.comments import Status, Submission
from moderation.domain.honeypots import is_filled_by_a_bot
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import (
    COULD_NOT_BE_SCORED,
    HONEYPOT,
    HONEYPOT_AUTOFILL,
    TRUSTED_ROLE,
    Label,
    Verdict,
    VerdictStatus,
)

_FAIL: dict[str, tuple[Label, VerdictStatus]] = {
    "hold": ("ham", "held"),
    "approve": ("ham", "approved"),
    "spam": ("spam", "spam"),
}


REASONS = 5
"""Most reasons that a verdict gives."""


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
) -> Verdict:
    """Return the verdict on a scored comment: rules first, in order, then the bands.

    `score` is the probability of spam rounded to 1e-6, `reasons` carry weights in logits rounded
    to 0.01. A bound belongs to the band above it. The label is the likelier side by the score,
    whatever a rule makes of the status.

    Raises:
        ValueError: the score is no probability; below every bound, it would approve anything.
    """
    if not 0 <= score <= 1:
        raise ValueError("a score is a probability")
    label: Label = "spam" if score >= 0.5 else "ham"
    hold, reject = thresholds(bands, settings)
    status: VerdictStatus = "spam" if score >= reject else "held" if score >= hold else "approved"
    verdict = Verdict(
        label,
        status,
        score,
        status == "spam" and score >= bands.discard,
        tuple(reasons[:REASONS]),
        model,
        policy,
        "model",
        signals or {},
        band_of(score, hold, reject),
    )
    if is_trusted(submission, settings):
        return _by_rule(verdict, "approved", TRUSTED_ROLE)
    if is_filled_by_a_bot(submission):
        # The site itself says that the field is hidden from people: whoever filled it is none.
        return _by_rule(verdict, "spam", HONEYPOT)
    # Browsers fill hidden fields in too, but with nothing that is not the author's own.
    return _at_most_held(verdict, HONEYPOT_AUTOFILL) if submission.honeypot.strip() else verdict


def _by_rule(verdict: Verdict, status: VerdictStatus, reason: str) -> Verdict:
    """Return what a rule makes of a verdict, whatever the score."""
    return replace(
        verdict,
        status=status,
        discard=False,
        reasons=((reason, 0.0),),
        decided_by="rule",
        signals={},
    )


def of_partly_read(verdict: Verdict, reason: str) -> Verdict:
    """Return the verdict on a comment of which not all was read, with the reason why.

    The model approves nothing unread; what a rule approves, it approves for its author.
    """
    return _at_most_held(verdict, reason)


def _at_most_held(verdict: Verdict, reason: str) -> Verdict:
    """Return a verdict that gives this reason first, and holds what the model would approve."""
    why = ((reason, 0.0), *verdict.reasons[: REASONS - 1])
    if verdict.status == "approved" and verdict.decided_by == "model":
        return replace(verdict, status="held", decided_by="rule", reasons=why)
    return replace(verdict, reasons=why)


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


def by_fail_mode(settings: SiteSettings, reason: str) -> Verdict:
    """Return the site's answer for when a comment can neither be judged nor recorded."""
    label, status = _FAIL[settings.fail_mode]
    return Verdict(label, status, None, False, ((reason, 0.0),), "", 0, "fail_mode")


def effective_status(verdict: Verdict, settings: SiteSettings) -> Status:
    """Return what the site should do by the verdict alone: in `observe`, always approve."""
    return "approved" if settings.mode == "observe" else verdict.status
