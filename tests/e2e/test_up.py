"""`python -m moderation up` as a user runs it: starts, survives, refuses, ends without a trace."""

import os
import signal
import socket
import time
from typing import Any

import psutil
import pytest

from tests.e2e.running import StartUp, Up, free_port
from tests.processes import alive, command_of, until

pytestmark = pytest.mark.usefixtures("kernels")


def assert_gone(up: Up, processes: list[psutil.Process], seconds: float) -> None:
    until(
        lambda: not [p for p in processes if alive(p.pid)],
        seconds,
        f"{[p for p in processes if alive(p.pid)]}\n{up.output}",
    )
    until(lambda: not list(up.runtimes.iterdir()), 5, "the runtime folder is left behind")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_ends_everything_within_ten_seconds(
    number: signal.Signals, start_up: StartUp
) -> None:
    up = start_up().ready()
    processes = up.family()
    # up, guard, store, web and its two, worker and its two, beat, who follows for searches
    assert len(processes) == 11, processes
    began = time.monotonic()
    up.send(number)
    assert_gone(up, processes, 10)
    assert time.monotonic() - began < 10
    assert up.process.wait(1) == 0
    assert {p.name for p in up.data.iterdir()} == {
        "credentials.json",
        "lock",
        "search",
        "secret_key",
        "store",
        "place",
        "up.lock",
    }


def test_the_first_verdict_comes_by_both_ways_and_survives_a_restart(start_up: StartUp) -> None:
    up = start_up().ready()
    checked = up.post("/v1/check", {"content": "Thanks, the second example fixed my build."})
    assert checked.status_code == 200
    assert checked.json()["verdict"]["label"] == "ham"
    comment = up.submit("Cheap pills online, buy now http://pills.example/buy")
    until(lambda: up.verdict_of(comment), what=lambda: up.output)
    credentials = up.credentials
    up.send(signal.SIGINT)
    up.process.wait(30)

    again = start_up().ready()
    assert again.credentials == credentials
    assert again.verdict_of(comment)
    console = again.credentials["console"]
    assert console["password"] not in again.output
    assert credentials["api_token"] not in up.output + again.output


def test_a_second_up_on_the_folder_is_refused_in_one_line(start_up: StartUp) -> None:
    up = start_up().ready()
    second = start_up(port=free_port())
    assert second.process.wait(20) == 1
    until(lambda: second.output)
    assert second.output == (
        f"winnow: Winnow already runs on {up.data}: stop it, or set WINNOW_DATA to another folder\n"
    )
    assert up.post("/v1/check", {"content": "still here"}).status_code == 200


def test_a_taken_port_is_refused_in_one_line_and_nothing_is_started(start_up: StartUp) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        up = start_up(port=port)
        assert up.process.wait(20) == 1
    until(lambda: up.output)
    assert up.output == (
        f"winnow: 127.0.0.1:{port} cannot be used (Address already in use): "
        "set WINNOW_BIND to another address, for example 127.0.0.1:8001\n"
    )
    assert not (up.data / "store").exists()


def test_nothing_survives_the_kill_of_up_and_the_next_one_has_everything(
    start_up: StartUp,
) -> None:
    up = start_up().ready()
    comment = up.submit("Which version do I need for this?")
    until(lambda: up.verdict_of(comment), what=lambda: up.output)
    processes = up.family()
    up.send(signal.SIGKILL)
    assert_gone(up, processes, 10)
    again = start_up().ready()
    assert again.verdict_of(comment)


def test_a_killed_up_and_guard_leave_at_most_what_the_next_up_stops(start_up: StartUp) -> None:
    up = start_up().ready()
    processes = up.family()
    os.kill(up.part("guard").pid, signal.SIGKILL)
    up.send(signal.SIGKILL)
    start_up().ready()
    until(lambda: not [p for p in processes if alive(p.pid)], 10, lambda: up.output)
    assert len(list(up.runtimes.iterdir())) == 1


@pytest.mark.parametrize("part", ["store", "web", "worker", "beat", "search"])
def test_a_part_that_was_killed_runs_again_and_is_spoken_of(part: str, start_up: StartUp) -> None:
    up = start_up().ready()
    first = up.part(part)
    beneath = first.children(recursive=True)
    first.kill()
    up.says(f"winnow: {part} (process {first.pid}) ended by SIGKILL; again in 0.5 s\n")
    up.says(f"winnow: {part} runs again (process ")
    assert up.part(part).pid != first.pid
    until(lambda: not [p for p in beneath if alive(p.pid)], 5, "its own processes go with it")
    comment = up.submit(f"Does it still work without its {part}?")
    until(lambda: up.verdict_of(comment), 30, lambda: up.output)


def test_a_web_process_that_was_killed_is_replaced(start_up: StartUp) -> None:
    up = start_up().ready()
    web = up.part("web")
    first = web.children()[0]
    first.kill()

    def replaced() -> bool:
        now = [p.pid for p in web.children() if alive(p.pid)]
        return len(now) == 2 and first.pid not in now

    until(replaced, 20, lambda: up.output)
    comment = up.submit("Is anyone there?")
    until(lambda: up.verdict_of(comment), 20, lambda: up.output)


def test_starting_takes_two_cores_less_than_ten_seconds(start_up: StartUp) -> None:
    up = start_up().ready()
    up.post("/v1/check", {"content": "Thanks, the second example fixed my build."})
    # Time of the processors, not of the wall: the suite may share them with others.
    spent = [process.cpu_times() for process in up.family()]
    assert sum(times.user + times.system for times in spent) < 2 * 10


@pytest.mark.second_store
def test_it_runs_on_an_outside_store_and_leaves_it_running(start_up: StartUp, valkey: Any) -> None:
    up = start_up(WINNOW_REDIS_URL=valkey.url, WINNOW_BROKER_URL=valkey.broker_url).ready()
    comment = up.submit("Does it work with our own store?")
    until(lambda: up.verdict_of(comment), what=lambda: up.output)
    assert not [p for p in up.family() if "valkey-server" in command_of(p)]
    processes = up.family()
    up.send(signal.SIGTERM)
    assert_gone(up, processes, 10)
    assert alive(valkey.pid)
    assert not (up.data / "store").exists()
