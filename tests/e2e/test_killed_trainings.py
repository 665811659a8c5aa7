"""A training whose process, or whose store, is killed at any of its stages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.cli import embedded
from moderation.domain.errors import StoreDown
from moderation.domain.jobs import Job
from moderation.flow import jobs
from moderation.flow.models import promoting
from moderation.flow.opening import open_runtime
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import keys, labels, migrations, models, sites
from tests.conftest import SECRET
from tests.moderation.flow.models.taught import teach_site
from tests.processes import Running, until
from tests.replicas import Node

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
LABELS = 900
STAGES = (
    "replaying",
    "reading labels",
    "fitting without what is held back",
    "fitting on all labels",
    "replaying",
)
"""At which stage it is killed, each time."""


@pytest.fixture
def settings(node: Node, tmp_path: Path) -> Settings:
    """Return settings that name a server of this test's own, which can be killed."""
    return Settings.from_env(
        {
            "WINNOW_DATA": str(tmp_path / "var"),
            "WINNOW_REDIS_URL": node.url,
            "WINNOW_BROKER_URL": f"redis+socket://{node.socket}?virtual_host=1",
            "WINNOW_SECRET_KEY": SECRET,
        }
    )


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    """Return a process's view of an installation whose three sites were taught."""
    opened = open_runtime(settings)
    migrations.migrate(opened.store, print)
    first_run.use_shipped(opened.store, settings)
    for number in range(3):
        teach_site(opened, f"site{number}.example", LABELS // 3, start=number * LABELS)
    yield opened
    opened.close()


def trainer(settings: Settings) -> Running:
    """Start a process that trains."""
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "WINNOW_DATA": str(settings.data),
        "WINNOW_REDIS_URL": settings.redis_url,
        "WINNOW_BROKER_URL": settings.broker_url,
        "WINNOW_SECRET_KEY": SECRET,
    }
    return Running([sys.executable, "-m", "moderation", "train"], env)


def logs(runtime: Runtime) -> dict[str, list[Any]]:
    """Return the label log of each site."""
    return {
        site: labels.entries(runtime.store, site, 0, state.labels)
        for site, state in sites.read_all(runtime.store).items()
    }


def the_job(runtime: Runtime) -> Job | None:
    """Return the only job, if the store answers."""
    try:
        found = jobs.page(runtime).jobs
    except StoreDown:
        return None
    assert len(found) <= 1, "a training that was killed is taken up as the job that it was"
    return found[0] if found else None


def is_at(runtime: Runtime, stage: str, running: Running) -> bool:
    """Say whether a training is at a stage now; fails where it has ended before."""
    job = the_job(runtime)
    assert running.process.poll() is None, running.output
    return job is not None and not job.is_over and job.stage == stage


def kill_process(running: Running, node: Node) -> None:
    running.process.kill()


def kill_store(running: Running, node: Node) -> None:
    """Kill the server and start it again on what it has kept."""
    node.process.kill()
    node.process.wait(30)
    node.process = subprocess.Popen(node.process.args)
    until(lambda: embedded.answers(node.socket), 30)


Kill = Callable[[Running, Node], None]


@pytest.mark.parametrize("kills", [1, pytest.param(len(STAGES), marks=pytest.mark.slow)])
@pytest.mark.parametrize("kill", [kill_process, kill_store])
def test_a_training_that_is_killed_loses_nothing_and_makes_one_model(
    runtime: Runtime, settings: Settings, node: Node, kill: Kill, kills: int
) -> None:
    taught = logs(runtime)
    for stage in STAGES[:kills]:
        running = trainer(settings)
        try:
            until(lambda s=stage, r=running: is_at(runtime, s, r), 120, lambda r=running: r.output)  # type: ignore[misc]
            kill(running, node)
            # What has lost its store may wait for it and go on.
            running.process.wait(120)
        finally:
            running.end()
        job = the_job(runtime)
        assert job is not None
        if job.is_over:
            break
        for lease in (keys.job_lease(job.id), keys.TRAINING):  # They run out.
            runtime.store.redis.delete(lease)
    job = the_job(runtime)
    if job is not None and not job.is_over:
        running = trainer(settings)
        try:
            running.process.wait(120)
        finally:
            running.end()
        job = the_job(runtime)
    assert job is not None and job.state == "succeeded", (job, running.output)
    assert job.result is not None and job.result["labels"] == LABELS
    trained = [s.name for s in promoting.listed(runtime).snapshots if s.origin == "trained"]
    assert trained == [job.result["name"]]
    assert models.report(runtime.store, trained[0]) is not None
    assert logs(runtime) == taught
    assert promoting.in_use(runtime).revision == 1
