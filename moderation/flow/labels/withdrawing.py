"""Withdrawing what one person, key or import taught since a time, together: as a job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from moderation.domain.errors import InvalidInput, NotFound, NothingToUndo
from moderation.domain.jobs import Job
from moderation.flow import jobs, performing
from moderation.flow.labels.deciding import Word, undo
from moderation.flow.labels.holding import Held, last_of
from moderation.flow.performing import Watch, Work
from moderation.flow.runtime import Runtime
from moderation.store import labels, sites

KIND = "withdrawal"
SHOWN = 20
PASSES = 10
"""So often the logs are looked through: below a label may be an earlier one by the same."""


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose labels are withdrawn: `by` as decisions name it (`token:NAME`, a person's name,
    `import:ID`), since when and until before when (0: now), and on which site ('': all)."""

    by: str
    since_ms: int = 0
    site: str = ""
    note: str = ""
    until_ms: int = 0


class Preview(Struct, frozen=True):
    """What would be withdrawn: labels by class and by site, and the newest of the comments."""

    labels: int
    """How many labels."""
    ham: int
    """How many of them are ham."""
    spam: int
    """How many of them are spam."""
    sites: dict[str, int]
    """How many of each site."""
    comments: list[str]
    """Ids of the newest of their comments."""


def preview(runtime: Runtime, asked: Asked) -> Preview:
    """Return what a withdrawal would begin with; nothing is changed."""
    classes: Counter[str] = Counter()
    by_site: Counter[str] = Counter()
    newest: list[str] = []
    for site, end in _logs(runtime, asked).items():
        for entry, example in _held(runtime, site, asked, end):
            classes[entry.label or ""] += 1
            by_site[site] += 1
            if len(newest) < SHOWN:
                newest.append(example.comment)
    return Preview(
        by_site.total(), classes["ham"], classes["spam"], dict(by_site.most_common(SHOWN)), newest
    )


def begin(runtime: Runtime, by: str, asked: Asked, send: bool = True) -> Job:
    """Return a new job that withdraws; without `send` the caller takes it up."""
    _logs(runtime, asked)
    job = jobs.begin(runtime, KIND, by, asked.site, msgspec.to_builtins(asked))
    if send:
        jobs.send(runtime, job)
    return job


def work_on(runtime: Runtime, job_id: str, watch: Watch | None = None) -> None:
    """Withdraw what a job was asked to; one that was cut off goes on with what still holds."""
    performing.work_on(runtime, job_id, lambda work: _withdraw(runtime, work), watch)


def _withdraw(runtime: Runtime, work: Work) -> dict[str, Any]:
    asked = msgspec.convert(work.job.asked, Asked)
    work.note("counting", 0, 0)
    total = preview(runtime, asked).labels
    word = Word(work.job.by, "api", asked.note or f"withdrawn with all that {asked.by} said")
    withdrawn = 0
    left: set[str] = set()
    for _ in range(PASSES):
        found = 0
        for site, end in _logs(runtime, asked).items():
            held = _held(runtime, site, asked, end)
            # They are known before the first is withdrawn, which changes the log.
            for comment in [example.comment for _, example in held]:
                if comment in left:
                    continue
                work.note("withdrawing", withdrawn, max(total, withdrawn))
                if _undone(runtime, site, comment, word):
                    withdrawn, found = withdrawn + 1, found + 1
                else:
                    left.add(comment)
        if not found:
            break
    return {"withdrawn": withdrawn, "left": len(left)}


def _held(runtime: Runtime, site: str, asked: Asked, end: int) -> Iterator[Held]:
    """Yield what would be withdrawn of a site's log of this length, the newest first."""
    store = runtime.store
    after = labels.first_since(store, site, asked.until_ms) if asked.until_ms else None
    for entry, example in last_of(store, site, asked.by, asked.since_ms, end):
        if after is None or entry.seq < after:
            yield entry, example


def _undone(runtime: Runtime, site: str, comment: str, word: Word) -> bool:
    """Withdraw a comment's label; False where the comment is there no longer."""
    try:
        undo(runtime, site, comment, word, None)
    except (NotFound, NothingToUndo):
        return False
    return True


def _logs(runtime: Runtime, asked: Asked) -> dict[str, int]:
    """Return the length of each log that is looked through."""
    if not asked.by:
        raise InvalidInput("say whose labels are to be withdrawn")
    if asked.until_ms and asked.until_ms <= asked.since_ms:
        raise InvalidInput("the time until which labels are withdrawn is not after that since when")
    states = sites.read_all(runtime.store)
    if asked.site and asked.site not in states:
        raise NotFound("there is no site of this name")
    return {
        site: state.labels for site, state in sorted(states.items()) if asked.site in ("", site)
    }
