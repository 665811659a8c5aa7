"""What `make` installs for running and for testing, and the command beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.structure.tree import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with what a clone has of it."""
    for name in ("Makefile", "winnow", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "classifier").mkdir()
    return tmp_path


def plan(folder: Path, target: str) -> str:
    """Return what `make` would do."""
    # As from a terminal: the suite itself may have been started by `make`.
    env = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "-n", target], cwd=folder, env=env, capture_output=True, text=True, check=True
    )
    return done.stdout


def stamps(planned: str) -> list[str]:
    """Return the files that say what was installed."""
    return [line.split()[-1] for line in planned.splitlines() if line.startswith("touch .venv/.to")]


@pytest.mark.parametrize("target", ["run", "setup"])
def test_running_installs_what_running_needs(checkout: Path, target: str) -> None:
    planned = plan(checkout, target)
    assert "-r requirements.txt" in planned
    assert "requirements-dev" not in planned
    last = planned.splitlines()[-1]
    assert last == "exec ./winnow up" if target == "run" else last.startswith("touch")


@pytest.mark.parametrize("target", ["test", "test-full", "lint", "bench"])
def test_testing_installs_both(checkout: Path, target: str) -> None:
    planned = plan(checkout, target)
    assert "-r requirements-dev.txt" in planned
    assert len(stamps(planned)) == 2


def test_what_is_installed_is_not_installed_again_whichever_came_first(checkout: Path) -> None:
    to_run, to_test = stamps(plan(checkout, "test"))
    assert stamps(plan(checkout, "run")) == [to_run]
    (checkout / ".venv").mkdir()
    (checkout / to_run).touch()
    assert "pip install" not in plan(checkout, "run")
    assert stamps(plan(checkout, "test")) == [to_test]
    (checkout / to_test).touch()
    assert "pip install" not in plan(checkout, "test") + plan(checkout, "run")
    (checkout / "requirements-dev.txt").write_text("# Others.")
    assert "pip install" not in plan(checkout, "run")
    assert "pip install" in plan(checkout, "test")


def test_each_step_is_said_before_it_is_done(checkout: Path) -> None:
    planned = plan(checkout, "run").splitlines()
    for step in ("-m venv", "-m pip install"):
        at = next(n for n, line in enumerate(planned) if step in line)
        assert planned[at - 1].startswith("echo "), planned[at]


def test_the_command_says_what_to_do_where_nothing_is_installed(checkout: Path) -> None:
    done = subprocess.run(["./winnow", "up"], cwd=checkout, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert "run `make setup` first" in done.stderr


def test_the_command_works_from_any_folder(tmp_path: Path) -> None:
    if not (ROOT / ".venv" / "bin" / "python").exists():
        pytest.skip("NOT TESTED WITH ./winnow: the suite runs without .venv")
    command = [str(ROOT / "winnow"), "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("winnow")
