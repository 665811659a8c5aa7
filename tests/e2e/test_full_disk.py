"""A disk that is really full: nothing dies, decisions go on, and room ends it without a restart."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.running import ROOT, StartUp, Up
from tests.processes import alive, until

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(420)]

SIZE = 96 << 20


@pytest.fixture
def small_disk(short_tmp: Path) -> Iterator[Path]:
    """Return the data folder of `start_up`, a file system of its own with little room."""
    folder = short_tmp / "var"
    folder.mkdir(mode=0o700)
    words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(folder)]
    try:
        subprocess.run(words, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("NOT CHECKED on a disk that is really full: it takes root to mount one")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Write until the disk takes nothing more."""
    file = folder / "somebody-elses.log"
    with file.open("wb", buffering=0) as out:
        try:
            while out.write(b"x" * 4096):
                pass
        except OSError:
            return file
    raise AssertionError("the disk took everything")


def call(up: Up, method: str, path: str, body: Any = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {up.credentials['api_token']}", "If-Match": "*"}
    return httpx.request(method, up.url + path, json=body, headers=headers, timeout=10)


def refuses(up: Up) -> bool:
    try:
        return up.post("/v1/comments", {"content": "One more."}).status_code == 507
    except httpx.TransportError:
        return False


def command(up: Up, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "moderation", *words], capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), "WINNOW_DATA": str(up.data),
             "XDG_RUNTIME_DIR": str(up.runtimes)},
    )  # fmt: skip


def holds_while_full(up: Up, decided: list[str], deleted: str) -> None:
    """See what is refused and what is not, by the API and by commands."""
    checked = up.post("/v1/check", {"content": "One more."})
    assert checked.status_code == 200
    assert checked.json()["verdict"]["decided_by"] == "fail_mode"
    for comment in decided:
        answer = call(up, "POST", f"/v1/comments/{comment}/decision", {"label": "spam"})
        assert answer.status_code == 200, answer.text
    undone = call(up, "POST", f"/v1/comments/{decided[0]}/decision/undo", {})
    assert undone.status_code == 200, undone.text
    assert call(up, "DELETE", f"/v1/comments/{deleted}").status_code == 204
    assert call(up, "GET", f"/v1/comments/{deleted}").status_code == 404
    ready = httpx.get(f"{up.url}/readyz")
    assert (ready.status_code, "full" in ready.json()["detail"]) == (503, True)
    assert "winnow_store_full 1.0" in httpx.get(f"{up.url}/metrics").text


def commands_say_so(up: Up) -> None:
    """See that each command says in one line what is the matter."""
    found = command(up, "doctor")
    assert found.returncode == 1
    assert "WRONG  store: it is full" in found.stdout, found.stdout
    made = command(up, "site", "add", "blog")
    assert (made.returncode, made.stderr.count("\n")) == (1, 1), made.stderr
    assert "the store is full" in made.stderr
    assert "already runs" not in found.stdout + made.stderr


def filled(up: Up, folder: Path) -> tuple[list[str], Path]:
    """Submit comments and fill the disk; return the comments and what filled it."""
    comments = [up.submit(f"Which of the {n} is better?") for n in range(6)]
    for one in comments:
        until(lambda one=one: up.verdict_of(one), what=lambda: up.output)
    file = fill(folder)
    up.says("is full (")
    until(lambda: refuses(up), what=lambda: up.output)
    return comments, file


def test_nothing_dies_on_a_full_disk_and_decisions_go_on(
    small_disk: Path, start_up: StartUp
) -> None:
    up = start_up().ready()
    parts = {name: up.part(name).pid for name in ("store", "web", "worker", "beat")}
    answering = [process.pid for process in up.part("web").children()]
    comments, file = filled(up, small_disk)
    holds_while_full(up, comments[:2], comments[2])
    assert {name: up.part(name).pid for name in parts} == parts, up.output
    assert all(alive(pid) for pid in answering)
    assert "SIGBUS" not in up.output and "Traceback" not in up.output
    file.unlink()
    up.says("has room again")
    later = up.submit("And now?")
    until(lambda: up.verdict_of(later), what=lambda: up.output)


@pytest.mark.slow
def test_what_dies_or_is_started_on_a_full_disk_comes_up_and_says_so(
    small_disk: Path, start_up: StartUp
) -> None:
    up = start_up().ready()
    comments, _ = filled(up, small_disk)
    commands_say_so(up)
    holds_while_full(up, comments[:2], comments[2])
    up.part("store").kill()
    up.says("winnow: store runs again (process ")
    until(lambda: refuses(up), what=lambda: up.output)
    up.send(signal.SIGTERM)
    assert up.process.wait(30) == 0
    again = start_up().ready()
    assert "the store is full: comments are refused" in again.output
    assert "Traceback" not in again.output
    assert call(again, "GET", f"/v1/comments/{comments[1]}").json()["decision"]["label"] == "spam"
    holds_while_full(again, comments[3:5], comments[5])
    again.send(signal.SIGTERM)
    assert again.process.wait(30) == 0
