"""A comment scored while its site waits: neither broker nor worker is needed."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from moderation.domain.comments import Comment, Status, Submission
from moderation.domain.errors import NotAuthorised, RateLimited, StoreDown, StoreFull
from moderation.domain.policy import effective_status, unreachable
from moderation.domain.sites import SiteSettings
from moderation.domain.verdicts import Verdict
from moderation.flow import learn
from moderation.flow.authorise import Grant, confirm
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.score import score_batch
from moderation.store import codec, comments


class Checked(Struct, frozen=True):
    """A comment with its verdict; `recorded` says whether it was stored and counted."""

    comment: Comment
    recorded: bool
    settings: SiteSettings


MakeNotes = Callable[[Comment, SiteSettings], comments.Notes]


def no_notes(comment: Comment, settings: SiteSettings) -> comments.Notes:
    """Returns nothing to keep beside a comment."""
    return ()


def check(
    runtime: Runtime,
    grant: Grant,
    submission: Submission,
    *,
    record: bool = True,
    notes: MakeNotes = no_notes,
) -> Checked:
    """Returns a comment with its verdict, in two round trips to the store.

    `notes` makes what is to be kept beside the comment, from it as it was just judged.

    A comment that the site sent before under the same `external_id` keeps the verdict that it
    has. Where the store cannot be reached or is full, the answer is the site's `fail_mode`.

    Raises:
        NotAuthorised: the token was revoked.
        RateLimited: it has used up its calls of this minute.
    """
    try:
        state = grant.state(runtime)
        if state.tokens != grant.revision:
            grant = confirm(runtime, grant)
            state = grant.state(runtime)
        context = learn.context(runtime, grant.site, state)
        verdict = score_batch([(submission, context)])[0]
        status = effective_status(verdict, context.settings)
        raw_id = codec.new_id()
        comment = fresh_comment(grant.site, submission, verdict, status, raw_id)
        if not record:
            return Checked(_unrecorded(comment), False, context.settings)
        stored = _record(runtime, grant, context, raw_id, comment, notes(comment, context.settings))
        return Checked(stored, True, context.settings)
    except (StoreDown, StoreFull):
        settings = runtime.last_settings(grant.site)
        verdict = unreachable(settings)
        status = effective_status(verdict, settings)
        comment = fresh_comment(grant.site, submission, verdict, status)
        return Checked(_unrecorded(comment), False, settings)


def fresh_comment(
    site: str,
    submission: Submission,
    verdict: Verdict | None,
    status: Status,
    raw_id: bytes | None = None,
) -> Comment:
    """Returns a comment as it stands when it was first written, under this or a new id."""
    raw = raw_id or codec.new_id()
    made = codec.id_ms(raw)
    return Comment(
        id=codec.id_text(raw),
        site=site,
        revision=1,
        status=status,
        submission=submission,
        verdict=verdict,
        created_ms=made,
        updated_ms=made,
    )


def _unrecorded(comment: Comment) -> Comment:
    comment.id = ""
    return comment


def write_of(
    runtime: Runtime,
    raw_id: bytes,
    submission: Submission,
    verdict: Verdict | None = None,
    status: Status = "queued",
) -> comments.Write:
    """Returns how a comment is handed to the store."""
    encoded = codec.encode(submission)
    return comments.Write(
        id=raw_id,
        external_id=submission.external_id,
        digest=codec.digest(runtime.secret, encoded),
        submission=encoded,
        verdict=verdict,
        status=status,
    )


def _record(
    runtime: Runtime,
    grant: Grant,
    context: learn.SiteContext,
    raw_id: bytes,
    comment: Comment,
    notes: comments.Notes,
) -> Comment:
    on = comments.Conditions(
        tokens=grant.revision, token_id=grant.token.id, per_minute=grant.token.per_minute
    )
    retention = comments.ttls(context.settings.retention)
    write = write_of(runtime, raw_id, comment.submission, comment.verdict, comment.status)
    now = comment.updated_ms
    names, args = comments.accept_call(grant.site, [write], retention, now, on, notes)
    answer = comments.written(runtime.store.run("accept", names, args, hurry=True))
    if answer == "tokens":
        return _record(runtime, confirm(runtime, grant), context, raw_id, comment, notes)
    if answer == "limited":
        raise RateLimited(60 - now_ms() // 1000 % 60)
    if isinstance(answer, str):
        raise NotAuthorised("the call was refused")
    if answer[0].kind == "new":
        return comment
    stored = comments.get(runtime.store, grant.site, answer[0].id)
    if stored is None:
        raise StoreDown("the comment was deleted while it was recorded")
    return stored
