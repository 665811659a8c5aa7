"""Imports that were sent: by a process of their own, while the worker goes on scoring."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil
import pytest

from moderation.cli import services
from moderation.domain.comments import Submission
from moderation.domain.jobs import Job
from moderation.flow import aside, jobs
from moderation.flow.authorise import Grant
from moderation.flow.comments.submitting import submit
from moderation.flow.labels import importing
from moderation.flow.labels.history import Asked
from moderation.flow.lookup import find
from moderation.flow.runtime import Runtime
from moderation.settings import Settings
from moderation.store import keys, sites
from tests import histories
from tests.conftest import Server
from tests.processes import Running, alive, command_of, until
from tests.workers.conftest import Part

pytestmark = pytest.mark.usefixtures("kernels")

SITE = "demo"


def send(runtime: Runtime, path: Path, count: int) -> str:
    """Send a history as the web server does and return its job."""
    with histories.write("disqus", path, count).open("rb") as file:
        return importing.receive(runtime, SITE, "token:test", Asked(), file).id


def importer(worker: Running) -> psutil.Process | None:
    """Return the process that imports for a worker, if there is one."""
    found = [process for process in worker.family() if " importer --parent " in command_of(process)]
    return found[0] if found else None


def running(worker: Running) -> psutil.Process:
    """Wait for the process that imports and return it."""
    until(lambda: importer(worker) is not None, 60, lambda: worker.output)
    process = importer(worker)
    assert process is not None
    return process


def scored(runtime: Runtime, grant: Grant, worker: Running, text: str) -> None:
    """Submit a comment and wait for its verdict."""
    comment = submit(runtime, grant, [Submission(content=text)])[0].id
    until(lambda: find(runtime, SITE, comment).verdict is not None, 60, lambda: worker.output)


def waiting(valkey: Server) -> int:
    """Return how many imports wait for a worker to look at them."""
    with valkey.client() as client:
        client.execute_command("SELECT", 1)
        return int(client.llen("winnow.imports"))


def over(runtime: Runtime, job: str, worker: Running, seconds: float = 120) -> Job:
    until(lambda: jobs.find(runtime, job).is_over, seconds, lambda: worker.output)
    return jobs.find(runtime, job)


def test_a_worker_scores_while_an_import_stands_still(
    start: Part, settings: Settings, runtime: Runtime, grant: Grant, tmp_path: Path
) -> None:
    """The only process of the worker's pool: what imports in it would keep it from scoring."""
    worker = start([*services.worker(settings), "--concurrency", "1"])
    worker.says("ready.")
    job = send(runtime, tmp_path / "disqus.xml", 600)
    process = running(worker)
    until(lambda: sites.read(runtime.store, SITE).labels > 0, 60, lambda: worker.output)
    process.send_signal(signal.SIGSTOP)
    assert process.nice() >= min(19, psutil.Process().nice() + aside.NICE)
    for number in range(3):
        scored(runtime, grant, worker, f"Which port does part {number} use?")
    assert jobs.find(runtime, job).state == "running"
    process.send_signal(signal.SIGCONT)
    done = over(runtime, job, worker)
    assert done.result is not None and done.result["imported"] == 588
    assert sites.read(runtime.store, SITE).labels == 588
    until(lambda: not alive(process.pid), 20)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_worker_scores_all_along_an_import_of_50_000(
    start: Part, settings: Settings, runtime: Runtime, grant: Grant, tmp_path: Path
) -> None:
    worker = start([*services.worker(settings), "--concurrency", "1"])
    worker.says("ready.")
    job = send(runtime, tmp_path / "disqus.xml", 50_000)
    verdicts = 0
    for share in range(9):
        wanted = 49_000 * share // 10
        until(lambda at=wanted: sites.read(runtime.store, SITE).labels >= at, 300)  # type: ignore[misc]
        scored(runtime, grant, worker, f"Which port does part {share} use?")
        assert not jobs.find(runtime, job).is_over
        verdicts += 1
    done = over(runtime, job, worker, 300)
    assert (verdicts, done.state) == (9, "succeeded")
    assert done.result is not None and done.result["imported"] == 49_000


def test_one_process_imports_all_that_was_sent_each_in_turn(
    start: Part, settings: Settings, runtime: Runtime, grant: Grant, valkey: Server, tmp_path: Path
) -> None:
    worker = start(services.worker(settings, only="winnow.imports"))
    worker.says("ready.")
    first = send(runtime, tmp_path / "first.xml", 400)
    process = running(worker)
    until(lambda: sites.read(runtime.store, SITE).labels > 0, 60, lambda: worker.output)
    process.send_signal(signal.SIGSTOP)
    rest = [send(runtime, tmp_path / f"{n}.xml", 20 + n) for n in range(3)]
    # The worker has looked at each of them, and started no second process.
    until(lambda: waiting(valkey) == 0, 30, lambda: worker.output)
    assert [p.pid for p in worker.family() if " importer " in command_of(p)] == [process.pid]
    process.send_signal(signal.SIGCONT)
    done = [over(runtime, job, worker) for job in (first, *rest)]
    assert [job.state for job in done] == ["succeeded"] * 4
    # The same comments again: known, and written once.
    assert sites.read(runtime.store, SITE).labels == 392


def test_files_that_are_sent_at_once_start_one_process(
    start: Part, settings: Settings, runtime: Runtime, grant: Grant, tmp_path: Path
) -> None:
    worker = start(services.worker(settings, only="winnow.imports"))
    worker.says("ready.")
    sent = [send(runtime, tmp_path / f"{n}.xml", 20 + n) for n in range(5)]
    seen = set()

    def all_over() -> bool:
        seen.update(p.pid for p in worker.family() if " importer " in command_of(p))
        return all(jobs.find(runtime, job).is_over for job in sent)

    until(all_over, 120, lambda: worker.output)
    assert len(seen) == 1
    assert [jobs.find(runtime, job).state for job in sent] == ["succeeded"] * 5


@pytest.mark.parametrize("kills", [1, pytest.param(5, marks=pytest.mark.slow)])
def test_an_import_that_is_killed_goes_on_in_another_process(
    start: Part,
    settings: Settings,
    runtime: Runtime,
    grant: Grant,
    valkey: Server,
    tmp_path: Path,
    kills: int,
) -> None:
    count = 600 * kills
    worker = start(services.worker(settings))
    worker.says("ready.")
    job = send(runtime, tmp_path / "disqus.xml", count)
    written = 0
    for _ in range(kills):
        process = running(worker)
        until(lambda at=written: sites.read(runtime.store, SITE).labels > at, 60)  # type: ignore[misc]
        process.kill()
        until(lambda pid=process.pid: not alive(pid), 10)  # type: ignore[misc]
        written = sites.read(runtime.store, SITE).labels
        with valkey.client() as client:  # Its lease runs out.
            client.delete(keys.job_lease(job))
        jobs.tend(runtime)
    assert 0 < written < count
    done = over(runtime, job, worker)
    assert done.result is not None and done.result["imported"] == count - count // 50
    assert sites.read(runtime.store, SITE).labels == count - count // 50
