"""A comment scored while its site waits: neither broker nor worker is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from moderation import faults
from moderation.domain.comments import Comment, Submission
from moderation.domain.errors import NotAuthorised, StoreDown, StoreFull, WinnowError
from moderation.domain.known import NOTHING_KNOWN, Known
from moderation.domain.policy import by_fail_mode, effective_status, of_partly_read, unscored
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import COULD_NOT_BE_SCORED, STORE_UNREACHABLE
from moderation.flow.authorise import Grant, confirm, limited
from moderation.flow.drafts import fresh_comment, write_of
from moderation.flow.events import Scored
from moderation.flow.judging import score_batch
from moderation.flow.knowing import is_asked, look, with_signals
from moderation.flow.labels import learning
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.sampling import drawn
from moderation.flow.vitals import Vitals
from moderation.store import codec, hurried, sites
from moderation.store.comments import accepting
from moderation.store.signals import Signals, unpack
from moderation.store.sites import SiteState

New = Literal["", "comment", "revision"]


class Checked(Struct, frozen=True):
    """A comment with its verdict; `recorded` says whether it is known to be stored.

    `new` says whether this call stored and counted it, or a revision of it, and did not just find
    it.
    """

    comment: Comment
    recorded: bool
    settings: SiteSettings
    new: New = ""


MakeNotes = Callable[[Comment, SiteSettings], accepting.Notes]


def no_notes(comment: Comment, settings: SiteSettings) -> accepting.Notes:
    """Return nothing to keep beside a comment."""
    return accepting.NO_NOTES


@hurried
def check(
    runtime: Runtime,
    grant: Grant,
    submission: Submission,
    *,
    record: bool = True,
    raw_id: bytes | None = None,
    notes: MakeNotes = no_notes,
    missed: str = "",
) -> Checked:
    """Return a comment with its verdict, in one round trip to the store, or two.

    It is judged by the site's state as this process saw it last, and recorded unless that has
    changed since; then the store answers the state as it is, and the comment is judged by that.

    `notes` makes what is to be kept beside a new comment, from it as it was just judged;
    `missed` is the reason why not all of the comment was read, '' where it was; `raw_id` is the id
    that a new comment gets, one of its own where there is none.

    A comment that the site sent before under the same `external_id` keeps the verdict that it
    has. Where the store cannot be reached or is full, the answer is the site's `fail_mode`. A
    comment on which anything fails unexpectedly is recorded and held: a person must look.

    Raises:
        NotAuthorised: the token was revoked.
        RateLimited: it has used up its calls of this minute.
    """
    raw_id = raw_id or codec.new_id()
    try:
        if record:
            return _recorded(runtime, grant, submission, raw_id, notes, missed)
        state, grant = _agreed(runtime, grant, _charged(runtime, grant))
        known = _known(runtime, grant, submission, raw_id, is_counted=False)
        if known is not None:
            state, grant = _agreed(runtime, grant, known[0])
        comment, settings = _judged(
            runtime, grant.site, state, submission, raw_id, missed, known, is_counted=False
        )
        return Checked(_unrecorded(comment), False, settings)
    except (StoreDown, StoreFull):
        return _failed(runtime, grant, submission, STORE_UNREACHABLE)
    except WinnowError:
        raise
    except Exception as error:
        faults.say("a check", error)
        return hold(runtime, grant, submission, record=record, raw_id=raw_id, notes=notes)


@hurried
def hold(
    runtime: Runtime,
    grant: Grant,
    submission: Submission,
    *,
    record: bool = True,
    raw_id: bytes,
    notes: MakeNotes = no_notes,
) -> Checked:
    """Record a comment that cannot be judged as held and return it; without `notes` if need be.

    Where it is not to be recorded, or the store does not take it, the answer is the site's
    `fail_mode`. Raises as `check`.
    """
    settings = runtime.last_settings(grant.site)
    verdict = unscored("", 0)
    status = effective_status(verdict, settings)
    comment = fresh_comment(grant.site, submission, verdict, status, raw_id)
    for make in (notes, no_notes) if record else ():
        try:
            stored = _record(runtime, grant, settings, raw_id, comment, make(comment, settings))
            if isinstance(stored, Checked):
                return stored
        except (StoreDown, StoreFull):
            break
        except WinnowError:
            raise
        except Exception as error:
            faults.say("the recording of a check", error)
    return _failed(runtime, grant, submission, COULD_NOT_BE_SCORED)


def _recorded(
    runtime: Runtime,
    grant: Grant,
    submission: Submission,
    raw_id: bytes,
    notes: MakeNotes,
    missed: str,
) -> Checked:
    expected = state = _expected(runtime, grant)
    if state is None:
        state, grant = _agreed(runtime, grant, grant.state(runtime))
        expected = state
    known = _known(runtime, grant, submission, raw_id, is_counted=True)
    if known is not None:
        # What is known of the author came with the state: nothing is to be compared.
        expected = None
        state, grant = _agreed(runtime, grant, known[0])
    while True:
        comment, settings = _judged(runtime, grant.site, state, submission, raw_id, missed, known)
        beside = notes(comment, settings)
        stored = _record(runtime, grant, settings, raw_id, comment, beside, expected)
        if isinstance(stored, Checked):
            return stored
        # Once it is told the state, the verdict stands by it as of then: no third round trip.
        expected = None
        state, signals = stored
        state, grant = _agreed(runtime, grant, state)
        # Its people may have asked for more just before.
        known = known or _known(runtime, grant, submission, raw_id, is_counted=True)
        known = state, with_signals(known[1] if known else NOTHING_KNOWN, signals)


def _failed(runtime: Runtime, grant: Grant, submission: Submission, reason: str) -> Checked:
    runtime.own(Vitals).on_fail_mode(reason)
    policy = runtime.last_policy(grant.site)
    settings = policy.settings
    verdict = by_fail_mode(settings, reason, policy.rules, now_ms())
    status = effective_status(verdict, settings)
    comment = fresh_comment(grant.site, submission, verdict, status)
    return Checked(_unrecorded(comment), False, settings)


def _expected(runtime: Runtime, grant: Grant) -> SiteState | None:
    """Return the site's state as seen last, None where the grant is not of it."""
    state = grant.last_state(runtime)
    return state if state is not None and state.tokens == grant.revision else None


def _agreed(runtime: Runtime, grant: Grant, state: SiteState) -> tuple[SiteState, Grant]:
    """Return a site's state with a grant as of it, and keeps the state for the next check."""
    if state.tokens != grant.revision:
        grant = confirm(runtime, grant)
        state = grant.state(runtime)
    runtime.states.put(grant.site, state)
    return state, grant


def _known(
    runtime: Runtime, grant: Grant, submission: Submission, raw_id: bytes, *, is_counted: bool
) -> tuple[SiteState, Known] | None:
    """Return the site's state with what its rules ask about the author, None where none asks by
    what this process knows of the site.

    Reputations and campaigns alone are looked for where the verdict is written: most comments have
    none, and make one trip.
    """
    settings = runtime.last_settings(grant.site)
    if not is_asked(settings) and (is_counted or not settings.reputation):
        return None
    return look(runtime, grant.site, submission, settings, raw_id, is_counted=is_counted)


def _charged(runtime: Runtime, grant: Grant) -> SiteState:
    """Return the site's state, counting a call that no script of its own counts."""
    token, now = grant.token, now_ms()
    if not token.per_minute:
        return grant.state(runtime)
    count = accepting.charging(grant.site, token.id, now)
    state, used = sites.read_counting(runtime.store, grant.site, count)
    if used > token.per_minute:
        raise limited(now)
    return state


def _judged(
    runtime: Runtime,
    site: str,
    state: SiteState,
    submission: Submission,
    raw_id: bytes,
    missed: str,
    known: tuple[SiteState, Known] | None,
    *,
    is_counted: bool = True,
) -> tuple[Comment, SiteSettings]:
    """Return a comment with its verdict and the settings that made it; held where that fails."""
    before = runtime.last_settings(site)
    try:
        context = learning.context(runtime, site, state)
        settings = context.settings
        if is_asked(settings) and not is_asked(before):
            # The site's people have just asked for it: this once in a trip of its own.
            known = look(runtime, site, submission, settings, raw_id, is_counted=is_counted)
        if known is not None:
            context = replace(context, known=known[1])
        verdict = score_batch([(submission, context)])[0]
        if missed:
            verdict = of_partly_read(verdict, missed)
    except WinnowError:
        raise
    except Exception as error:
        faults.say("the scoring of a comment", error)
        settings = runtime.site_settings(site, state.settings)
        verdict = unscored("", state.settings)
    status = effective_status(verdict, settings)
    verdict = drawn(runtime.secret, raw_id, verdict, status, settings)
    return fresh_comment(site, submission, verdict, status, raw_id), settings


def _unrecorded(comment: Comment) -> Comment:
    """Return a comment as one that is kept nowhere, and so is not drawn to be looked at."""
    comment.id = ""
    if comment.verdict is not None:
        comment.verdict = replace(comment.verdict, audit=None)
    return comment


def _record(
    runtime: Runtime,
    grant: Grant,
    settings: SiteSettings,
    raw_id: bytes,
    comment: Comment,
    notes: accepting.Notes,
    expected: SiteState | None = None,
) -> Checked | tuple[SiteState, Signals]:
    """Return the comment as it was stored; the site's state where it is not the `expected`, or
    something is known of the comment, with that."""
    on = accepting.Conditions(
        tokens=grant.revision,
        state=expected,
        token_id=grant.token.id,
        per_minute=grant.token.per_minute,
        tells=runtime.may_tell(grant.site),
    )
    retention = accepting.ttls(settings.retention)
    write = write_of(
        runtime,
        raw_id,
        comment.submission,
        comment.verdict,
        comment.status,
        has_signals=settings.reputation,
    )
    now = comment.updated_ms
    names, args = accepting.accept_call(grant.site, [write], retention, now, on, notes)
    raw_answer = runtime.store.run("accept", names, args)
    changed = accepting.state_instead(raw_answer)
    if changed is not None:
        return changed, unpack(write.author, accepting.signals_instead(raw_answer))
    answer = accepting.written(raw_answer)
    if answer == "changed":
        grant = confirm(runtime, grant)
        return _record(runtime, grant, settings, raw_id, comment, notes)
    if answer == "limited":
        raise limited(now_ms())
    if isinstance(answer, str):
        raise NotAuthorised("the call was refused")
    if on.tells:
        runtime.events.announce(Scored(grant.site))
    written = answer[0]
    if not written.stored:
        return Checked(comment, True, settings, "comment")
    found = codec.unpack_comment(grant.site, written.id, written.stored)
    new: New = "revision" if written.kind == "revision" else ""
    return Checked(found, True, settings, new)
