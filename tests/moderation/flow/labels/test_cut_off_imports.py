"""An import goes on where it was, however the process that did it ended."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from moderation.domain.errors import StoreDown, StoreFull
from moderation.flow import jobs, performing
from moderation.flow.labels import history, importing, teaching
from moderation.flow.labels.history import Asked
from moderation.flow.runtime import Runtime
from moderation.history.staging import Staging
from moderation.store import sites
from tests import histories
from tests.factories import SITE
from tests.moderation.flow.labels.history import done, log


class Killed(BaseException):
    """Ends a process at once, as far as a test can: nothing of ours catches it."""


@pytest.mark.parametrize("where", ["before", "after"])
def test_an_import_cut_off_anywhere_goes_on_and_writes_nothing_twice(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    path = histories.write("disqus", tmp_path / "disqus.xml", 600)
    real, calls = teaching.write, [0]

    def write(*args: Any) -> Any:
        calls[0] += 1
        if where == "before" and calls[0] % 2:
            raise Killed
        found = real(*args)
        if calls[0] % 2:
            raise Killed
        return found

    monkeypatch.setattr(teaching, "write", write)
    first = ""
    for _ in range(20):
        try:
            job = done(runtime, path)
            break
        except Killed:
            running = jobs.page(runtime, SITE).jobs
            assert [j.state for j in running] == ["running"], "one job all along"
            first = first or running[0].id
    assert calls[0] >= 6
    assert (job.id, job.state) == (first, "succeeded")
    assert job.result is not None
    assert job.result["imported"] == len(log(runtime)) == 588
    assert not list((runtime.settings.data / "imports").iterdir())


def test_an_import_cut_off_while_it_reads_begins_to_read_anew(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = histories.write("wxr", tmp_path / "x.xml", 300)
    real, calls = Staging.add, [0]

    def add(self: Staging, found: Any) -> None:
        calls[0] += 1
        if calls[0] == 150:
            raise Killed
        real(self, found)

    monkeypatch.setattr(Staging, "add", add)
    with pytest.raises(Killed):
        done(runtime, path)
    assert log(runtime) == []
    job = done(runtime, path)
    assert job.result is not None and job.result["imported"] == len(log(runtime)) == 294


def test_a_store_that_is_full_fails_the_job_and_the_next_goes_on(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = histories.write("wxr", tmp_path / "x.xml", 300)
    real, calls = teaching.write, [0]

    def write(*args: Any) -> Any:
        calls[0] += 1
        if calls[0] == 2:
            raise StoreFull("the store is full")
        return real(*args)

    monkeypatch.setattr(teaching, "write", write)
    failed = done(runtime, path)
    assert (failed.state, failed.error) == ("failed", "the store is full")
    assert len(log(runtime)) == 100
    went_on = done(runtime, path)
    assert went_on.id != failed.id and went_on.result is not None
    assert went_on.result["imported"] == len(log(runtime)) == 294
    assert {e.decision.by for e in log(runtime) if e.decision} == {f"import:{failed.id}"}


def test_a_worker_takes_up_an_import_slice_by_slice(
    runtime: Runtime, other: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(runtime.tasks, "send", lambda *words: sent.append(words))
    monkeypatch.setattr(importing, "SLICE_SECONDS", 0.0)
    path = histories.write("sql", tmp_path / "x.sql", 300)
    with path.open("rb") as file:
        job = importing.receive(runtime, SITE, "token:test", Asked(), file)
    written = []
    while sent:
        sent.pop()
        importing.work_on(runtime, job.id)
        written.append(sites.read(runtime.store, SITE).labels)
    assert written == [100, 200, 294, 294]
    ended = jobs.find(runtime, job.id)
    assert ended.result is not None and ended.result["imported"] == 294
    assert not list((runtime.settings.data / "imports").iterdir()), "the file is gone"


@pytest.mark.parametrize("patience", [60.0, 0.0])
def test_a_store_that_is_away_is_waited_for_and_is_no_failure_of_the_import(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, patience: float
) -> None:
    monkeypatch.setattr(performing, "AWAY_SECONDS", patience)
    path = histories.write("wxr", tmp_path / "x.xml", 300)
    real, calls = teaching.write, [0]

    def write(*args: Any) -> Any:
        calls[0] += 1
        if calls[0] == 2:
            raise StoreDown("the store does not answer")
        return real(*args)

    monkeypatch.setattr(teaching, "write", write)
    if not patience:
        with pytest.raises(StoreDown):
            done(runtime, path)
        assert jobs.page(runtime, SITE).jobs[0].state == "running"
    job = done(runtime, path)
    assert job.result is not None and job.result["imported"] == len(log(runtime)) == 294


def test_an_import_leaves_room_on_the_disk(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = histories.write("wxr", tmp_path / "x.xml", 300)
    monkeypatch.setattr(history, "LEFT_BYTES", 1 << 60)
    failed = done(runtime, path)
    assert failed.error == "less than 1 GiB of the disk is left; nothing was imported"
    assert log(runtime) == []
    assert not list((runtime.settings.data / "imports").iterdir())


def test_the_file_of_an_import_that_was_cancelled_before_it_began_goes_as_well(
    runtime: Runtime, tmp_path: Path
) -> None:
    path = histories.write("wxr", tmp_path / "x.xml", 10)
    with path.open("rb") as file:
        job = importing.receive(runtime, SITE, "token:test", Asked(), file)
    sent = runtime.settings.data / "imports"
    assert len(list(sent.glob("sent-*"))) == 1
    assert jobs.cancel(runtime, job.id).state == "cancelled"
    importing.launch(runtime, job.id)
    assert not list(sent.iterdir())
    assert path.exists()
    # One that lies where the operator has it is his.
    mine = importing.begin(runtime, SITE, "ann", Asked(str(path)))
    jobs.cancel(runtime, mine.id)
    importing.launch(runtime, mine.id)
    assert path.exists()
