"""Deciding many comments together: exactly those that were ticked, as a job with one undo."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from moderation.domain.comments import Comment
from moderation.domain.errors import InvalidInput, NotFound, NothingToUndo, Overruled, StaleState
from moderation.domain.jobs import Job
from moderation.domain.verdicts import Label
from moderation.flow import jobs, performing
from moderation.flow.lookup import raw_id
from moderation.flow.performing import Work
from moderation.flow.review import deciding
from moderation.flow.runtime import Runtime
from moderation.store.comments import reading

KIND = "bulk"
TICKED_AT_MOST = 500
NOTE = "together: "
"""What the note of a decision begins with that was made by a job; the job's id follows."""


class Tick(Struct, frozen=True, array_like=True):
    """A comment as somebody saw it."""

    site: str
    comment: str
    etag: str


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """What is done to which comments, and from where it was asked."""

    label: Literal["ham", "spam", "undo"]
    ticked: tuple[Tick, ...]
    address: str = ""


class Result(Struct, frozen=True):
    """The comments that were decided, as they were then, and those that were left alone.

    Those of `overruled` were decided too, and somebody else changed them at once.
    """

    done: tuple[Tick, ...] = ()
    left: tuple[Tick, ...] = ()
    overruled: tuple[Tick, ...] = ()


Outcome = Literal["done", "overruled", "left", "waits"]


class Row(Struct, frozen=True):
    """A ticked comment as it is now (None: it is gone), and what became of it."""

    tick: Tick
    comment: Comment | None
    outcome: Outcome


class Together(Struct, frozen=True):
    """A job of this kind: what was asked, its rows, and which of them one undo would withdraw."""

    job: Job
    label: Literal["ham", "spam", "undo"]
    rows: tuple[Row, ...]
    undoable: tuple[Tick, ...]

    def count(self, outcome: str) -> int:
        """Return how many rows came out so."""
        return sum(row.outcome == outcome for row in self.rows)


def begin(
    runtime: Runtime,
    who: str,
    address: str,
    label: Literal["ham", "spam", "undo"],
    ticked: Sequence[Tick],
) -> Job:
    """Return a new job that decides comments, or withdraws what was decided, each as it was seen.

    Raises:
        InvalidInput: none is ticked, or too many are.
    """
    chosen = tuple(dict.fromkeys(ticked))
    if not 0 < len(chosen) <= TICKED_AT_MOST:
        raise InvalidInput(f"tick between one and {TICKED_AT_MOST} comments")
    for tick in chosen:
        raw_id(tick.comment)
    sites = {tick.site for tick in chosen}
    asked = msgspec.to_builtins(Asked(label, chosen, address))
    job = jobs.begin(runtime, KIND, who, sites.pop() if len(sites) == 1 else "", asked)
    jobs.send(runtime, job)
    return job


def work_on(runtime: Runtime, job_id: str) -> None:
    """Do what a job was asked; what it did before it was cut off counts as done."""
    performing.work_on(runtime, job_id, lambda work: _decide_all(runtime, work))


def _decide_all(runtime: Runtime, work: Work) -> dict[str, Any]:
    asked = msgspec.convert(work.job.asked, Asked)
    done: list[Tick] = []
    left: list[Tick] = []
    overruled: list[Tick] = []
    for number, tick in enumerate(asked.ticked):
        work.note("deciding", number, len(asked.ticked))
        try:
            decided = _decide(runtime, work.job, asked, tick)
            (left if decided is None else done).append(decided or tick)
        except Overruled:
            overruled.append(tick)
    result = Result(tuple(done), tuple(left), tuple(overruled))
    found: dict[str, Any] = msgspec.to_builtins(result)
    return found


def _decide(runtime: Runtime, job: Job, asked: Asked, tick: Tick) -> Tick | None:
    """Decide one comment and return it as it is then; None where it is no longer as it was seen.

    Raises:
        Overruled: it was decided, and somebody else changed it at once.
    """
    place = (runtime, tick.site, tick.comment)
    try:
        if asked.label == "undo":
            now = deciding.undo(*place, job.by, asked.address, tick.etag)
        else:
            label: Label = asked.label
            note = NOTE + job.id
            now = deciding.decide(*place, label, job.by, asked.address, tick.etag, note)
    except Overruled:
        raise
    except (StaleState, NotFound, NothingToUndo):
        return None
    return Tick(tick.site, tick.comment, now.etag)


def find(runtime: Runtime, job_id: str, sites: Collection[str]) -> Together:
    """Return what became of a job's comments on some sites.

    Raises:
        NotFound: there is no such job, or none of its comments is on these sites.
    """
    job = jobs.find(runtime, job_id)
    if job.kind != KIND:
        raise NotFound("there is no such job")
    asked = msgspec.convert(job.asked, Asked)
    result = msgspec.convert(job.result or {}, Result)
    ticked = [tick for tick in asked.ticked if tick.site in sites]
    if not ticked:
        raise NotFound("there is no such job")
    now = _comments(runtime, ticked)
    became: dict[tuple[str, str], Outcome] = {
        **{(tick.site, tick.comment): "overruled" for tick in result.overruled},
        **{(tick.site, tick.comment): "done" for tick in result.done},
    }
    rows = []
    for tick in ticked:
        place = tick.site, tick.comment
        outcome = became.get(place, "left") if job.is_over else "waits"
        rows.append(Row(tick, now.get(place), outcome))
    undoable = tuple(
        tick
        for tick in result.done
        if asked.label != "undo"
        and (comment := now.get((tick.site, tick.comment))) is not None
        and comment.etag == tick.etag
    )
    return Together(job, asked.label, tuple(rows), undoable)


def job_of(note: str) -> str:
    """Return the id of the job that made a decision, '' where none did."""
    return note.removeprefix(NOTE) if note.startswith(NOTE) else ""


def _comments(runtime: Runtime, ticked: Sequence[Tick]) -> dict[tuple[str, str], Comment]:
    by_site: dict[str, list[str]] = {}
    for tick in ticked:
        by_site.setdefault(tick.site, []).append(tick.comment)
    found: dict[tuple[str, str], Comment] = {}
    for site, ids in by_site.items():
        comments = reading.get_many(runtime.store, site, [raw_id(one) for one in ids])
        found |= {(site, c.id): c for c in comments if c is not None}
    return found
