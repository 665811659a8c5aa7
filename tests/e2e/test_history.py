"""A history imported beside a running service; its importer and its workers are killed."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from moderation.domain.decisions import LabelEntry
from moderation.domain.errors import StoreDown
from moderation.store import Store, labels, sites
from tests import histories
from tests.e2e.running import PARTS, ROOT, StartUp, Up
from tests.processes import Running, command_of, until

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(400)]

SITE = "demo"
COUNT = 1500
LABELS = COUNT - COUNT // 50
KILLS = 5


def importer(up: Up, path: Path) -> Running:
    """Start the importer on the installation of a running `up`."""
    words = ["-m", "moderation", "import", str(path), "--site", SITE]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "WINNOW_DATA": str(up.data)}
    return Running([sys.executable, *words], env)


def log(up: Up) -> list[LabelEntry]:
    """Return the site's label log."""
    url = next((up.runtimes).rglob("store.sock"))
    store = Store.connect(f"unix://{url}")
    try:
        return labels.entries(store, SITE, 0, sites.read(store, SITE).labels)
    finally:
        store.close()


def is_complete(entries: list[LabelEntry]) -> None:
    """Assert that every label was written once, in order of time."""
    expected = [
        (int(m.time.timestamp() * 1000), "spam" if m.is_spam else "ham")
        for m in histories.comments(COUNT)
        if not m.waits
    ]
    written = [(e.decision.at_ms, e.label) for e in entries if e.decision]
    assert written == expected
    assert {e.kind for e in entries} == {"label"}


def running_part(up: Up, name: str) -> psutil.Process:
    """Return a part of `up`, once it was started again."""

    def found() -> list[psutil.Process]:
        return [p for p in up.process.children() if PARTS[name] in command_of(p)]

    until(found, 60, up.output)
    return found()[0]


def jobs(up: Up) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {up.credentials['admin_token']}"}
    answer = httpx.get(f"{up.url}/v1/jobs", headers=headers, timeout=10)
    return list(answer.raise_for_status().json()["data"])


@pytest.mark.parametrize("kills", [1, pytest.param(KILLS, marks=pytest.mark.slow)])
def test_an_importer_that_is_killed_again_and_again_goes_on_and_writes_nothing_twice(
    start_up: StartUp, short_tmp: Path, kills: int
) -> None:
    up = start_up().ready()
    path = histories.write("wxr", short_tmp / "blog.xml", COUNT)
    for number in range(1, kills + 1):
        running = importer(up, path)
        try:
            wanted = LABELS * number // (kills + 2)
            until(lambda at=wanted: len(log(up)) >= at, 60, lambda r=running: r.output)
            running.send(signal.SIGKILL)
            running.process.wait(10)
        finally:
            running.end()
    last = importer(up, path)
    try:
        last.says("decided from 2016-03-01", 120)
    finally:
        last.end()
    is_complete(log(up))
    # A worker may have taken up what the killed ones left; then the last one only looked again.
    assert {job["state"] for job in jobs(up)} == {"succeeded"}
    imported = sum(job["result"]["imported"] for job in jobs(up))
    assert imported == LABELS
    until(lambda: not list((up.data / "imports").iterdir()))


@pytest.mark.parametrize("kills", [1, pytest.param(KILLS, marks=pytest.mark.slow)])
def test_an_import_waits_for_a_store_that_is_killed_again_and_again(
    start_up: StartUp, short_tmp: Path, kills: int
) -> None:
    up = start_up().ready()
    path = histories.write("disqus", short_tmp / "disqus.xml", COUNT)
    running = importer(up, path)
    try:
        for number in range(1, kills + 1):
            wanted = LABELS * number // (kills + 2)
            until(lambda at=wanted: written(up) >= at, 120, lambda: running.output + up.output)
            running_part(up, "store").kill()
        running.says("decided from 2016-03-01", 180)
    finally:
        running.end()
    is_complete(log(up))
    assert {job["state"] for job in jobs(up)} == {"succeeded"}


def written(up: Up) -> int:
    """Return how many labels were written; 0 while the store is away."""
    try:
        return len(log(up))
    except (StoreDown, StopIteration):
        return 0


@pytest.mark.parametrize("kills", [1, pytest.param(KILLS, marks=pytest.mark.slow)])
def test_an_upload_goes_on_though_the_workers_are_killed_again_and_again(
    start_up: StartUp, short_tmp: Path, kills: int
) -> None:
    up = start_up().ready()
    path = histories.write("sql", short_tmp / "dump.sql", COUNT)
    headers = {
        "Authorization": f"Bearer {up.credentials['api_token']}",
        "Content-Type": "application/octet-stream",
    }
    with path.open("rb") as file:
        answer = httpx.post(f"{up.url}/v1/imports", content=file, headers=headers, timeout=30)
    assert answer.status_code == 202, answer.text
    job = answer.headers["Location"]
    for number in range(1, kills + 1):
        wanted = LABELS * number // (kills + 2)
        until(lambda at=wanted: len(log(up)) >= at, 120, up.output)
        worker = running_part(up, "worker")
        for process in [*worker.children(recursive=True), worker]:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue

    def is_over() -> bool:
        found = httpx.get(up.url + job, headers=headers, timeout=10).json()
        assert found["state"] in ("queued", "running", "succeeded"), found["error"]
        return bool(found["state"] == "succeeded")

    until(is_over, 300, lambda: up.output)
    found = httpx.get(up.url + job, headers=headers, timeout=10).json()
    assert found["result"]["imported"] == LABELS
    is_complete(log(up))
    until(lambda: not list((up.data / "imports").iterdir()))
