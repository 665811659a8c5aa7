"""History is imported in order of time, once, however often the process that does it is ended."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moderation.domain.decisions import LabelEntry
from moderation.flow import jobs
from moderation.flow.authorise import Grant
from moderation.flow.labels import deciding, importing, learning, rebuilding, teaching
from moderation.flow.labels.deciding import Word
from moderation.flow.labels.history import Asked
from moderation.flow.runtime import Runtime
from moderation.history.staging import Staging
from moderation.store import checkpoints, labels, sites
from moderation.store.comments import reading
from tests import histories
from tests.factories import SITE, submission
from tests.moderation.flow.labels.history import comment, done, ignored, lines, log


@pytest.mark.parametrize("kind", histories.WRITERS)
def test_labels_are_written_in_order_of_time_with_their_way_and_time(
    runtime: Runtime, tmp_path: Path, kind: str
) -> None:
    job = done(runtime, histories.write(kind, tmp_path / "history", 250))
    assert job.state == "succeeded", job.error
    assert job.result is not None
    assert (job.result["spam"], job.result["ham"], job.result["unlabelled"]) == (82, 163, 5)
    assert (job.result["imported"], job.result["rejected"]) == (245, 0)
    entries = log(runtime)
    assert len(entries) == 245
    times = [e.decision.at_ms for e in entries if e.decision]
    assert times == sorted(times)
    made = {m.time.timestamp() * 1000: m for m in histories.comments(250)}
    for e in entries:
        assert e.decision is not None and e.example is not None
        assert (e.decision.via, e.decision.by) == ("import", f"import:{job.id}")
        assert e.label == ("spam" if made[e.decision.at_ms].is_spam else "ham")
        assert e.example.labelled_ms == e.decision.at_ms
        assert not e.example.suggestion_shown
        assert e.how == "import"


def test_what_was_imported_is_learned_and_rebuilt_from_the_log_alike(
    runtime: Runtime, other: Runtime, tmp_path: Path
) -> None:
    done(runtime, histories.write("wxr", tmp_path / "history.xml", 600))
    state = sites.read(runtime.store, SITE)
    learned = learning.context(other, SITE, state)
    assert learned.name.endswith(f"+{state.labels}")
    assert learned.learner is not None
    labels.ask_rebuild(runtime.store, SITE)
    assert rebuilding.rebuild(runtime, SITE)
    state = sites.read(runtime.store, SITE)
    anew = learning.context(runtime, SITE, state).learner
    assert anew is not None and anew.to_bytes() == learned.learner.to_bytes()
    assert checkpoints.kept(runtime.store, SITE, state.snapshot)


def test_rows_out_of_order_are_taught_in_order_of_their_decisions(
    runtime: Runtime, tmp_path: Path
) -> None:
    path = lines(
        tmp_path / "x.jsonl",
        {"content": "third", "label": "ham", "labelled_at": "2021-03-01T00:00:00Z"},
        {"content": "first", "label": "spam", "created_at": "2019-03-01T00:00:00Z"},
        {"content": "second", "label": "ham", "labelled_at": "2020-03-01T00:00:00+02:00"},
    )
    assert done(runtime, path).state == "succeeded"
    found = [reading.get_many(runtime.store, SITE, [_raw(e)])[0] for e in log(runtime)]
    assert [c.submission.content for c in found if c] == ["first", "second", "third"]


def _raw(entry: LabelEntry) -> bytes:
    from moderation.store import codec

    assert entry.example is not None
    return codec.id_bytes(entry.example.comment)


def test_an_import_that_is_run_again_changes_nothing(runtime: Runtime, tmp_path: Path) -> None:
    path = histories.write("sql", tmp_path / "dump.sql", 250)
    done(runtime, path)
    before = [(e.seq, e.label, e.decision) for e in log(runtime)]
    again = done(runtime, path)
    assert again.result is not None
    assert (again.result["imported"], again.result["known"]) == (0, 245)
    assert [(e.seq, e.label, e.decision) for e in log(runtime)] == before


def test_what_was_decided_here_later_stays_and_what_was_decided_before_gives_way(
    runtime: Runtime, grant: Grant, tmp_path: Path
) -> None:
    def known(external_id: str, label: Any, at: int) -> None:
        sent = submission(f"Text of {external_id}", external_id=external_id)
        teaching.teach(runtime, grant, sent, label, Word("ann", "api"), at)

    known("later", "ham", 1_600_000_000_000)
    known("before", "ham", 1_400_000_000_000)
    row = {"label": "spam", "labelled_at": "2017-07-14T02:40:00Z"}
    path = lines(
        tmp_path / "x.jsonl",
        {**row, "external_id": "later", "content": "Other text of later"},
        {**row, "external_id": "before", "content": "Other text of before"},
    )
    job = done(runtime, path)
    assert job.result is not None
    assert (job.result["imported"], job.result["decided_here"]) == (1, 1)
    assert comment(runtime, "later").decision.label == "ham"
    changed = comment(runtime, "before")
    assert (changed.decision.label, changed.status) == ("spam", "spam")
    assert (changed.revision, changed.submission.content) == (1, "Text of before")


def test_a_worker_that_cannot_see_the_file_says_so(runtime: Runtime, tmp_path: Path) -> None:
    job = importing.begin(runtime, SITE, "test", Asked(str(tmp_path / "elsewhere.xml")))
    importing.work_on(runtime, job.id)
    ended = jobs.find(runtime, job.id)
    assert ended.state == "failed"
    assert ended.error.startswith("the file cannot be read: No such file")


def test_while_one_process_imports_a_file_another_does_not(
    runtime: Runtime, other: Runtime, tmp_path: Path
) -> None:
    path = histories.write("wxr", tmp_path / "x.xml", 50)
    seen: list[Any] = []

    def show(*_: Any) -> None:
        asked = Asked(str(path))
        seen.append(importing.here(other, SITE, "b", asked, lambda *_: None, ignored))

    job = importing.here(runtime, SITE, "a", Asked(str(path)), show, ignored)
    assert job is not None and job.state == "succeeded"
    assert seen and set(seen) == {None}


def test_a_cancelled_import_keeps_what_it_wrote_and_goes_on_when_it_is_asked_for_again(
    runtime: Runtime, other: Runtime, tmp_path: Path
) -> None:
    path = histories.write("wxr", tmp_path / "x.xml", 400)

    def show(stage: str, *_: Any) -> None:
        if stage == "writing":
            jobs.cancel(other, jobs.page(other, SITE).jobs[0].id)

    cancelled = importing.here(runtime, SITE, "a", Asked(str(path)), show, ignored)
    assert cancelled is not None and cancelled.state == "cancelled"
    assert 0 < len(log(runtime)) < 392
    went_on = done(runtime, path)
    assert went_on.result is not None and went_on.result["imported"] == len(log(runtime)) == 392


def test_an_import_of_a_file_without_rows_is_cancelled_while_it_reads(
    runtime: Runtime, other: Runtime, tmp_path: Path
) -> None:
    path = tmp_path / "x.xml"
    path.write_bytes(b'<rss x="wordpress.org/export/"><channel>' + b" " * (8 << 20))

    def show(stage: str, *_: Any) -> None:
        jobs.cancel(other, jobs.page(other, SITE).jobs[0].id)

    cancelled = importing.here(runtime, SITE, "a", Asked(str(path)), show, ignored)
    assert cancelled is not None and cancelled.state == "cancelled", cancelled.error


def test_a_dry_run_says_what_would_be_and_writes_nothing(runtime: Runtime, tmp_path: Path) -> None:
    path = histories.write("wxr", tmp_path / "x.xml", 300)
    staged: list[Staging] = []
    examples: list[int] = []

    def heard(staging: Staging) -> None:
        examples.append(len(staging.examples(10)))
        staged.append(staging)

    plan = importing.preview(runtime, SITE, Asked(str(path)), lambda *_: None, heard)
    assert plan is not None and (plan["imported"], plan["known"]) == (294, 0)
    assert examples == [10]
    assert log(runtime) == [] and jobs.page(runtime, SITE).jobs == []
    assert not list((runtime.settings.data / "imports").iterdir())
    done(runtime, path)
    plan = importing.preview(runtime, SITE, Asked(str(path)), lambda *_: None, ignored)
    assert plan is not None and (plan["imported"], plan["known"]) == (0, 294)


BROKEN: dict[str, tuple[Callable[[str], str], str]] = {
    "wxr": (lambda text: text[: len(text) // 2], "it was cut off"),
    "sql": (lambda text: text[: len(text) // 2], "cut off"),
    "disqus": (lambda text: text + text.partition("\n")[2], "a second root begins here"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_of_a_broken_file_nothing_is_imported_unless_that_is_asked_for(
    runtime: Runtime, tmp_path: Path, kind: str
) -> None:
    path = histories.write(kind, tmp_path / "history", 300)
    breaks, reason = BROKEN[kind]
    path.write_text(breaks(path.read_text()))
    failed = done(runtime, path)
    assert failed.state == "failed" and reason in failed.error and "line " in failed.error
    assert failed.error.endswith("nothing was imported")
    assert log(runtime) == []
    partly = done(runtime, path, partial=True)
    assert partly.state == "succeeded" and partly.result is not None
    assert reason in partly.result["broken"]
    assert 0 < partly.result["imported"] == len(log(runtime))


def test_rejects_are_told_by_line_and_counted_by_reason(runtime: Runtime, tmp_path: Path) -> None:
    row = {"content": "Good day", "label": "ham", "external_id": "a", "date": "2020-01-01"}
    path = lines(
        tmp_path / "x.jsonl",
        row,
        row,
        {**row, "label": "spam", "date": "2020-01-02"},
        {**row, "external_id": "b", "label": "perhaps"},
        {**row, "external_id": "c", "content": "   "},
        "{broken\n",
        {**row, "external_id": "d", "label": None},
    )
    job = done(runtime, path)
    assert job.result is not None
    assert job.result["rejects"] == [
        "line 2: it is the same comment as line 1",
        "line 1: it contradicts line 3, which was decided later and counts",
        "line 4: its label is none of spam, ham, 1, 0, true, false, approved",
        "line 5: the comment has no text",
        "line 6: this is no JSON object",
    ]
    assert (job.result["rejected"], job.result["unlabelled"], job.result["imported"]) == (5, 1, 1)
    assert comment(runtime, "a").decision.label == "spam"


def test_a_person_can_undo_an_imported_label(runtime: Runtime, tmp_path: Path) -> None:
    path = lines(tmp_path / "x.jsonl", {"content": "Fine", "label": "spam", "external_id": "a"})
    done(runtime, path)
    found = comment(runtime, "a")
    undone = deciding.undo(runtime, SITE, found.id, Word("ann", "console"), None)
    assert undone.decision is None


def test_what_nobody_finished_is_taken_away_after_a_week(runtime: Runtime) -> None:
    import os
    import time

    folder = importing.folder(runtime)
    folder.mkdir(parents=True)
    old, new = folder / "sent-old", folder / "sent-new"
    for path in (old, new):
        path.touch()
    week = time.time() - importing.KEPT_SECONDS - 60
    os.utime(old, (week, week))
    importing.tidy(runtime)
    assert list(folder.iterdir()) == [new]


def test_a_folder_of_which_a_file_was_changed_is_another_history(tmp_path: Path) -> None:
    inner = tmp_path / "folder" / "entry"
    inner.mkdir(parents=True)
    file = inner / "a.yml"
    file.write_text("message: one")
    asked = Asked(str(tmp_path / "folder"))
    before = importing.identity(SITE, asked)
    assert before == importing.identity(SITE, asked)
    file.write_text("message: another")
    assert before != importing.identity(SITE, asked)
