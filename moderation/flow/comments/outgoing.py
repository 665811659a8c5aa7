"""A comment as it goes out to its site: with its verdict, and with the reasons in plain words."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType

from moderation.domain import comments, decisions
from moderation.domain.comments import Author, Status, Time
from moderation.domain.decisions import Via
from moderation.domain.verdicts import Label
from moderation.flow.comments.judged import (
    NO_NAMES,
    EarlierVerdict,
    Names,
    Reason,
    Score,
    Verdict,
    earlier_out,
    verdict_out,
)


class Decision(Struct, frozen=True):
    """A person's or a site's word on a comment; it goes before the verdict."""

    label: Label
    """What the comment is."""
    by: str
    """Who said so."""
    via: Via
    """By which way it came."""
    at: Time
    """When it was said."""
    note: str = ""
    """Why; may be empty."""


class Span(Struct, frozen=True):
    """A part of a field, in code points, that moved the score."""

    field: Literal["content", "author.name", "author.url"]
    """The field that it is a part of."""
    start: int
    """The first code point, from 0."""
    end: int
    """The code point after the last."""
    weight: float
    """In logits, above 0 towards spam."""


class Explained(Struct, frozen=True):
    """Why the model, as it is now, scores this comment as it does."""

    model: str
    """The model as it is now."""
    probability: Score
    """The probability of spam by it."""
    logit: float
    """The same as a logit: the sum of `bias` and all weights."""
    bias: float
    """What every comment begins with, in logits."""
    spans: list[Span]
    """Parts of the text that moved the score."""
    signals: list[Reason]
    """What else moved the score."""


class Comment(Struct, kw_only=True, omit_defaults=True):
    """A comment as it stands: what was sent and what is known of it."""

    id: str
    """The id that Winnow gave it: a ULID."""
    site: str
    """The name of its site."""
    revision: int
    """Counts the texts sent under one `external_id`, from 1."""
    status: Status
    """What the site should do now: by the decision if there is one, else by the verdict."""
    verdict: Verdict | None
    """The machine's word; null while the comment is queued."""
    decision: Decision | None
    """A person's or the site's word; null where there is none."""
    created_at: Time
    """When the site says that it was written, else when it came in."""
    updated_at: Time
    """When it last changed in Winnow."""
    content: str
    """The comment itself, as it was sent."""
    author: Author | UnsetType = UNSET
    """Who wrote it; absent where nothing of that was sent."""
    permalink: str = ""
    """The address of the page; absent where it was not sent."""
    referrer: str = ""
    """The page that its author came from; absent where it was not sent."""
    type: str = ""
    """What it is, in the site's word; absent where it was not sent."""
    etag: str = ""
    """The name of its state as it is shown, as in the header `ETag`, for `If-Match` of a decision;
    absent where it is not stored."""
    external_id: str = ""
    """The site's own id of it; absent where it was not sent."""
    parent_id: str = ""
    """The site's own id of the comment that it answers; absent where it was not sent."""
    article_published_at: Time | None = None
    """When the page was published; absent where it was not sent."""
    language: str = ""
    """The site's language; absent where it was not sent."""
    context: list[str] = []
    """Other text of the page; absent where it was not sent."""
    honeypot: str = ""
    """What stood in a field that people do not see; absent where it was not sent."""
    form_ms: int | None = None
    """Milliseconds for which the form was open; absent where it was not sent."""
    explanation: Explained | UnsetType = UNSET
    """Why it scores as it does; absent unless `explain` asked for it."""
    word_back: str = ""
    """What became of telling a site that asked by Akismet's protocol: `told`, `given up`, `no
    callback` (it gave no address and must be told by hand), `refused` (its key was revoked, or its
    blog), or why the last try failed; absent while there is nothing to tell, and in lists."""
    earlier_verdicts: list[EarlierVerdict] = []
    """What it was judged before it was judged anew, the oldest first: the first and the newest
    seven; absent where there are none."""


def time_of(ms: int) -> dt.datetime:
    """Return a time in milliseconds since 1970 as UTC."""
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC)


def decision_out(decision: decisions.Decision) -> Decision:
    """Return a decision with its time as RFC 3339."""
    return Decision(
        decision.label, decision.by, decision.via, time_of(decision.at_ms), decision.note
    )


def comment_out(comment: comments.Comment, withdrawn: Names = NO_NAMES) -> Comment:
    """Return a comment as the API shows it; `withdrawn` are the models that are."""
    return Comment(**comment_fields(comment, withdrawn))


_NOBODY = Author()


def comment_fields(comment: comments.Comment, withdrawn: Names = NO_NAMES) -> dict[str, Any]:
    """Return the fields of a comment as it is shown, by their names."""
    sent = comment.submission
    return {
        "id": comment.id,
        "site": comment.site,
        "revision": comment.revision,
        "etag": comment_tag(comment) if comment.id else "",
        "status": comment.status,
        "verdict": verdict_out(comment.verdict, withdrawn) if comment.verdict else None,
        "decision": decision_out(comment.decision) if comment.decision else None,
        "created_at": sent.created_at or time_of(comment.created_ms),
        "updated_at": time_of(comment.updated_ms),
        "content": sent.content,
        "author": sent.author if sent.author != _NOBODY else UNSET,
        "permalink": sent.permalink,
        "referrer": sent.referrer,
        "type": sent.type,
        "external_id": sent.external_id,
        "parent_id": sent.parent_id,
        "article_published_at": sent.article_published_at,
        "language": sent.language,
        "context": sent.context,
        "honeypot": sent.honeypot,
        "form_ms": sent.form_ms,
        "earlier_verdicts": earlier_out(comment.verdict, withdrawn),
    }


def comment_tag(comment: comments.Comment) -> str:
    """Return the entity tag of a comment as it is shown: it changes with all that is shown of it.

    That is its state (revision and number of decisions), and whether it waits for its verdict, or
    when it was judged anew.
    """
    verdict = comment.verdict
    if verdict is None:
        return f'{comment.etag[:-1]}-queued"'
    return f'{comment.etag[:-1]}-{comment.updated_ms}"' if verdict.earlier else comment.etag
