"""What people decide in the console: decisions and their undoing, each noted in the audit log."""

from __future__ import annotations

from msgspec.structs import replace

from moderation.domain.comments import Comment
from moderation.domain.errors import Overruled, StaleState
from moderation.domain.people import Act
from moderation.domain.verdicts import Label
from moderation.flow.labels import deciding
from moderation.flow.labels.deciding import Word
from moderation.flow.lookup import find
from moderation.flow.review import history, looking, sampling, tally
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import people


def decide(
    runtime: Runtime,
    site: str,
    comment_id: str,
    label: Label,
    who: str,
    address: str,
    if_match: str,
    note: str = "",
    as_sample: bool = False,
) -> Comment:
    """Decide a comment as seen under an ETag, and give its lease back.

    `as_sample` says that it was shown as one of the random sample, its verdict hidden.

    Raises:
        NotFound: no such comment. StaleState: it changed since the person looked. Overruled: it is
            decided, and another changed it before this could be answered: the ETag of their word
            would let this person undo it unseen.
    """
    word = Word(who, "console", note)
    before = find(runtime, site, comment_id)
    if as_sample:
        word = _of_sample(before, word)
    try:
        done = deciding.decide(runtime, site, comment_id, label, word, if_match)
    except StaleState as error:
        if _is_mine(error.current, label, who, if_match):
            return error.current
        if _was_mine(runtime, error.current, label, who, if_match):
            raise Overruled(error.current) from None
        raise
    what = "spam" if label == "spam" else "approved"
    people.note(runtime.store, Act(now_ms(), who, what, address, site, comment_id))
    tally.decided(runtime, who, before)
    looking.leave(runtime, site, comment_id, who)
    if not _is_mine(done, label, who, if_match):
        raise Overruled(done)
    return done


def _of_sample(comment: Comment, word: Word) -> Word:
    """Return a word as that on a comment of the random sample, with the probability that it was
    drawn with. Who decided it before has been told what the filter said."""
    if not sampling.is_hidden(comment) or comment.verdict is None:
        return word
    was_told = comment.decisions > 0
    return replace(word, suggestion_shown=was_told, audit=comment.verdict.audit)


def _is_mine(now: Comment, label: Label, who: str, if_match: str) -> bool:
    """Say whether a comment changed by this very decision, sent twice, and nothing else."""
    return (
        now.decision is not None
        and (now.decision.by, now.decision.via, now.decision.label) == (who, "console", label)
        and if_match == replace(now, decisions=now.decisions - 1).etag
    )


def _was_mine(runtime: Runtime, now: Comment, label: Label, who: str, if_match: str) -> bool:
    """Say whether this very decision, sent twice, was saved before a comment changed again."""
    return any(
        if_match.endswith(f'-{now.decisions - back}"')
        and (said.kind, said.decision.by, said.decision.via, said.decision.label)
        == ("label", who, "console", label)
        for back, said in enumerate(reversed(history.of_comment(runtime, now)), 1)
    )


def _is_undone(runtime: Runtime, now: Comment, who: str, if_match: str) -> bool:
    """Say whether a comment changed by this very withdrawal, sent twice, and nothing else."""
    if if_match != replace(now, decisions=now.decisions - 1).etag:
        return False
    last = history.of_comment(runtime, now)[-1:]
    return any(
        (said.kind, said.decision.by, said.decision.via) == ("undo", who, "console")
        for said in last
    )


def undo(
    runtime: Runtime, site: str, comment_id: str, who: str, address: str, if_match: str
) -> Comment:
    """Withdraw a comment's decision as seen under an ETag.

    Raises:
        NotFound, StaleState: as `decide`. NothingToUndo: there is no decision.
    """
    before = find(runtime, site, comment_id)
    try:
        done = deciding.undo(runtime, site, comment_id, Word(who, "console"), if_match)
    except StaleState as error:
        if not _is_undone(runtime, error.current, who, if_match):
            raise
        return error.current
    people.note(runtime.store, Act(now_ms(), who, "undone", address, site, comment_id))
    tally.withdrawn(runtime, who, before, done)
    return done
