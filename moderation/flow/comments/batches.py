"""What a slice of comments was judged to be, in the parts in which it is recorded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from moderation.domain.comments import Submission
from moderation.domain.policy import effective_status
from moderation.flow.judging import Scored, SiteContext, judge_all
from moderation.flow.knowing import is_asked, known_of, look_all
from moderation.flow.marks import author_mark, likenesses
from moderation.flow.runtime import Runtime
from moderation.flow.sampling import drawn
from moderation.store import codec
from moderation.store.comments import accepting
from moderation.store.comments.inbox import Waiting
from moderation.store.comments.recording import Part, Recorded
from moderation.store.signals import Signals

Key = tuple[str, bytes, int]


class One(Struct, frozen=True, gc=False):
    """A comment that was scored: what it is judged by, and the mark of its authors."""

    waiting: Waiting
    submission: Submission
    context: SiteContext
    scored: Scored
    mark: bytes


class Batch(Struct, frozen=True):
    """Verdicts in parts, and the comment that each is on, by site, id and revision."""

    parts: list[Part]
    ones: dict[Key, One]

    def on(self, recorded: Recorded) -> One:
        """Return the comment that a verdict is on."""
        return self.ones[recorded.site, recorded.id, recorded.revision]


NONE = Batch([], {})


def batch(
    runtime: Runtime,
    waiting: Sequence[Waiting],
    scored: Sequence[Waiting],
    items: Sequence[tuple[Submission, SiteContext]],
    made: Sequence[Scored],
    tells: Callable[[str], bool],
) -> Batch:
    """Return the verdicts on `scored`, of those `waiting`, by what was made of each; `tells` says
    whether a site is to be told of its verdicts.

    What people decided of an author, and a campaign, are looked for where the verdict is recorded:
    most comments have none. What a site's own rules ask is looked up before.
    """
    marks = [
        author_mark(
            runtime.secret, submission, codec.id_ms(w.id),
            one.like if context.settings.reputation else None,
        )
        for w, (submission, context), one in zip(scored, items, made, strict=True)
    ]  # fmt: skip
    contexts = look_all(
        runtime,
        [(w.site, w.id, w.revision, mark) for w, mark in zip(scored, marks, strict=True)],
        [context for _, context in items],
    )
    ones = [
        One(w, submission, context, score, mark)
        for w, (submission, _), context, score, mark in zip(
            scored, items, contexts, made, marks, strict=True
        )
    ]
    verdicts = _recorded(runtime, ones, tells)
    by_key = dict(zip(((r.site, r.id, r.revision) for r in verdicts), ones, strict=True))
    return Batch(parts(waiting, scored, verdicts), by_key)


def anew(
    runtime: Runtime,
    judged: Batch,
    part: Part,
    known: Sequence[tuple[Recorded, Signals]],
    tells: Callable[[str], bool],
) -> Part:
    """Return the verdicts of a part that were made without what is known, made with it."""
    ones = []
    for recorded, signals in known:
        one = judged.on(recorded)
        context = replace(one.context, known=known_of((), signals))
        ones.append(replace(one, context=context))
    verdicts = [replace(r, is_looked_up=True) for r in _recorded(runtime, ones, tells)]
    return Part(part.shard, verdicts, part.done)


def _recorded(
    runtime: Runtime, ones: Sequence[One], tells: Callable[[str], bool]
) -> list[Recorded]:
    """Return the verdicts as they are recorded, with what each comment is noted under.

    Only what was scored is read for its likeness: what could not be may be what ends processes.
    """
    verdicts = judge_all([(one.submission, one.context) for one in ones], [o.scored for o in ones])
    statuses = [
        effective_status(verdict, one.context.settings)
        for verdict, one in zip(verdicts, ones, strict=True)
    ]
    held = [i for i, at in enumerate(statuses) if at == "held"]
    alike = {i: ones[i].scored.like for i in held}
    few = [i for i in held if not alike[i]]
    alike.update(zip(few, likenesses([ones[i].submission for i in few]), strict=True))
    return [
        Recorded(
            site=one.waiting.site,
            id=one.waiting.id,
            revision=one.waiting.revision,
            verdict=drawn(runtime.secret, one.waiting.id, verdict, status, one.context.settings),
            status=status,
            ttls=accepting.ttls(one.context.settings.retention),
            author=one.mark,
            alike=alike.get(i, b""),
            tells=tells(one.waiting.site),
            is_looked_up=is_asked(one.context.settings),
        )
        for i, (one, verdict, status) in enumerate(zip(ones, verdicts, statuses, strict=True))
    ]


def parts(
    waiting: Sequence[Waiting],
    scored: Sequence[Waiting],
    verdicts: Sequence[Recorded],
) -> list[Part]:
    """Return what records the verdicts on `scored`, of those `waiting`, and ends their entries.

    The verdicts of one entry stay together: where they are not recorded, it is not ended.
    """
    made: list[Part] = []
    entry: list[Recorded] = []
    each = iter(zip(scored, verdicts, strict=True))
    following, verdict = next(each, (None, None))
    for at, w in enumerate(waiting):
        if w is following and verdict is not None:
            entry.append(verdict)
            following, verdict = next(each, (None, None))
        if w.last or at == len(waiting) - 1:
            if not made or not made[-1].has_room(w.shard, len(entry)):
                made.append(Part(w.shard, [], []))
            made[-1].verdicts.extend(entry)
            if w.last:
                made[-1].done.append(w.entry)
            entry = []
    return made
