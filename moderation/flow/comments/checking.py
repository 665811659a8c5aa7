"""A comment scored while its site waits: neither broker nor worker is needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from moderation import faults
from moderation.domain.comments import Comment, Submission
from moderation.domain.errors import NotAuthorised, StoreDown, StoreFull, WinnowError
from moderation.domain.policy import by_fail_mode, effective_status, unscored
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import COULD_NOT_BE_SCORED, STORE_UNREACHABLE
from moderation.flow import revised
from moderation.flow.authorise import Grant, confirm, limited
from moderation.flow.comments.draft import Draft, unrecorded
from moderation.flow.drafts import fresh_comment, write_of
from moderation.flow.events import Scored
from moderation.flow.runtime import Runtime, now_ms
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
    draft = Draft(runtime, grant.site, submission, raw_id, missed, is_counted=record)
    try:
        if record:
            return _recorded(runtime, grant, draft, notes)
        state, grant = _agreed(runtime, grant, _charged(runtime, grant))
        draft.score(state)
        if draft.asks():
            state, grant = _agreed(runtime, grant, draft.look())
            draft.score(state)
        comment, settings = draft.judged()
        return Checked(unrecorded(comment), False, settings)
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
            write = write_of(runtime, raw_id, submission, verdict, status)
            beside = make(comment, settings)
            stored = _record(runtime, grant, settings, comment, write, beside)
            if isinstance(stored, Checked):
                return stored
        except (StoreDown, StoreFull):
            break
        except WinnowError:
            raise
        except Exception as error:
            faults.say("the recording of a check", error)
    return _failed(runtime, grant, submission, COULD_NOT_BE_SCORED)


def _recorded(runtime: Runtime, grant: Grant, draft: Draft, notes: MakeNotes) -> Checked:
    expected = state = _expected(runtime, grant)
    if state is None:
        state, grant = _agreed(runtime, grant, grant.state(runtime))
        expected = state
    while True:
        draft.score(state)
        if draft.asks():
            # What is known of the author comes with the state: nothing is to be compared.
            expected = None
            state, grant = _agreed(runtime, grant, draft.look())
            draft.score(state)
        comment, settings = draft.judged()
        write, beside = draft.write(comment, settings), notes(comment, settings)
        stored = _record(runtime, grant, settings, comment, write, beside, expected)
        if isinstance(stored, Checked):
            return stored
        # Once it is told the state, the verdict stands by it as of then: no third round trip.
        expected = None
        state, signals = stored
        state, grant = _agreed(runtime, grant, state)
        draft.know(signals)


def _failed(runtime: Runtime, grant: Grant, submission: Submission, reason: str) -> Checked:
    runtime.own(Vitals).on_fail_mode(reason)
    policy = runtime.last_policy(grant.site)
    settings = policy.settings
    verdict = by_fail_mode(settings, reason, policy.rules, now_ms())
    status = effective_status(verdict, settings)
    comment = fresh_comment(grant.site, submission, verdict, status)
    return Checked(unrecorded(comment), False, settings)


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


def _record(
    runtime: Runtime,
    grant: Grant,
    settings: SiteSettings,
    comment: Comment,
    write: accepting.Write,
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
    now = comment.updated_ms
    names, args = accepting.accept_call(grant.site, [write], retention, now, on, notes)
    raw_answer = runtime.store.run("accept", names, args)
    changed = accepting.state_instead(raw_answer)
    if changed is not None:
        return changed, unpack(write.author, accepting.signals_instead(raw_answer))
    answer = accepting.written(raw_answer)
    if answer == "changed":
        grant = confirm(runtime, grant)
        return _record(runtime, grant, settings, comment, write, notes)
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
    revised.note(runtime, grant.site, [written])
    return Checked(found, True, settings, new)
