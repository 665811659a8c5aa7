"""Training by real workers: elsewhere, in a process that gives way, ended in the middle."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from moderation.cli import services
from moderation.flow import aside, jobs
from moderation.flow.models import promoting, working
from moderation.flow.runtime import Runtime
from moderation.settings import Settings
from moderation.store import keys
from tests.conftest import Server
from tests.moderation.flow.models.taught import teach_site
from tests.processes import Running, alive, command_of, until

pytestmark = pytest.mark.usefixtures("kernels")


@pytest.fixture
def start(settings: Settings, tmp_path: Path) -> Iterator[Callable[[], Running]]:
    """Start a worker that takes trainings alone, as on a machine with a data folder of its own."""
    running: list[Running] = []
    elsewhere = {"WINNOW_DATA": str(tmp_path / "elsewhere")}

    def start() -> Running:
        argv = services.worker(settings, only="winnow.training")
        running.append(Running(argv, services.environment(settings) | elsewhere))
        running[-1].says("ready.")
        return running[-1]

    yield start
    for process in running:
        process.end()


def trainer(worker: Running) -> psutil.Process | None:
    """Return the process that trains for a worker, if there is one."""
    found = [process for process in worker.family() if " train --job " in command_of(process)]
    return found[0] if found else None


def state(runtime: Runtime, job: str) -> str:
    return jobs.find(runtime, job).state


def test_a_worker_elsewhere_that_takes_trainings_alone_trains(
    start: Callable[[], Running], runtime: Runtime, valkey: Server
) -> None:
    teach_site(runtime, "one.example", 60)
    worker = start()
    runtime.tasks.send("workers.score_inbox", 0)
    job = working.ask_training(runtime, "ann").id
    priority = []

    def trained() -> bool:
        process = trainer(worker)
        if process is not None:
            priority.append(process.nice())
        return state(runtime, job) == "succeeded"

    until(trained, 90, lambda: worker.output)
    made = jobs.find(runtime, job).result
    assert made and made["labels"] == 60
    assert promoting.known(runtime, made["name"]).origin == "trained"
    assert max(priority) >= min(19, psutil.Process().nice() + aside.NICE)
    with valkey.client() as client:
        client.execute_command("SELECT", 1)
        assert client.llen("winnow.score") == 1, "it took what was not for it"


@pytest.mark.parametrize("kills", [1, pytest.param(5, marks=pytest.mark.slow)])
def test_a_training_whose_process_is_killed_begins_anew_and_makes_one_model(
    start: Callable[[], Running], runtime: Runtime, valkey: Server, kills: int
) -> None:
    teach_site(runtime, "one.example", 60)
    worker = start()
    job = working.ask_training(runtime, "ann").id
    for _ in range(kills):
        until(lambda: state(runtime, job) == "running" and trainer(worker), 90, worker_says(worker))
        process = trainer(worker)
        if process is None:
            break  # It was quicker.
        process.send_signal(signal.SIGKILL)
        until(lambda pid=process.pid: not alive(pid), 10)  # type: ignore[misc]
        with valkey.client() as client:  # The leases run out.
            client.delete(keys.job_lease(job), keys.TRAINING)
        jobs.tend(runtime)
    until(lambda: state(runtime, job) == "succeeded", 90, worker_says(worker))
    snapshots = promoting.listed(runtime).snapshots
    assert [s.origin for s in snapshots].count("trained") == 1


def test_jobs_that_are_sent_at_once_start_one_process(
    start: Callable[[], Running], runtime: Runtime, valkey: Server
) -> None:
    worker = start()
    asked = [working.ask_evaluation(runtime, "ann", f"2026.01.0{n}-1").id for n in range(1, 5)]
    seen = set()

    def one_is_over() -> bool:
        seen.update(p.pid for p in worker.family() if " train --job " in command_of(p))
        with valkey.client() as client:
            client.execute_command("SELECT", 1)
            waits = client.llen("winnow.training")
        return not waits and any(jobs.find(runtime, job).is_over for job in asked)

    until(one_is_over, 90, worker_says(worker))
    assert len(seen) == 1
    # The rest is sent again by who tends jobs.
    assert sorted(state(runtime, job) for job in asked) == ["failed", *["queued"] * 3]


def test_a_trainer_does_not_outlive_its_worker(
    start: Callable[[], Running], runtime: Runtime
) -> None:
    teach_site(runtime, "one.example", 60)
    worker = start()
    job = working.ask_training(runtime, "ann").id
    until(lambda: trainer(worker) is not None, 60, worker_says(worker))
    process = trainer(worker)
    assert process is not None
    process.send_signal(signal.SIGSTOP)
    for one in worker.family():
        if one.pid != process.pid:
            one.send_signal(signal.SIGKILL)
    process.send_signal(signal.SIGCONT)
    until(lambda: not alive(process.pid), 20)
    assert state(runtime, job) in ("queued", "running"), "it went on to the end"


def worker_says(worker: Running) -> Callable[[], str]:
    return lambda: worker.output
