"""A store that fails over under running processes: they go on by its address, none is restarted."""

from __future__ import annotations

import pytest

from tests.e2e.running import StartUp, Up
from tests.processes import until
from tests.replicas import Pair

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(240)]


def processes(up: Up) -> dict[str, list[int]]:
    """Return who serves, by part."""
    parts = {part: up.part(part) for part in ("web", "worker", "beat")}
    return {
        part: [process.pid, *(child.pid for child in process.children())]
        for part, process in parts.items()
    }


def is_recorded(up: Up, text: str) -> bool:
    answer = up.post("/v1/check", {"content": text})
    assert answer.status_code == 200
    return bool(answer.json()["recorded"])


def test_every_process_goes_on_with_the_new_primary(start_up: StartUp, pair: Pair) -> None:
    up = start_up(WINNOW_REDIS_URL=pair.url, WINNOW_BROKER_URL=pair.broker_url).ready()
    assert is_recorded(up, "before it fails over")
    first = up.submit("a comment before it fails over")
    until(lambda: up.verdict_of(first), 20, lambda: up.output)
    serving = processes(up)
    for turn in ("there", "and back"):
        pair.fail_over()
        until(lambda turn=turn: is_recorded(up, f"a check that goes {turn}"), 2, lambda: up.output)
        comment = up.submit(f"a comment that goes {turn}")
        until(lambda comment=comment: up.verdict_of(comment), 20, lambda: up.output)
        assert up.verdict_of(first)
    assert processes(up) == serving
