"""Erasing a person who writes, on all sites or one: as a job that goes on where it was cut off.

What he wrote goes, what was kept of it, and what was learned from it: a site's learner is made anew
as if his labels had never been, and so is a model of the installation that had learned them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import msgspec
from msgspec import Struct

from moderation import faults
from moderation.domain.errors import NotFound
from moderation.domain.jobs import Job
from moderation.domain.people import Act
from moderation.flow import jobs, performing
from moderation.flow.labels import compacting, deciding, rebuilding
from moderation.flow.models import withdrawing
from moderation.flow.people import records
from moderation.flow.people.links import By
from moderation.flow.performing import HandOver, JobFailed, Unwanted, Watch, Work
from moderation.flow.privacy import finding, traces
from moderation.flow.privacy.finding import Piece, Place, Unread, What
from moderation.flow.privacy.person import Person, mark_of, seal, sought, unseal
from moderation.flow.runtime import Runtime, now_ms
from moderation.store import authors, codec, labels, people
from moderation.store.comments import reading

KIND = "erasure"
UNREAD_NAMED = 50
"""Most records that cannot be read and are named in a report."""
A_TURN_SECONDS = 3.0
"""After so long a worker leaves the rest to a later turn."""


class Count(Struct):
    """What went so far, and what could not be found by what leads to it (`left`)."""

    comments: int = 0
    labels: int = 0
    evidence: int = 0
    records: int = 0
    left: int = 0


class State(Struct, kw_only=True):
    """How far an erasure is. `sealed` is the person, '' once nothing is looked for any more.

    `taught` are the sites whose labels were his, `learned` the models that may know them,
    `ended_ms` when the last of what he wrote was gone. `stage` counts the stages that are done,
    `wanted` is the index of searches that is waited for, `unread` are the first `UNREAD_NAMED` of
    the `missed` records that cannot be read, in words.
    """

    sealed: str
    who: str
    stage: int = 0
    place: Place = Place()
    count: Count = msgspec.field(default_factory=Count)
    found_on: list[str] = []
    taught: list[str] = []
    learned: list[str] = []
    ended_ms: int = 0
    wanted: traces.Wanted = msgspec.field(default_factory=traces.Wanted)
    unread: list[str] = []
    missed: int = 0
    report: dict[str, Any] = {}


def begin(runtime: Runtime, person: Person, by: By, send: bool = True) -> Job:
    """Return the job that erases a person: one for the same that is under way, else a new one.

    Without `send` the caller takes it up. The job keeps nothing that can be read of the person.
    """
    who = mark_of(runtime.secret, person)
    for known in jobs.unfinished(runtime, KIND):
        if known.asked.get("who") == who:
            return known
    state = State(sealed=seal(runtime.secret, person), who=who)
    job = jobs.begin(runtime, KIND, by.who, "", msgspec.to_builtins(state))
    act = Act(now_ms(), by.who, "person_erased", by.address, person.site, job.id)
    people.note(runtime.store, act)
    if send:
        jobs.send(runtime, job)
    return job


def work_on(runtime: Runtime, job_id: str, watch: Watch | None = None, here: bool = False) -> None:
    """Erase whom a job names; by a worker for about `A_TURN_SECONDS` at a time, `here` at once."""
    until = None if here else monotonic() + A_TURN_SECONDS
    performing.work_on(runtime, job_id, lambda work: _Erasing(runtime, work, until).run(), watch)


class _Erasing:
    """A process at work on an erasure."""

    def __init__(self, runtime: Runtime, work: Work, until: float | None) -> None:
        self._runtime, self._work, self._until = runtime, work, until
        self._state = msgspec.convert(work.job.asked, State)
        self._learned: dict[str, list[withdrawing.Learned]] = {}

    def run(self) -> dict[str, Any]:
        """Do what is left, stage by stage, and return the report."""
        state = self._state
        stages = (self._erase, self._unlearn, self._withdraw, self._traces, self._search)
        try:
            while state.stage < len(stages):
                stages[state.stage]()
                state.stage += 1
                self._keep()
            # From here on nobody can tell any more who it was.
            state.sealed = state.who = ""
            self._keep()
            files = traces.rewrite_files(self._runtime, self._note)
        except KeyboardInterrupt:
            # Half an erasure helps nobody: whoever takes up jobs goes on with it.
            raise HandOver(msgspec.to_builtins(state)) from None
        report = self._report(files)
        if state.unread:
            raise JobFailed(
                "all was erased that is found, but what cannot be read may be the person's: "
                f"{', '.join(state.unread)}",
                report,
            )
        return report

    def _keep(self) -> None:
        self._work.keep(msgspec.to_builtins(self._state))

    def _note(self, stage: str, done: int = 0, total: int = 0) -> None:
        try:
            self._work.note(stage, done, total)
        except Unwanted:
            # Asked for as it began. What was erased must be unlearned: it goes on.
            if not self._state.found_on and self._state.stage == 0:
                raise

    def _turn(self) -> None:
        """Leave the rest to another task where this one had its time."""
        if self._until is not None and monotonic() > self._until:
            raise HandOver(msgspec.to_builtins(self._state))

    def _person(self) -> Person:
        return unseal(self._runtime.secret, self._state.sealed)

    def _erase(self) -> None:
        """Erase what the person wrote, a piece at a time."""
        runtime, state, person = self._runtime, self._state, self._person()
        total, looked = finding.size(runtime, person), self._work.job.done
        self._note("erasing", looked, max(total, looked))
        for piece in finding.pieces(runtime, person, state.place):
            self._miss(*piece.unread)
            if piece.begins_site:
                with self._read(piece.site, "record"):
                    self._count_records(piece.site, person)
            if piece.comments or piece.entries:
                self._forget(piece)
            if piece.ends_site:
                records.forget(
                    runtime,
                    piece.site,
                    email=person.email,
                    ip=person.ip,
                    author_id=person.author_id,
                    before=sought(runtime.secret, person).before,
                )
            looked += piece.looked
            state.place = piece.place
            self._note("erasing", looked, max(total, looked))
            self._turn()
        state.ended_ms = now_ms()

    def _forget(self, piece: Piece) -> None:
        runtime, state, site = self._runtime, self._state, piece.site
        ids = {comment.id: True for comment in piece.comments}
        named = [entry.example.comment for entry in piece.entries if entry.example]
        unread = list[bytes]()
        there = reading.get_many(runtime.store, site, list(map(codec.id_bytes, named)), unread)
        ids |= {one: one in ids or bool(kept) for one, kept in zip(named, there, strict=True)}
        # By its label it is theirs, so it goes.
        ids |= {codec.id_text(raw): True for raw in unread}
        self._note_learned(piece)
        for comment, is_kept in ids.items():
            try:
                deciding.forget(runtime, site, comment, 0)
                state.count.comments += is_kept
            except NotFound:
                state.count.left += not self._is_gone(piece, comment)
        state.count.labels += sum(entry.kind == "label" for entry in piece.entries)
        state.count.evidence += sum(entry.kind == "kept" for entry in piece.entries)
        self._keep()

    def _is_gone(self, piece: Piece, comment: str) -> bool:
        """Say whether nothing of a comment that is not there is left in the log."""
        of_it = [e.seq for e in piece.entries if e.example and e.example.comment == comment]
        left = labels.some(self._runtime.store, piece.site, of_it)
        return all(entry.example is None for entry in left)

    def _note_learned(self, piece: Piece) -> None:
        """Keep who may have learned what goes now, before it goes: nobody could tell afterwards."""
        state, site = self._state, piece.site
        if site not in self._learned:
            self._learned[site] = []
            with self._read("", "models"):
                self._learned[site] = withdrawing.learned(self._runtime, site)
        seqs = [entry.seq for entry in piece.entries if entry.kind == "label"]
        # Of what is labelled under another name the labels were not looked at.
        written = [c.created_ms for c in piece.comments if c.last_label]
        known = [
            one.name
            for one in self._learned[site]
            if any(map(one.has, seqs)) or any(at < one.made_ms for at in written)
        ]
        before = state.learned, state.found_on, state.taught
        state.learned = sorted({*state.learned, *known})
        state.found_on = sorted({*state.found_on, site})
        if piece.entries or written:
            state.taught = sorted({*state.taught, site})
        if before != (state.learned, state.found_on, state.taught):
            self._keep()

    def _count_records(self, site: str, person: Person) -> None:
        """Count the records, which lose their last comments, and so go, on the way."""
        hashes = sought(self._runtime.secret, person).recorded()
        asked = [(site, authors.who(found), b"") for _, found in hashes]
        known = sum(one is not None for one in authors.read(self._runtime.store, asked))
        self._state.count.records += known
        if known:
            self._state.found_on = sorted({*self._state.found_on, site})

    def _unlearn(self) -> None:
        """Have each site's learner made anew, and what is left of the labels taken out; also where
        an erasure before this one failed."""
        state, where = self._state, finding.sites_of(self._runtime, self._person())
        waiting = labels.rebuilds_asked(self._runtime.store, where)
        state.taught = sorted({*state.taught, *waiting})
        self._keep()
        for site in state.taught:
            with self._read(site, "learner"):
                made = rebuilding.rebuild(
                    self._runtime, site, lambda n, of: self._note("unlearning", n, of)
                )
                if not made:  # Labels were withdrawn all the time.
                    raise HandOver(msgspec.to_builtins(self._state))
                compacting.compact(self._runtime, site, self._note, lambda taken: None)

    def _withdraw(self) -> None:
        """Withdraw the models that had learned the labels, and have one trained without them."""
        state, runtime = self._state, self._runtime
        training: Job | None = None
        with self._read("", "models"):
            if state.taught:
                began = self._work.job.started_ms or self._work.job.created_ms
                state.report["models"] = withdrawing.withdraw(
                    runtime, state.learned, began, state.ended_ms
                )
            training = withdrawing.replace(runtime, self._work.job.by)
        state.report["training"] = training.id if training else ""

    def _traces(self) -> None:
        runtime, person = self._runtime, self._person()
        state = self._state
        state.report["audit_entries"], unread = traces.drop_acts(runtime, person, self._note)
        state.report["list_entries"], lists = traces.count_listed(runtime, person)
        self._miss(*unread, *lists)

    def _search(self) -> None:
        self._state.report["search"] = traces.make_search_anew(
            self._runtime, self._state.wanted, self._keep, self._note, self._turn
        )

    def _report(self, files: dict[str, Any]) -> dict[str, Any]:
        state = self._state
        counted = msgspec.structs.asdict(state.count)
        told = {**counted, "sites": state.found_on, "models": [], **state.report, **files}
        return told | {"missed": state.missed, "unread": state.unread}

    @contextmanager
    def _read(self, site: str, what: What) -> Iterator[None]:
        """Go on where something cannot be read, and keep in mind that it was missed.

        Any other fault is one of ours, and ends the job: what it kept from being done is not.
        """
        try:
            yield
        except codec.Unreadable as error:
            faults.say(f"an erasure ({what})", error)
            self._miss(Unread(site, what))

    def _miss(self, *unread: Unread) -> None:
        """Note what cannot be read, each once."""
        state = self._state
        for words in map(str, unread):
            if words not in state.unread:
                state.missed += 1
                if len(state.unread) < UNREAD_NAMED:
                    state.unread = [*state.unread, words]
