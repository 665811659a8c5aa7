"""A test that hangs fails, on whichever try and in whatever ends it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.structure.tree import ROOT

SECOND_TRY = """
import threading

tries = []

@pytest.mark.timeout(1)
def test_one():
    tries.append(1)
    assert len(tries) > 1
    threading.Event().wait()
"""
WHAT_ENDS_IT = """
import threading

@pytest.fixture
def server():
    yield
    threading.Event().wait()

@pytest.mark.timeout(1)
def test_one(server):
    raise ValueError
"""
DEAF = """
import threading

@pytest.mark.timeout(1)
def test_one():
    while True:
        try:
            threading.Event().wait()
        except BaseException:
            pass
"""
AFTER_ONE_THAT_ENDED = """
import time

@pytest.mark.timeout(1)
def test_one():
    pass

@pytest.mark.timeout(0)
def test_two():
    time.sleep(2)
"""


def run(folder: Path, body: str) -> subprocess.CompletedProcess[str]:
    """Run these tests as the suite runs them in CI, in a pytest of their own."""
    path = folder / "test_one.py"
    path.write_text(f"import pytest\n{body}")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.limits", "-c", os.devnull,
         "--rootdir", str(folder), "-p", "no:cacheprovider", "-n", "1", "--reruns", "1",
         "-p", "no:randomly", str(path)],
        cwd=ROOT,
        env={**os.environ, "GRACE_OF_A_TEST": ".5"},
        capture_output=True,
        text=True,
        timeout=100,
    )  # fmt: skip


@pytest.mark.parametrize("body", [SECOND_TRY, WHAT_ENDS_IT])
def test_a_hanging_try_fails(body: str, tmp_path: Path) -> None:
    told = run(tmp_path, body)
    assert told.returncode == 1, told.stdout + told.stderr
    assert "Timeout (>1.0s)" in told.stdout


def test_what_no_limit_stops_is_ended_and_says_where_it_stands(tmp_path: Path) -> None:
    told = run(tmp_path, DEAF)
    assert told.returncode == 1, told.stdout + told.stderr
    assert "crashed while running" in told.stdout
    assert "in test_one" in told.stderr


def test_a_limit_ends_with_its_test(tmp_path: Path) -> None:
    told = run(tmp_path, AFTER_ONE_THAT_ENDED)
    assert told.returncode == 0, told.stdout + told.stderr
