"""Withdrawing what one person, key or import taught since a time, together: as a job."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
from msgspec import Struct

from moderation.domain.errors import InvalidInput, NotFound, NothingToUndo
from moderation.domain.jobs import Job
from moderation.flow import jobs
from moderation.flow.jobs import Work
from moderation.flow.labels.deciding import Word, undo
from moderation.flow.labels.holding import last_of
from moderation.flow.runtime import Runtime
from moderation.store import sites

KIND = "withdrawal"
SHOWN = 20
PASSES = 10
"""So often the logs are looked through: below a label may be an earlier one by the same."""


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """Whose labels are withdrawn: `by` as decisions name it (`token:NAME`, a person's name,
    `import:ID`), since when, and on which site ('': all)."""

    by: str
    since_ms: int = 0
    site: str = ""
    note: str = ""


class Preview(Struct, frozen=True):
    """What would be withdrawn: labels by class and by site, and the newest of the comments."""

    labels: int
    ham: int
    spam: int
    sites: dict[str, int]
    comments: list[str]


def preview(runtime: Runtime, asked: Asked) -> Preview:
    """Return what a withdrawal would begin with; nothing is changed."""
    classes: Counter[str] = Counter()
    by_site: Counter[str] = Counter()
    newest: list[str] = []
    for site, end in _logs(runtime, asked).items():
        for entry, example in last_of(runtime.store, site, asked.by, asked.since_ms, end):
            classes[entry.label or ""] += 1
            by_site[site] += 1
            if len(newest) < SHOWN:
                newest.append(example.comment)
    return Preview(
        by_site.total(), classes["ham"], classes["spam"], dict(by_site.most_common(SHOWN)), newest
    )


def begin(runtime: Runtime, by: str, asked: Asked) -> Job:
    """Return a new job that withdraws, which a worker takes up."""
    _logs(runtime, asked)
    job = jobs.begin(runtime, KIND, by, asked.site, msgspec.to_builtins(asked))
    jobs.send(runtime, job)
    return job


def work_on(runtime: Runtime, job_id: str) -> None:
    """Withdraw what a job was asked to; one that was cut off goes on with what still holds."""
    jobs.work_on(runtime, job_id, lambda work: _withdraw(runtime, work))


def _withdraw(runtime: Runtime, work: Work) -> dict[str, Any]:
    asked = msgspec.convert(work.job.asked, Asked)
    word = Word(work.job.by, "api", asked.note or f"withdrawn with all that {asked.by} said")
    withdrawn = 0
    left: set[str] = set()
    for _ in range(PASSES):
        found = 0
        for site, end in _logs(runtime, asked).items():
            held = last_of(runtime.store, site, asked.by, asked.since_ms, end)
            # They are known before the first is withdrawn, which changes the log.
            for comment in [example.comment for _, example in held]:
                if comment in left:
                    continue
                work.note("withdrawing", withdrawn, 0)
                if _undone(runtime, site, comment, word):
                    withdrawn, found = withdrawn + 1, found + 1
                else:
                    left.add(comment)
        if not found:
            break
    return {"withdrawn": withdrawn, "left": len(left)}


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
    states = sites.read_all(runtime.store)
    if asked.site and asked.site not in states:
        raise NotFound("there is no site of this name")
    return {
        site: state.labels for site, state in sorted(states.items()) if asked.site in ("", site)
    }
