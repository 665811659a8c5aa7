"""What the API answers: a comment with its verdict, reasons in plain words, explanations."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from moderation.api.preconditions import comment_tag
from moderation.api.problems import Problem
from moderation.domain import comments, decisions, verdicts
from moderation.domain.bands import Band
from moderation.domain.comments import Author, Status
from moderation.domain.decisions import Via
from moderation.domain.verdicts import DecidedBy, Label
from moderation.flow.comments import reading
from moderation.flow.comments.checking import Checked
from moderation.flow.comments.reading import reason_in, reason_text
from moderation.flow.runtime import Runtime

Score = Annotated[float, Meta(ge=0, le=1)]


class Reason(Struct, frozen=True):
    """Why the score is what it is: `weight` in logits, above 0 towards spam."""

    code: str
    text: str
    weight: float


class Verdict(Struct, frozen=True):
    """The machine's word on a comment: `score` is the probability of spam.

    `label` is the likelier side, `status` what the site's bands and rules make of it, `discard`
    marks blatant spam. `band` is the score in words, by the thresholds of its time; null where
    nothing was scored. `model` names what scored it and `policy` the revision of the site's
    settings; `signals` are the stateful values that were used.
    """

    label: Label
    status: Literal["approved", "held", "spam"]
    score: Score | None
    band: Band | None
    discard: bool
    reasons: list[Reason]
    model: str
    policy: int
    signals: dict[str, float]
    decided_by: DecidedBy


class EarlierVerdict(Struct, frozen=True):
    """What a comment was judged before: a held one is judged anew after another model was put to
    use."""

    label: Label
    status: Literal["approved", "held", "spam"]
    score: Score | None
    model: str
    policy: int
    decided_by: DecidedBy


class Decision(Struct, frozen=True):
    """A person's or a site's word on a comment; it goes before the verdict."""

    label: Label
    by: str
    via: Via
    at: dt.datetime
    note: str = ""


class Span(Struct, frozen=True):
    """Code points `start` to `end` (excluded) of a field, and their weight in logits."""

    field: Literal["content", "author.name", "author.url"]
    start: int
    end: int
    weight: float


class Explained(Struct, frozen=True):
    """Why the model, as it is now, scores this comment as it does.

    The weights of spans and signals and the bias sum to the logit of the probability.
    """

    model: str
    probability: Score
    logit: float
    bias: float
    spans: list[Span]
    signals: list[Reason]


class Comment(Struct, kw_only=True, omit_defaults=True):
    """A comment as it stands: what was sent (fields left out are absent) and what is known of it.

    `status` says what the site should do now. `created_at` is when the site says that it was
    written, else when it came in; `updated_at` is when it last changed in Winnow. `word_back`,
    read alone and after a decision, is what became of telling a site that asked by Akismet's
    protocol: `told`, `given up`, `no callback` (the site gave no address and must be told by
    hand), `refused` (its key was revoked, or its blog), or why the last try failed; absent while
    there is nothing to tell. `earlier_verdicts` are those before it was judged anew: the first and
    the newest seven, the oldest first. `etag` names this state of the comment, as the header `ETag`
    does where one comment is answered; it is what `If-Match` of a decision takes,
    and absent of a comment that is not stored.
    """

    id: str
    site: str
    revision: int
    status: Status
    verdict: Verdict | None
    decision: Decision | None
    created_at: dt.datetime
    updated_at: dt.datetime
    content: str
    author: Author | UnsetType = UNSET
    permalink: str = ""
    referrer: str = ""
    type: str = ""
    etag: str = ""
    external_id: str = ""
    parent_id: str = ""
    article_published_at: dt.datetime | None = None
    language: str = ""
    context: list[str] = []
    honeypot: str = ""
    form_ms: int | None = None
    explanation: Explained | UnsetType = UNSET
    word_back: str = ""
    earlier_verdicts: list[EarlierVerdict] = []


class CheckedComment(Comment, kw_only=True, omit_defaults=True):
    """A comment that was scored while its site waited.

    `recorded` says whether it is known to be stored and counted; `id` is null where it is not. A
    store that stalled may have taken it in after all: send it again with the same `external_id`.
    """

    id: str | None  # type: ignore[assignment]
    recorded: bool


class CommentPage(Struct, frozen=True):
    """Comments, and where the next ones are; null at the end.

    A page of a search, or of very large comments, may be short and not be the last.
    """

    data: list[Comment]
    next: str | None


class BatchItem(Struct, frozen=True, omit_defaults=True):
    """What became of one item of a batch: accepted (`id`, `status`) or refused (`problem`)."""

    index: int
    code: int
    id: str | UnsetType = UNSET
    status: Status | UnsetType = UNSET
    problem: Problem | UnsetType = UNSET


def time_of(ms: int) -> dt.datetime:
    """Return a time in milliseconds since 1970 as UTC."""
    return dt.datetime.fromtimestamp(ms / 1000, dt.UTC)


def verdict_out(verdict: verdicts.Verdict) -> Verdict:
    """Return a verdict with its reasons in words."""
    return Verdict(
        verdict.label,
        verdict.status,
        verdict.score,
        verdict.band,
        verdict.discard,
        [Reason(code, reason_in(verdict, code), weight) for code, weight in verdict.reasons],
        verdict.model,
        verdict.policy,
        verdict.signals,
        verdict.decided_by,
    )


def decision_out(decision: decisions.Decision) -> Decision:
    """Return a decision with its time as RFC 3339."""
    return Decision(
        decision.label, decision.by, decision.via, time_of(decision.at_ms), decision.note
    )


def comment_out(comment: comments.Comment) -> Comment:
    """Return a comment as the API shows it."""
    return Comment(**_fields(comment))


def checked_out(checked: Checked) -> CheckedComment:
    """Return a comment that was scored at once as the API shows it."""
    fields = _fields(checked.comment)
    fields["id"] = checked.comment.id or None
    return CheckedComment(recorded=checked.recorded, **fields)


_NOBODY = Author()


def _fields(comment: comments.Comment) -> dict[str, Any]:
    sent = comment.submission
    return {
        "id": comment.id,
        "site": comment.site,
        "revision": comment.revision,
        "etag": comment_tag(comment) if comment.id else "",
        "status": comment.status,
        "verdict": verdict_out(comment.verdict) if comment.verdict else None,
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
        "earlier_verdicts": _earlier(comment.verdict),
    }


def _earlier(verdict: verdicts.Verdict | None) -> list[EarlierVerdict]:
    return [
        EarlierVerdict(one.label, one.status, one.score, one.model, one.policy, one.decided_by)
        for one in (verdict.earlier if verdict else ())
    ]


_FIELD_OF_ROW: dict[str, Literal["content", "author.name", "author.url"]] = {
    "text": "content",
    "author": "author.name",
    "url": "author.url",
}


def explained_out(runtime: Runtime, comment: comments.Comment) -> Explained:
    """Return why a comment gets its score from the model as it is now."""
    found, model = reading.explain(runtime, comment)
    return Explained(
        model=model,
        probability=found.probability,
        logit=found.logit,
        bias=found.bias,
        spans=[Span(_FIELD_OF_ROW[s.field], s.start, s.end, s.weight) for s in found.spans],
        signals=[Reason(code, reason_text(code), weight) for code, weight in found.signals],
    )
