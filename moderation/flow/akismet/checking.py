"""comment-check: the verdict on a comment in Akismet's two words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct

from moderation import faults
from moderation.domain.akismet import Check, Trace
from moderation.domain.comments import Comment, Status
from moderation.domain.errors import StoreDown, StoreFull, WinnowError
from moderation.domain.policy import by_fail_mode
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import COULD_NOT_BE_SCORED, STORE_UNREACHABLE, Label
from moderation.flow.akismet.keys import BlogGrant, Charge
from moderation.flow.akismet.matching import (
    Names,
    is_same_text,
    known_comment,
    name_of_unread,
    names_of,
    raw_id,
)
from moderation.flow.comments.checking import Checked, check, hold
from moderation.flow.runtime import Runtime
from moderation.store import akismet, codec, hurried
from moderation.store.comments.accepting import Notes

RECHECK_AFTER_SECONDS = 120
"""When a site that can be called back asks again about a comment that a person must look at."""


class Answer(Struct, frozen=True):
    """What a site is told: spam or not, blatant or not, when to ask again (seconds, 0: never).

    `guid` is the check's own; that of a comment's first check is the comment's id.
    """

    spam: bool
    guid: str
    discard: bool = False
    recheck_after: int = 0
    reasons: tuple[str, ...] = ()

    @property
    def label(self) -> Label:
        """The answer's one word as a label."""
        return "spam" if self.spam else "ham"

    @property
    def counted(self) -> Literal["spam", "ham", "wait"]:
        """What the comment counts as: ham that waits is not shown to anybody yet."""
        return "wait" if self.recheck_after else self.label

    @property
    def told(self) -> Label | Literal[""]:
        """The label that the site takes it for; '' where it waits for a person's word."""
        return "" if self.recheck_after else self.label


@hurried
def check_asked(
    runtime: Runtime, grant: Callable[[], BlogGrant], asked: Callable[[], Check]
) -> Answer:
    """Return the answer to a comment-check; its key is looked at within the same half second."""
    return check_comment(runtime, grant(), asked())


@hurried
def check_comment(runtime: Runtime, grant: BlogGrant, asked: Check) -> Answer:
    """Return the answer to a comment-check; where the store is down, the site's `fail_mode`.

    Tests and magic values leave no trace. A text that the site asked about before is scored
    anew, but stays the comment that it is, with its first verdict and any decision.

    Raises:
        KeyRefused: the key may not speak for this blog any more, or not this month.
    """
    guid = codec.new_id()
    if not asked.is_unread:
        try:
            return _judged(runtime, grant, asked, guid)
        except WinnowError:
            raise
        except Exception as error:
            faults.say("a comment-check", error)
    return _unjudged(runtime, grant, asked, guid)


def _judged(runtime: Runtime, grant: BlogGrant, asked: Check, guid: bytes) -> Answer:
    if asked.leaves_no_trace:
        checked = check(runtime, grant, asked.submission, record=False, missed=asked.missed)
        return _answer(asked, checked, guid)
    names = names_of(runtime.secret, asked)
    if asked.recheck_reason:
        return _recheck(runtime, grant, asked, names, guid)
    return _first(runtime, grant, asked, names, guid, names.external)


def _unjudged(runtime: Runtime, grant: BlogGrant, asked: Check, guid: bytes) -> Answer:
    """Return the answer to a check on which something failed: by the site's `fail_mode`.

    It is recorded and held, whatever the site is told: a person must look. The same check again
    is the same comment.
    """

    def notes(comment: Comment, settings: SiteSettings) -> Notes:
        answer = _answer(asked, Checked(comment, True, settings), guid)
        trace = Trace([guid], asked.callback, grant.digest, answer.told, [], [])
        return akismet.notes(grant.site, guid, trace, answer.counted)

    external = name_of_unread(runtime.secret, asked)
    submission = msgspec.structs.replace(asked.submission, external_id=external)
    record = not asked.leaves_no_trace
    checked = hold(runtime, grant, submission, record=record, raw_id=guid, notes=notes)
    return _answer(asked, checked, guid)


def _first(
    runtime: Runtime, grant: BlogGrant, asked: Check, names: Names, guid: bytes, external: str
) -> Answer:
    charge = Charge()
    grant = msgspec.structs.replace(grant, charge=charge)

    def notes(comment: Comment, settings: SiteSettings) -> Notes:
        answer = _answer(asked, Checked(comment, True, settings), guid)
        trace = _trace(grant, asked, names, guid, answer)
        return akismet.notes(grant.site, guid, trace, answer.counted)

    submission = msgspec.structs.replace(asked.submission, external_id=external)
    checked = None
    try:
        checked = check(runtime, grant, submission, raw_id=guid, notes=notes, missed=asked.missed)
    finally:
        if checked is None or not checked.new:
            charge.take_back(runtime)
    answer = _answer(asked, checked, guid)
    if checked.recorded and checked.new != "comment":
        return _noted(runtime, grant, asked, names, checked, answer)
    return answer


def _recheck(runtime: Runtime, grant: BlogGrant, asked: Check, names: Names, guid: bytes) -> Answer:
    try:
        known = known_comment(runtime, grant.site, asked, names)
    except (StoreDown, StoreFull):
        known = None
    if known is None:
        return _first(runtime, grant, asked, names, guid, names.external)
    # Of what was not read to its end, only the very same is known, and what was decided of it.
    if asked.whole and known.submission.external_id != names.external:
        return _first(runtime, grant, asked, names, guid, names.external)
    if not is_same_text(known.submission, asked.submission):
        return _first(runtime, grant, asked, names, guid, known.submission.external_id)
    checked = check(runtime, grant, asked.submission, record=False, missed=asked.missed)
    if known.decision is not None:
        checked = Checked(known, True, checked.settings)
    answer = _answer(asked, checked, guid, known=True)
    return _noted(runtime, grant, asked, names, Checked(known, True, checked.settings), answer)


def _noted(
    runtime: Runtime, grant: BlogGrant, asked: Check, names: Names, found: Checked, answer: Answer
) -> Answer:
    """Add a check to those of a comment that was there before it; return what can be said.

    Until a person decides, the comment counts as what the site was told of it last.
    """
    comment = found.comment
    trace = _trace(grant, asked, names, bytes.fromhex(answer.guid), answer)
    label = "" if comment.decisions else answer.counted
    try:
        akismet.change_trace(
            runtime.store,
            grant.site,
            raw_id(comment),
            lambda before: trace.after(before) if before else trace,
            akismet.Counted(label, comment.updated_ms),
        )
    except (StoreDown, StoreFull):
        return msgspec.structs.replace(answer, recheck_after=0)
    return answer


def _trace(grant: BlogGrant, asked: Check, names: Names, guid: bytes, answer: Answer) -> Trace:
    return Trace(
        guids=[guid],
        callback=asked.callback,
        key=grant.digest,
        told=answer.told,
        same=[names.same],
        references=[names.reference] if names.reference else [],
    )


def _answer(asked: Check, checked: Checked, guid: bytes, known: bool = False) -> Answer:
    """Map a verdict, and the decision if there is one, to Akismet's words."""
    comment, settings = checked.comment, checked.settings
    verdict = comment.verdict
    assert verdict is not None
    codes = tuple(code for code, _ in verdict.reasons) if asked.wants_reasons else ()
    quiet = Answer(False, guid.hex(), reasons=codes)
    if asked.is_administrator or settings.mode == "observe":
        return quiet
    if asked.is_test and asked.wants_discard:
        return Answer(True, guid.hex(), discard=True, reasons=codes)
    if asked.is_magic:
        return Answer(True, guid.hex(), reasons=codes)
    status = _status(comment, settings)
    if status == "held":
        if asked.callback and not asked.is_recheck and (checked.recorded or known):
            return Answer(False, guid.hex(), recheck_after=RECHECK_AFTER_SECONDS, reasons=codes)
        return Answer(settings.held_as == "spam", guid.hex(), reasons=codes)
    if status == "spam":
        discard = verdict.discard and comment.decision is None
        return Answer(True, guid.hex(), discard=discard, reasons=codes)
    return quiet


def _status(comment: Comment, settings: SiteSettings) -> Status:
    """Return what a site is told a comment is.

    One that nobody could judge is held until a person looks, but a site that asked for another
    answer by its `fail_mode` is told that.
    """
    verdict = comment.verdict
    if verdict is None or verdict.decided_by != "fail_mode" or comment.decision is not None:
        return comment.status
    status = by_fail_mode(settings, COULD_NOT_BE_SCORED).status
    if status == "held" and verdict.reasons[0][0] == STORE_UNREACHABLE:
        return "approved"  # Nobody will look: the rules of the site itself decide.
    return status


def empty_answer() -> Answer:
    """Return the answer for when nothing at all is known: let it pass, the site's rules decide."""
    return Answer(False, new_guid())


def new_guid() -> str:
    """Return a name for a check of which nothing is kept."""
    return codec.new_id().hex()
