"""People's words: decisions, their undoing, and labels for comments that Winnow never judged."""

from __future__ import annotations

import msgspec
from msgspec import Struct
from ulid import ULID

from moderation.domain.comments import Comment
from moderation.domain.decisions import HOW_BY_WAY, Decision, How, Via
from moderation.domain.errors import NotFound, NothingToUndo, StaleState, StoreDown
from moderation.domain.policy import effective_status
from moderation.domain.verdicts import Label
from moderation.flow.events import Decided, Deciding, Deleted
from moderation.flow.labels import evidence, learning, replaying
from moderation.flow.lookup import find, raw_id
from moderation.flow.marks import marks_of_comment
from moderation.flow.rows import example_of_comment
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.tasks import REBUILD_LEARNER
from moderation.store import codec, labels, sites
from moderation.store.comments import accepting, deciding, deletions, reading
from moderation.store.comments.deletions import NO_MARKS
from moderation.store.comments.published import Teaching


class Word(Struct, frozen=True):
    """Who says so, by which way, and what they saw.

    `audit` is the probability with which the comment was drawn at random to be decided, None where
    somebody chose it.
    """

    by: str
    via: Via
    note: str = ""
    suggestion_shown: bool = True
    audit: float | None = None

    @property
    def how(self) -> How | None:
        """How a label comes that is this word; None where only the comment shows it."""
        return HOW_BY_WAY.get(self.via) if self.audit is None else "audit"


def decide(
    runtime: Runtime, site: str, comment_id: str, label: Label, word: Word, if_match: str | None
) -> Comment:
    """Label a comment and return it as it then is; the next verdict of every process knows.

    `if_match` is the ETag that the caller saw; None decides whatever the state is.

    Raises:
        NotFound: no such comment. StaleState: it changed since the caller looked.
    """
    return _change(runtime, site, comment_id, label, word, if_match)


def undo(runtime: Runtime, site: str, comment_id: str, word: Word, if_match: str | None) -> Comment:
    """Withdraw a comment's decision; the one before it, or the verdict, holds again.

    Raises:
        NotFound, StaleState: as `decide`. NothingToUndo: there is no decision.
    """
    return _change(runtime, site, comment_id, None, word, if_match)


def _change(
    runtime: Runtime,
    site: str,
    comment_id: str,
    label: Label | None,
    word: Word,
    if_match: str | None,
) -> Comment:
    call = str(ULID())
    for _ in range(8):
        comment = find(runtime, site, comment_id)
        if if_match is not None and if_match != comment.etag:
            raise StaleState(comment)
        runtime.events.announce(Deciding(site, comment_id, word.via))
        answer, seq = _write(runtime, comment, label, word, call)
        if answer == "nothing":
            raise NothingToUndo("the comment carries no decision")
        if answer == "ok":
            learning.heed(runtime, site)
            _rebuild_if_far(runtime, site, comment, seq)
            runtime.events.announce(Decided(site, comment_id, word.via))
            return find(runtime, site, comment_id)
        if answer == "missing":
            raise NotFound("this site has no such comment")
        if if_match is not None:
            raise StaleState(find(runtime, site, comment_id))
    raise StoreDown("the comment is being changed by others again and again")


def _write(
    runtime: Runtime, comment: Comment, label: Label | None, word: Word, call: str
) -> tuple[str, int]:
    now = now_ms()
    state = sites.read(runtime.store, comment.site)
    settings = runtime.site_settings(comment.site, state.settings)
    retention = accepting.ttls(settings.retention)
    example = kept = b""
    if label is not None:
        word = _as_drawn(runtime, comment, word)
        example = example_of_comment(
            runtime.secret,
            comment,
            now,
            suggestion_shown=word.suggestion_shown,
            audit=word.audit,
        )
        kept = evidence.drawn(runtime, comment.site, raw_id(comment.id), now)
    decision = Decision(label or "ham", word.by, word.via, now, word.note)
    return deciding.decide(
        runtime.store,
        comment.site,
        codec.id_bytes(comment.id),
        expected=(comment.revision, comment.decisions),
        label=label,
        decision=codec.encode(decision),
        example=example,
        retention=retention,
        now_ms=now,
        call=call,
        replayable=replaying.REPLAYABLE,
        undecided=effective_status(comment.verdict, settings) if comment.verdict else None,
        teaching=Teaching(word.how, kept),
        marks=marks_of_comment(runtime.secret, comment, codec.id_ms(codec.id_bytes(comment.id))),
        drawn=codec.drawn(comment.verdict),
    )


def _as_drawn(runtime: Runtime, comment: Comment, word: Word) -> Word:
    """Return a word with the probability with which the comment was drawn at random to be decided,
    as its verdict says, or the label before: whoever changes his mind about it has not chosen it.
    A report of an error says nothing of the draw."""
    if word.how is not None:
        return word
    if comment.verdict is not None and comment.verdict.audit is not None:
        return msgspec.structs.replace(word, audit=comment.verdict.audit)
    if comment.decision is None:
        return word
    before = labels.entry(runtime.store, comment.site, comment.active_label)
    if before is None or before.example is None:
        return word
    return msgspec.structs.replace(word, audit=before.example.audit)


def _rebuild_if_far(runtime: Runtime, site: str, before: Comment, seq: int) -> None:
    """Send the job for which the withdrawal of a label of long ago asked."""
    if before.active_label and seq - before.active_label > replaying.REPLAYABLE:
        runtime.tasks.send(REBUILD_LEARNER, site)


def forget(runtime: Runtime, site: str, comment_id: str, replayable: int | None = None) -> None:
    """Delete a comment and what was kept of it, the labels it taught included.

    Those of a comment that expired are deleted as well. Learners lose at once what was taught less
    than `replayable` entries ago (None: as many as can be replayed at once); the rest they have
    until a job makes them anew, which is asked for. Who deletes many has 0 and makes them anew
    himself.

    Raises:
        NotFound: no such comment.
    """
    if replayable is None:
        replayable = replaying.REPLAYABLE
    raw = raw_id(comment_id)
    # What cannot be read has to go, too.
    unread = list[bytes]()
    (comment,) = reading.get_many(runtime.store, site, [raw], unread)
    left = reading.left_of(runtime.store, site, raw) if unread else reading.Left()
    found, far = deletions.forget(
        runtime.store,
        site,
        raw,
        comment.submission.external_id if comment else left.external_id,
        replayable,
        now_ms(),
        marks_of_comment(runtime.secret, comment, codec.id_ms(raw)) if comment else NO_MARKS,
        left.revision if unread else None,
    )
    if not found:
        raise NotFound("this site has no such comment")
    learning.heed(runtime, site)
    runtime.events.announce(Deleted(site, comment_id))
    if far and replayable:
        runtime.tasks.send(REBUILD_LEARNER, site)
