"""The units of deploy/systemd are understood by systemd, hang together and grant little."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from moderation.cli import COMMANDS
from moderation.settings import VARIABLES, Settings
from tests.structure.tree import ROOT

FOLDER = ROOT / "deploy" / "systemd"
SERVICES = sorted(path.name for path in FOLDER.glob("*.service"))
MOST_EXPOSED = 2.0
"""Of 10: what `systemd-analyze security` calls OK ends at 5."""


def options(name: str) -> dict[str, list[str]]:
    """Return a unit's options, each with its values in order."""
    found: dict[str, list[str]] = {}
    for line in (FOLDER / name).read_text().splitlines():
        key, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(key, []).append(value)
    return found


def analyse(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    tool = shutil.which("systemd-analyze")
    if tool is None:
        pytest.skip("NOT TESTED that systemd understands the units: install systemd")
    return subprocess.run([tool, *words], cwd=cwd, capture_output=True, text=True)


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Return the units as they are where Winnow lies in this checkout."""
    for path in FOLDER.glob("winnow*"):
        text = path.read_text().replace("/opt/winnow/winnow", str(ROOT / "winnow"))
        (tmp_path / path.name).write_text(text)
    return tmp_path


def test_systemd_understands_every_unit(units: Path) -> None:
    names = [path.name for path in units.iterdir() if path.suffix != ".example"]
    assert len(names) == 7
    run = analyse("verify", "--man=no", *names, cwd=units)
    assert (run.returncode, run.stderr) == (0, "")


def test_a_machine_of_workers_needs_no_other_units(units: Path) -> None:
    named = {"winnow-init.service", "winnow-worker.service", "winnow.target", "winnow.slice"}
    (said,) = re.findall(r"but copy (.*?) alone\.", (ROOT / "docs/deploying.md").read_text(), re.S)
    assert set(re.findall(r"`(.*?)`", said)) == named
    for path in units.iterdir():
        if path.name not in named:
            path.unlink()
    run = analyse("verify", "--man=no", *sorted(named), cwd=units)
    assert (run.returncode, run.stderr) == (0, "")


def test_systemd_says_so_where_a_unit_is_wrong(units: Path) -> None:
    unit = units / "winnow-web.service"
    unit.write_text(unit.read_text().replace("ProtectHome=", "ProtectHouse="))
    run = analyse("verify", "--man=no", unit.name, cwd=units)
    assert "ProtectHouse" in run.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_can_do_no_more_than_it_must(name: str, units: Path) -> None:
    run = analyse("security", "--offline=true", "--no-pager", f"./{name}", cwd=units)
    (level,) = re.findall(r"Overall exposure level for \S+: ([\d.]+)", run.stdout)
    assert float(level) <= MOST_EXPOSED, run.stdout
    unit = options(name)
    assert unit["User"] == ["winnow"]
    assert unit["MemoryMax"] and unit["TasksMax"]


def test_the_services_run_the_parts_with_real_settings() -> None:
    known = {variable.name for variable in VARIABLES}
    for name in SERVICES:
        unit = options(name)
        words = unit["ExecStart"][0].split()
        assert words[0] == "/opt/winnow/winnow" and words[1] in COMMANDS
        given = re.findall(r"(WINNOW_\w+)=", " ".join(unit["Environment"]))
        assert set(given) <= known
        # numba compiles into a folder that it can write to, and /opt is read-only.
        assert f"NUMBA_CACHE_DIR=/var/cache/{unit['CacheDirectory'][0]} " in unit["Environment"][0]
    lines = (FOLDER / "winnow.env.example").read_text().splitlines()
    given = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
    assert given.keys() <= known
    assert given["WINNOW_SECRET_KEY"] == "", "no secret has a default"
    Settings.from_env(given)


def test_the_target_wants_all_that_goes_on_and_init_comes_first() -> None:
    goes_on = set(SERVICES) - {"winnow-init.service"}
    assert set(options("winnow.target")["Wants"][0].split()) == goes_on
    for name in goes_on:
        unit = options(name)
        assert unit["Wants"] == ["winnow-init.service"]
        assert "winnow-init.service" in unit["After"][0].split()
        assert unit["Restart"] == ["always"]
        assert int(unit["TimeoutStopSec"][0]) >= 10
        assert unit["PartOf"] == ["winnow.target"]


def test_an_init_that_fails_at_boot_is_tried_again_and_keeps_nothing_down() -> None:
    init = options("winnow-init.service")
    assert init["Type"] == ["oneshot"]
    assert init["Restart"] == ["on-failure"]
    assert init["RestartSec"] == ["5"]
    assert init["StartLimitIntervalSec"] == ["0"]
    for name in (*SERVICES, "winnow.target"):
        assert not {"Requires", "Requisite", "BindsTo"} & options(name).keys(), name
