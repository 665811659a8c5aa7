"""The supervisor: what happens to processes when they, or their parent, die."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from moderation.cli.child import Child
from moderation.cli.supervisor import Supervisor
from tests.clock import Stopwatch
from tests.processes import alive, command_of, until

# Starts a process of its own, says who both are, and waits.
FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open(sys.argv[1], "a").write(f"{os.getpid()} {child.pid}\\n")
time.sleep(600)
"""
STUBBORN = (
    "import signal; [signal.signal(s, signal.SIG_IGN) for s in (signal.SIGTERM, signal.SIGINT)]"
) + FAMILY


def lines(path: Path) -> list[list[int]]:
    if not path.exists():
        return []
    return [[int(word) for word in line.split()] for line in path.read_text().splitlines()]


def family(path: Path, program: str = FAMILY, stop_seconds: float = 2.0) -> Child:
    argv = [sys.executable, "-c", program, str(path)]
    return Child("family", argv, dict(os.environ), stop_seconds=stop_seconds)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def pids(tmp_path: Path) -> Path:
    return tmp_path / "pids"


def test_a_child_that_was_killed_runs_again_and_is_spoken_of(said: list[str], pids: Path) -> None:
    with Supervisor(said.append) as supervisor:
        supervisor.add(family(pids))
        until(lambda: lines(pids))
        first, grandchild = lines(pids)[0]
        os.kill(first, signal.SIGKILL)

        def again() -> bool:
            supervisor.tend()
            return len(lines(pids)) == 2

        until(again)
        assert not alive(grandchild), "what the dead child left behind must not go on"
        assert said[0] == f"family (process {first}) ended by SIGKILL; again in 0.5 s"
        assert said[1].startswith("family runs again (process ")
    # What is killed and not our child ends a moment later.
    until(lambda: not any(alive(pid) for line in lines(pids) for pid in line))


def test_a_child_that_dies_each_time_is_started_ever_more_rarely(said: list[str]) -> None:
    child = Child("ill", [sys.executable, "-c", "exit(3)"], {}, stop_seconds=1)
    delays = []
    for _ in range(9):
        child.start()
        until(lambda: (how := child.ended()) and how == "with status 3")
        delays.append(child.plan_restart())
    assert delays == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


@pytest.mark.parametrize("program", [FAMILY, STUBBORN], ids=["willing", "stubborn"])
def test_stopping_leaves_nothing_and_takes_no_longer_than_allowed(
    program: str, said: list[str], pids: Path
) -> None:
    with Supervisor(said.append) as supervisor:
        supervisor.add(family(pids, program, stop_seconds=0.5))
        until(lambda: lines(pids))
        with Stopwatch() as watch:
            supervisor.stop()
        assert watch.seconds < 2
    # What is killed and not our child ends a moment later.
    until(lambda: not any(alive(pid) for line in lines(pids) for pid in line))


def test_a_second_signal_ends_the_patience(said: list[str], pids: Path) -> None:
    with Supervisor(said.append) as supervisor:
        supervisor.add(family(pids, STUBBORN, stop_seconds=60))
        until(lambda: lines(pids))
        os.kill(os.getpid(), signal.SIGINT)
        supervisor.run()
        timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        began = time.monotonic()
        supervisor.stop()
        assert 0.4 < time.monotonic() - began < 5
    # What is killed and not our child ends a moment later.
    until(lambda: not any(alive(pid) for line in lines(pids) for pid in line))


def test_under_nohup_a_closed_terminal_is_no_reason_to_stop() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Supervisor(lambda _: None) as supervisor:
            os.kill(os.getpid(), signal.SIGHUP)
            assert supervisor.stops == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_children_stop_in_the_reverse_of_their_order(tmp_path: Path) -> None:
    log = tmp_path / "log"
    program = (
        "import signal, sys, time\n"
        "def stop(*_):\n"
        "    open(sys.argv[2], 'a').write(sys.argv[1] + '\\n'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "open(sys.argv[2], 'a').write('up\\n')\n"
        "time.sleep(600)\n"
    )
    with Supervisor(lambda _: None) as supervisor:
        for name in ("store", "worker", "web"):
            argv = [sys.executable, "-c", program, name, str(log)]
            supervisor.add(Child(name, argv, {}, stop_seconds=5))
        until(lambda: log.exists() and log.read_text().count("up") == 3)
    assert log.read_text().split()[3:] == ["web", "worker", "store"]


RUN = """
import sys
from pathlib import Path
from moderation.cli.child import Child
from moderation.cli.supervisor import Supervisor
with Supervisor(print) as supervisor:
    supervisor.guard_folder(Path(sys.argv[3]))
    argv = [sys.executable, "-c", sys.argv[1], sys.argv[2]]
    supervisor.add(Child("family", argv, {}, stop_seconds=2))
    supervisor.run()
"""


@pytest.mark.parametrize(
    "program, number",
    [
        pytest.param(FAMILY, signal.SIGKILL, id="killed"),
        pytest.param(STUBBORN, signal.SIGKILL, id="killed-with-stubborn-children"),
        pytest.param(FAMILY, signal.SIGTERM, id="terminated"),
        pytest.param(FAMILY, signal.SIGINT, id="ctrl-c"),
        pytest.param(FAMILY, signal.SIGHUP, id="terminal-closed"),
    ],
)
def test_nothing_outlives_the_supervisor(
    program: str, number: signal.Signals, pids: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "runtime"
    folder.mkdir()
    argv = [sys.executable, "-c", RUN, program, str(pids), str(folder)]
    run = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    until(lambda: lines(pids))
    guards = psutil.Process(run.pid).children()
    run.send_signal(number)
    run.wait(60)
    until(lambda: not any(alive(pid) for line in lines(pids) for pid in line))
    until(lambda: not any(alive(guard.pid) for guard in guards))
    assert not folder.exists()


def test_a_killed_guard_is_replaced_and_knows_what_runs(pids: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runtime"
    folder.mkdir()
    argv = [sys.executable, "-c", RUN, STUBBORN, str(pids), str(folder)]
    run = psutil.Popen(argv, stdout=subprocess.DEVNULL)
    try:
        until(lambda: lines(pids))

        def guards() -> list[psutil.Process]:
            return [p for p in run.children() if "guard.py" in command_of(p)]

        first = guards()[0]
        first.kill()
        until(lambda: any(guard != first for guard in guards()))
    finally:
        # The new guard has been told everything once it waits for more.
        run.kill()
        run.wait(60)
    until(lambda: not any(alive(pid) for line in lines(pids) for pid in line))
    until(lambda: not folder.exists())
