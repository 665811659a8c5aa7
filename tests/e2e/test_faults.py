"""Any process may be killed at any moment: what was answered is kept, once, and is judged."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest
import redis

from moderation.flow.tasks import JOBS_QUEUE, SCORE_QUEUE
from moderation.store import Store, comments, inbox, labels, sites
from tests.e2e.conftest import StartUp
from tests.e2e.load import Load
from tests.e2e.running import Up
from tests.processes import until

pytestmark = pytest.mark.usefixtures("kernels")
TIMES = 5


def socket_of(up: Up) -> Path:
    return next(up.runtimes.rglob("*.sock"))


def client_of(up: Up) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(socket_of(up)))


def kill_worker(up: Up) -> None:
    """In the middle of a batch: only once a task holds the lane's lease."""
    with client_of(up) as client, contextlib.suppress(psutil.NoSuchProcess):
        worker = up.part("worker")
        until(lambda: any(client.get(f"{{winnow}}:bell:{lane}") for lane in range(4)))
        for process in worker.children(recursive=True):
            process.kill()
        worker.kill()


def kill_web(up: Up) -> None:
    up.part("web").children()[0].kill()


def kill_beat(up: Up) -> None:
    up.part("beat").kill()


def kill_store(up: Up) -> None:
    up.part("store").kill()


def delete_queues(up: Up) -> None:
    with client_of(up) as client:
        client.delete(SCORE_QUEUE, JOBS_QUEUE, f"_kombu.binding.{SCORE_QUEUE}", "unacked")


FAULTS = {
    "worker": kill_worker,
    "web": kill_web,
    "beat": kill_beat,
    "store": kill_store,
    "queues": delete_queues,
}


def restarted(up: Up, part: str, times: int) -> None:
    if part in ("worker", "beat", "store"):
        until(lambda: up.output.count(f"winnow: {part} runs again") >= times, 30, lambda: up.output)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", FAULTS)
def test_what_was_answered_is_kept_once_and_judged(part: str, start_up: StartUp) -> None:
    up = start_up().ready()
    fault: Callable[[Up], None] = FAULTS[part]
    with Load(up.url, up.credentials["api_token"]) as load:
        load.goes_on(30, lambda: up.output)
        for time in range(TIMES):
            fault(up)
            restarted(up, part, time + 1)
            load.goes_on(60, lambda: up.output)
    assert load.wrong == []
    prove(up, load)


def prove(up: Up, load: Load) -> None:
    """Looks at the store and at the API: nothing promised is lost, nothing is there twice."""
    store = Store.connect(f"unix://{socket_of(up)}")
    site = up.credentials["site"]
    until(lambda: sum(inbox.lengths(store)) == 0, 60, lambda: up.output)
    ids = comments.page(store, site, None, b"", b"", False, 1_000_000)
    stored = {}
    for start in range(0, len(ids), 500):
        for comment in comments.get_many(store, site, ids[start : start + 500]):
            assert comment is not None
            assert comment.submission.external_id not in stored, "the same comment twice"
            stored[comment.submission.external_id] = comment
    for external_id, comment_id in load.promised.items():
        assert stored[external_id].id == comment_id
    assert all(c.revision == 1 and c.verdict is not None for c in stored.values())

    by_status = {s: set(comments.page(store, site, s, b"", b"", False, 1_000_000)) for s in
                 ("approved", "held", "spam")}  # fmt: skip
    assert sum(map(len, by_status.values())) == len(stored)

    today = dt.datetime.now(dt.UTC).date()
    headers = {"Authorization": f"Bearer {up.credentials['api_token']}"}
    answer = httpx.get(
        f"{up.url}/v1/stats",
        params={"from": str(today - dt.timedelta(days=1)), "to": str(today)},
        headers=headers,
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    days = answer.json()["data"]
    assert sum(day["comments"] for day in days) == len(stored)
    assert sum(sum(day["verdicts"].values()) for day in days) == len(stored)

    state = sites.read(store, site)
    taught = [
        entry.example.comment
        for entry in labels.entries(store, site, 0, state.labels)
        if entry.example
    ]
    assert len(taught) == len(set(taught)) == state.labels, "a decision stands in the log twice"
    assert set(load.decided) <= set(taught), "a decision that was answered is not in the log"
    by_id = {c.id: c for c in stored.values()}
    assert all(by_id[c].decision is not None for c in load.decided)
    store.close()


@pytest.mark.timeout(120)
def test_a_submission_whose_answer_never_came_is_one_comment_when_sent_again(
    start_up: StartUp,
) -> None:
    up = start_up().ready()
    body = {"content": "Did this arrive?", "external_id": "lost answer"}
    for _ in range(TIMES):
        with contextlib.suppress(httpx.TransportError):
            httpx.post(
                f"{up.url}/v1/comments",
                json=body,
                headers={"Authorization": f"Bearer {up.credentials['api_token']}"},
                timeout=httpx.Timeout(5, read=0.0005),
            )
    ids = {up.post("/v1/comments", body).json()["id"] for _ in range(3)}
    assert len(ids) == 1
    store = Store.connect(f"unix://{socket_of(up)}")
    assert len(comments.page(store, up.credentials["site"], None, b"", b"", False, 10)) == 1
    store.close()
