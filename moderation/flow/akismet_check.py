"""comment-check: the verdict on a comment in Akismet's two words."""

from __future__ import annotations

import secrets
from typing import Literal

import msgspec
from msgspec import Struct

from moderation.domain.akismet import Check, Trace
from moderation.domain.comments import Comment
from moderation.domain.errors import StoreDown, StoreFull
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import Label
from moderation.flow.akismet_keys import BlogGrant
from moderation.flow.akismet_match import Names, is_same_text, known_comment, names_of, raw_id
from moderation.flow.check import Checked, check
from moderation.flow.runtime import Runtime
from moderation.store import akismet, hurried
from moderation.store.comments import Notes

RECHECK_AFTER_SECONDS = 120
"""When a site that can be called back asks again about a comment that a person must look at."""
GUIDS_KEPT = 8


class Answer(Struct, frozen=True):
    """What a site is told: spam or not, blatant or not, when to ask again (seconds, 0: never)."""

    spam: bool
    guid: str
    discard: bool = False
    recheck_after: int = 0
    reasons: tuple[str, ...] = ()

    @property
    def told(self) -> Label | Literal[""]:
        """The label that the site takes it for; '' where it waits for a person's word."""
        if self.recheck_after:
            return ""
        return "spam" if self.spam else "ham"


@hurried
def check_comment(runtime: Runtime, grant: BlogGrant, asked: Check) -> Answer:
    """Returns the answer to a comment-check; where the store is down, the site's `fail_mode`.

    Tests and magic values leave no trace. A text that the site asked about before is scored
    anew, but stays the comment that it is, with its first verdict and any decision.

    Raises:
        KeyRefused: the key may not speak for this blog any more, or not this month.
    """
    guid = secrets.token_bytes(16)
    if asked.is_test or asked.is_magic or asked.is_pre_check:
        checked = check(runtime, grant, asked.submission, record=False, was_cut=asked.was_cut)
        return _answer(asked, checked, guid)
    names = names_of(runtime.secret, asked)
    if asked.recheck_reason:
        return _recheck(runtime, grant, asked, names, guid)
    return _first(runtime, grant, asked, names, guid, names.external)


def _first(
    runtime: Runtime, grant: BlogGrant, asked: Check, names: Names, guid: bytes, external: str
) -> Answer:
    written: list[str] = []

    def notes(comment: Comment, settings: SiteSettings) -> Notes:
        written.append(comment.id)
        answer = _answer(asked, Checked(comment, True, settings), guid)
        return akismet.notes(grant.site, guid, _trace(grant, asked, names, [guid], answer))

    submission = msgspec.structs.replace(asked.submission, external_id=external)
    checked = check(runtime, grant, submission, notes=notes, was_cut=asked.was_cut)
    answer = _answer(asked, checked, guid)
    if checked.recorded and checked.comment.id not in written:
        # It was there before: what was noted as of the fresh verdict may not be what we answer.
        trace = _trace(grant, asked, names, [guid], answer)
        akismet.put_trace(runtime.store, grant.site, raw_id(checked.comment), trace)
    return answer


def _recheck(runtime: Runtime, grant: BlogGrant, asked: Check, names: Names, guid: bytes) -> Answer:
    try:
        known = known_comment(runtime, grant.site, asked, names)
    except (StoreDown, StoreFull):
        known = None
    if known is None:
        return _first(runtime, grant, asked, names, guid, names.external)
    if not is_same_text(known.submission, asked.submission):
        return _first(runtime, grant, asked, names, guid, known.submission.external_id)
    checked = check(runtime, grant, asked.submission, record=False, was_cut=asked.was_cut)
    if known.decision is not None:
        checked = Checked(known, True, checked.settings)
    answer = _answer(asked, checked, guid, known=True)
    try:
        _add_guid(runtime, grant, asked, names, known, guid, answer)
    except (StoreDown, StoreFull):
        return msgspec.structs.replace(answer, recheck_after=0)
    return answer


def _add_guid(
    runtime: Runtime,
    grant: BlogGrant,
    asked: Check,
    names: Names,
    known: Comment,
    guid: bytes,
    answer: Answer,
) -> None:
    raw = raw_id(known)
    before = akismet.trace(runtime.store, grant.site, raw)
    earlier = before.guids if before else []
    guids = [*earlier[:1], *[*earlier[1:], guid][1 - GUIDS_KEPT :]]
    trace = _trace(grant, asked, names, guids, answer)
    if before is not None:
        trace.callback = trace.callback or before.callback
        trace.reference = trace.reference or before.reference
    akismet.put_trace(runtime.store, grant.site, raw, trace)


def _trace(
    grant: BlogGrant, asked: Check, names: Names, guids: list[bytes], answer: Answer
) -> Trace:
    return Trace(
        guids=guids,
        callback=asked.callback,
        key=grant.digest,
        told=answer.told,
        same=names.same,
        reference=names.reference,
    )


def _answer(asked: Check, checked: Checked, guid: bytes, known: bool = False) -> Answer:
    """Maps a verdict, and the decision if there is one, to Akismet's words."""
    comment, settings = checked.comment, checked.settings
    verdict = comment.verdict
    assert verdict is not None
    codes = tuple(code for code, _ in verdict.reasons) if asked.wants_reasons else ()
    quiet = Answer(False, guid.hex(), reasons=codes)
    if asked.is_administrator or settings.mode == "observe":
        return quiet
    if asked.is_magic:
        return Answer(True, guid.hex(), reasons=codes)
    if asked.is_test and asked.wants_discard:
        return Answer(True, guid.hex(), discard=True, reasons=codes)
    if verdict.decided_by == "fail_mode" and not checked.recorded:
        return Answer(comment.status == "spam", guid.hex(), reasons=codes)
    if comment.status == "held":
        if asked.callback and not asked.is_recheck and (checked.recorded or known):
            return Answer(False, guid.hex(), recheck_after=RECHECK_AFTER_SECONDS, reasons=codes)
        return Answer(settings.held_as == "spam", guid.hex(), reasons=codes)
    if comment.status == "spam":
        discard = verdict.discard and comment.decision is None
        return Answer(True, guid.hex(), discard=discard, reasons=codes)
    return quiet


def empty_answer() -> Answer:
    """Returns the answer for when nothing at all is known: let it pass, the site's rules decide."""
    return Answer(False, secrets.token_hex(16))
