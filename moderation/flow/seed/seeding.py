"""Made-up comments in a site: streamed through the script that accepts real ones."""

from __future__ import annotations

import os
from collections.abc import Sequence

from msgspec.structs import replace

from moderation.domain.decisions import Decision
from moderation.domain.errors import InvalidInput
from moderation.domain.policy import effective_status
from moderation.flow.drafts import write_of
from moderation.flow.judging import SiteContext, score_batch
from moderation.flow.labels import learning, replaying
from moderation.flow.performing import Watch
from moderation.flow.rows import example_of
from moderation.flow.runtime import Runtime, now_ms
from moderation.flow.seed.wording import PREFIX, Plausible, plausible
from moderation.store import codec, sites
from moderation.store.comments import accepting, reading

DAYS = 365
"""Over so many days before now the comments are spread."""
DECIDED_EVERY = 20
"""One comment in so many has a person's decision."""
BY = "seed"
_BATCH = 1000
_LOOKED_AT = 100


def holds_real_comments(runtime: Runtime, site: str) -> bool:
    """Say whether one of a site's newest or oldest comments was not made up."""
    for newest in (True, False):
        ids = reading.page(runtime.store, site, None, b"", b"", newest, _LOOKED_AT)
        for comment in reading.get_many(runtime.store, site, ids):
            if comment and not comment.submission.external_id.startswith(PREFIX):
                return True
    return False


def seed(runtime: Runtime, site: str, count: int, show: Watch) -> int:
    """Fill a site up to so many made-up comments with verdicts, and return how many were written.

    A comment that is there by its external id is passed over, so a run that was cut off goes on
    where it was. What is held in memory is one batch.

    Raises:
        InvalidInput: the count is not positive. StoreFull: the store takes no more.
    """
    if count < 1:
        raise InvalidInput("at least one comment is needed")
    written, until = 0, now_ms()
    for start in range(0, count, _BATCH):
        numbers = range(start, min(start + _BATCH, count))
        ids = reading.find_externals(runtime.store, site, [f"{PREFIX}{n}" for n in numbers])
        missing = [n for n, raw in zip(numbers, ids, strict=True) if raw is None]
        for at in range(0, len(missing), accepting.AT_ONCE):
            some = missing[at : at + accepting.AT_ONCE]
            _write(runtime, site, [(n, _time(n, count, until)) for n in some])
            written += len(some)
        show("writing comments", numbers[-1] + 1, count, None)
    learning.heed(runtime, site)
    return written


def _time(number: int, count: int, until: int) -> int:
    return until - (count - number) * DAYS * 86_400_000 // count


def _write(runtime: Runtime, site: str, numbered: Sequence[tuple[int, int]]) -> None:
    context = learning.context(runtime, site, sites.read(runtime.store, site))
    made = [plausible(number) for number, _ in numbered]
    verdicts = score_batch([(one.submission, context) for one in made])
    writes = [
        _labelled(runtime, context, one, write_of(
            runtime, _id(at), one.submission, verdict, effective_status(verdict, context.settings)
        ), at if number % DECIDED_EVERY == 0 else 0)
        for (number, at), one, verdict in zip(numbered, made, verdicts, strict=True)
    ]  # fmt: skip
    names, args = accepting.accept_call(
        site, writes, accepting.ttls(context.settings.retention), numbered[-1][1],
        accepting.Conditions(replayable=replaying.REPLAYABLE),
    )  # fmt: skip
    runtime.store.run("accept", names, args)


def _id(at_ms: int) -> bytes:
    return at_ms.to_bytes(6, "big") + os.urandom(10)


def _labelled(
    runtime: Runtime, context: SiteContext, one: Plausible, write: accepting.Write, at_ms: int
) -> accepting.Write:
    """Return a comment as it is written, decided by a person where a time is given."""
    if not at_ms:
        return write
    example = example_of(
        runtime.secret, one.submission, comment=codec.id_text(write.id), revision=1,
        labelled_ms=at_ms, model=context.name, suggestion_shown=False,
    )  # fmt: skip
    decision = codec.encode(Decision(one.label, BY, "import", at_ms, ""))
    return replace(write, label=one.label, decision=decision, example=example)
