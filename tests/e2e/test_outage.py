"""While store and broker are away every part says so in a handful of lines, whatever is asked."""

from __future__ import annotations

import re
import shutil
import time
from collections import Counter
from collections.abc import Callable

import httpx
import psutil
import pytest

from tests.e2e.running import StartUp, Up
from tests.processes import alive, until
from tests.replicas import Node

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(300)]

SECONDS = 8.0
"""How long the outage is: Celery tries again after 1, 2 and 4, beat's ticks come every 3."""
HANDFUL = 6
"""Most lines of one process."""
LINE = re.compile(r"\S+T\S+[+]00:00 [A-Z]+ [\w.]+\[(\d+)\]")


def asked(up: Up, seconds: float) -> Counter[int]:
    """Ask for as long as that, one call after the other; return the statuses."""
    found: Counter[int] = Counter()
    token = {"Authorization": f"Bearer {up.credentials['api_token']}"}
    form = {"api_key": up.credentials["akismet_key"], "blog": "https://blog.example",
            "user_ip": "192.0.2.7", "comment_content": "Is it there?"}  # fmt: skip
    until_then = time.monotonic() + seconds
    with httpx.Client(base_url=up.url, headers=token, timeout=30) as client:
        while time.monotonic() < until_then:
            found[client.post("/v1/check", json={"content": "Is it there?"}).status_code] += 1
            found[client.post("/v1/comments", json={"content": "Is it?"}).status_code] += 1
            found[client.get("/v1/comments").status_code] += 1
            found[client.post("/1.1/comment-check", data=form).status_code] += 1
    return found


def store_gone(up: Up, node: Node) -> Callable[[], None]:
    store, supervisor = up.part("store"), psutil.Process(up.pid)
    supervisor.suspend()  # Nobody starts the store again meanwhile.
    store.kill()
    until(lambda: not alive(store.pid))
    return supervisor.resume


def broker_gone(up: Up, node: Node) -> Callable[[], None]:
    node.end()
    return node.start


def broker_full(up: Up, node: Node) -> Callable[[], None]:
    with node.client() as client:
        client.config_set("save", "3600 1")
        shutil.rmtree(node.folder)
        client.bgsave()
        until(lambda: client.info("persistence")["rdb_last_bgsave_status"] == "err")

    def mend() -> None:
        with node.client() as client:
            client.config_set("stop-writes-on-bgsave-error", "no")

    return mend


@pytest.mark.parametrize(
    "strike",
    [
        broker_full,
        pytest.param(broker_gone, marks=pytest.mark.slow),
        pytest.param(store_gone, marks=pytest.mark.slow),
    ],
)
def test_an_outage_is_a_handful_of_lines_of_each_process(
    strike: Callable[[Up, Node], Callable[[], None]], start_up: StartUp, node: Node
) -> None:
    broker = {} if strike is store_gone else {
        "WINNOW_BROKER_URL": f"redis+socket://{node.socket}?virtual_host=1"
    }  # fmt: skip
    up = start_up(**broker).ready()
    comment = up.submit("Before")
    until(lambda: up.verdict_of(comment), 60, lambda: up.output)
    assert set(asked(up, 1.0)) <= {200, 202}
    before = len(up.output)
    mend = strike(up, node)
    answers = asked(up, SECONDS)
    mend()
    comment = up.submit("After")
    until(lambda: up.verdict_of(comment), 60, lambda: up.output)
    said = up.output[before:].splitlines()
    assert set(answers) <= {200, 202, 503}
    assert (answers[503] > 0) == (strike is store_gone)
    lines = [line for line in said if not line.startswith("winnow: ")]
    strange = [line for line in lines if not LINE.match(line)]
    assert not strange, "\n".join(lines)
    by_process = Counter(found[1] for line in lines if (found := LINE.match(line)))
    assert max(by_process.values(), default=0) <= HANDFUL, "\n".join(lines)
    assert len(said) <= 30, "\n".join(said)
    if strike is broker_full:
        # Of web, beat and the worker each.
        assert sum("full" in line for line in lines) >= 3, "\n".join(lines)
