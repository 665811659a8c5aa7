"""Labels for comments that people judged elsewhere: stored, scored and learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.comments import Comment, Submission
from moderation.domain.decisions import Decision
from moderation.domain.errors import StoreDown
from moderation.domain.policy import effective_status, of_partly_read
from moderation.domain.verdicts import Label, Verdict
from moderation.flow import revised
from moderation.flow.authorise import Grant, confirm, refuse_retired
from moderation.flow.drafts import write_of
from moderation.flow.judging import SiteContext, score_batch
from moderation.flow.labels import evidence, learning, replaying
from moderation.flow.labels.deciding import Word
from moderation.flow.lookup import find
from moderation.flow.rows import example_of
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import codec, sites
from moderation.store.comments import accepting, reading
from moderation.store.comments.published import Teaching


class Lesson(Struct, frozen=True):
    """A comment with the label that a person gave it; `labelled_ms` None: now.

    `missed` is the reason why not all of it was read, '' where it was.
    """

    submission: Submission
    label: Label
    note: str = ""
    labelled_ms: int | None = None
    missed: str = ""


class _Place(NamedTuple):
    """A comment by its id and revision, whether it was there before its label came, and with what
    probability it was drawn at random (None: it was not)."""

    id: bytes
    revision: int
    is_known: bool
    audit: float | None = None


def teach(
    runtime: Runtime,
    grant: Grant,
    submission: Submission,
    label: Label,
    word: Word,
    labelled_ms: int | None = None,
    missed: str = "",
) -> Comment:
    """Teach one labelled comment and return it as it is then stored."""
    lesson = Lesson(submission, label, word.note, labelled_ms, missed)
    (comment_id,) = teach_many(runtime, grant, [lesson], word)
    return find(runtime, grant.site, comment_id)


def teach_many(runtime: Runtime, grant: Grant, lessons: Sequence[Lesson], word: Word) -> list[str]:
    """Store labelled comments and return their ids, in order.

    Every hundred are written at once, with the verdicts of the model as it is before them. A
    comment known by its `external_id` is labelled anew, unless its label is the same.

    Raises:
        NotAuthorised: the token was revoked. StoreFull: this hundred was not written. StoreDown:
        it is not known to be.
    """
    refuse_retired(grant)
    ids: list[str] = []
    for start in range(0, len(lessons), accepting.AT_ONCE):
        some = lessons[start : start + accepting.AT_ONCE]
        ids += write(runtime, grant.site, some, word, grant)
    learning.heed(runtime, grant.site)
    return ids


def write(
    runtime: Runtime,
    site: str,
    lessons: Sequence[Lesson],
    word: Word,
    grant: Grant | None = None,
) -> list[str]:
    """Store up to `accepting.AT_ONCE` labelled comments of a site and return their ids, in order.

    `grant` is compared with the site's tokens; None: nobody's token is used.

    Raises:
        As `teach_many`.
    """
    state = sites.read(runtime.store, site)
    if grant is not None and state.tokens != grant.revision:
        grant = confirm(runtime, grant)
    context = learning.context(runtime, site, state)
    verdicts = score_batch([(lesson.submission, context) for lesson in lessons])
    places = _places(runtime, site, [lesson.submission for lesson in lessons])
    now = now_ms()
    writes = [
        _labelled(runtime, lesson, verdict, context, place, word, now)
        for lesson, verdict, place in zip(lessons, verdicts, places, strict=True)
    ]
    names, args = accepting.accept_call(
        site, writes, accepting.ttls(context.settings.retention), now,
        accepting.Conditions(
            tokens=None if grant is None else grant.revision, replayable=replaying.REPLAYABLE,
            tells=runtime.may_tell(site),
        ),
        teaching=Teaching(word.how, _evidence(runtime, site, places, word, now)),
    )  # fmt: skip
    answer = accepting.written(runtime.store.run("accept", names, args))
    if isinstance(answer, str):
        raise StoreDown("the site's tokens are being changed again and again")
    revised.note(runtime, site, answer)
    return [codec.id_text(done.id) for done in answer]


def _evidence(runtime: Runtime, site: str, places: Sequence[_Place], word: Word, now: int) -> bytes:
    """Return the evidence that is drawn with labels: none with imported ones, as whoever imports
    has not looked at what was published here."""
    if word.via == "import":
        return b""
    known = [place.id for place in places if place.is_known]
    return evidence.drawn(runtime, site, max(known, default=b""), now, apart=set(known))


def _places(runtime: Runtime, site: str, sent: Sequence[Submission]) -> list[_Place]:
    """Return the place that each submission has, or will have once written."""
    ids = reading.find_externals(runtime.store, site, [s.external_id for s in sent])
    known = [raw_id for raw_id in ids if raw_id is not None]
    latest: dict[str, tuple[_Place, Submission]] = {}
    for raw_id, stored in zip(known, reading.get_many(runtime.store, site, known), strict=True):
        if stored is not None:
            external_id = stored.submission.external_id
            audit = stored.verdict.audit if stored.verdict else None
            latest[external_id] = (
                _Place(raw_id, stored.revision, True, audit), stored.submission
            )  # fmt: skip
    places = []
    for submission in sent:
        before = latest.get(submission.external_id)
        place = before[0] if before else _Place(codec.new_id(), 1, False)
        if before and codec.encode(before[1]) != codec.encode(submission):
            place = place._replace(revision=place.revision + 1, audit=None)
        if submission.external_id:
            latest[submission.external_id] = place, submission
        places.append(place)
    return places


def _labelled(
    runtime: Runtime,
    lesson: Lesson,
    verdict: Verdict,
    context: SiteContext,
    place: _Place,
    word: Word,
    now: int,
) -> accepting.Write:
    at = now if lesson.labelled_ms is None else lesson.labelled_ms
    if lesson.missed:
        verdict = of_partly_read(verdict, lesson.missed)
    status = effective_status(verdict, context.settings)
    write = write_of(runtime, place.id, lesson.submission, verdict, status)
    example = example_of(
        runtime.secret,
        lesson.submission,
        comment=codec.id_text(place.id),
        revision=place.revision,
        labelled_ms=at,
        model=context.name,
        suggestion_shown=False,
        audit=place.audit if word.how is None else word.audit,
    )
    decision = codec.encode(Decision(lesson.label, word.by, word.via, at, lesson.note))
    return replace(write, label=lesson.label, decision=decision, example=example)
