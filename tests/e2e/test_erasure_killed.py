"""An erasure that is killed, at whatever step, goes on: nothing is left, and all is unlearned."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from moderation.flow import jobs
from moderation.flow.models import promoting, training
from moderation.flow.models.promoting import Why
from moderation.flow.privacy import erasing
from moderation.flow.runtime import Runtime
from moderation.flow.sites import first_run
from moderation.settings import Settings
from moderation.store import keys, models
from tests.conftest import SECRET
from tests.factories import SITE
from tests.moderation.flow.privacy.lived import (
    EMAIL,
    OTHER_SITE,
    begin,
    learner,
    left,
    mixed,
    never_saw,
    teach,
    write,
)
from tests.processes import Running

KILLED = """
import os, signal, sys
from moderation.cli.connect import open_runtime
from moderation.flow import performing
from moderation.flow.privacy import erasing, traces
from moderation.settings import Settings

left = int(sys.argv[2])

def counted(step):
    def one(*args, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return step(*args, **named)
    return one

for owner, name in (
    (performing.Work, "keep"), (erasing.deciding, "forget"), (erasing.rebuilding, "rebuild"),
    (erasing.compacting, "compact"), (erasing.withdrawing, "withdraw"),
    (erasing.withdrawing, "replace"), (traces, "drop_acts"), (traces, "rewrite_files"),
):
    setattr(owner, name, counted(getattr(owner, name)))

with open_runtime(Settings.from_env()) as runtime:
    erasing.work_on(runtime, sys.argv[1], here=True)
"""
"""Kills itself before its so many-th step: nobody else hits the moment."""

STEPS = [pytest.param(9), *(pytest.param(n, marks=pytest.mark.slow) for n in (1, 4, 5, 13, 29, 33))]


def killed(settings: Settings, job: str, step: int) -> bool:
    """Let a process work on a job until it kills itself; False where it came to the end before."""
    env = {
        **os.environ,
        "WINNOW_DATA": str(settings.data),
        "WINNOW_REDIS_URL": settings.redis_url,
        "WINNOW_BROKER_URL": settings.broker_url,
        "WINNOW_SECRET_KEY": SECRET,
    }
    running = Running([sys.executable, "-c", KILLED, job, str(step)], env)
    try:
        code = running.process.wait(100)
        assert code in (0, -signal.SIGKILL), running.output
        return code != 0
    finally:
        running.end()


def taught(runtime: Runtime) -> tuple[str, bytes]:
    """Let the person write and be labelled on two sites, and a model learn that; return the model's
    name and the learner of a site that never saw him."""
    first_run.add_site(runtime.store, SITE)
    first_run.add_site(runtime.store, OTHER_SITE)
    teach(runtime, SITE, mixed(60, 12))
    write(runtime, OTHER_SITE, mixed(60, 12))
    made = training.train(runtime, "root", lambda *_: None).name
    promoting.promote(runtime, made, Why("root"), override=True)
    promoting.promote(runtime, runtime.shipped.name, Why("root"), override=True)
    return made, never_saw(runtime, SITE)


def is_whole(runtime: Runtime, job: str, made: str, expected: bytes) -> None:
    """Take the job up again, and look whether all of it is done."""
    # The lease of who was killed runs out in a quarter of a minute.
    runtime.store.redis.delete(keys.job_lease(job))
    erasing.work_on(runtime, job, here=True)
    done = jobs.find(runtime, job)
    assert (done.state, done.error) == ("succeeded", "")
    assert left(runtime) == []
    assert learner(runtime, SITE) == expected
    assert models.withdrawn(runtime.store) == {made}
    assert done.result is not None
    assert (done.result["models"], done.result["sites"]) == ([made], sorted([SITE, OTHER_SITE]))


@pytest.mark.timeout(300)
@pytest.mark.parametrize("step", STEPS)
def test_what_was_killed_goes_on(
    runtime: Runtime, settings: Settings, kernels: None, step: int
) -> None:
    made, expected = taught(runtime)
    job = begin(runtime, email=EMAIL).id
    assert killed(settings, job, step), "it came to its end before it could be killed"
    is_whole(runtime, job, made, expected)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_what_is_killed_again_and_again_comes_to_its_end(
    runtime: Runtime, settings: Settings, kernels: None
) -> None:
    made, expected = taught(runtime)
    job, times = begin(runtime, email=EMAIL).id, 0
    while killed(settings, job, 6):
        runtime.store.redis.delete(keys.job_lease(job))
        times += 1
        assert times < 40
    assert times > 3
    assert jobs.find(runtime, job).state == "succeeded"
    assert left(runtime) == []
    assert learner(runtime, SITE) == expected
    assert models.withdrawn(runtime.store) == {made}
