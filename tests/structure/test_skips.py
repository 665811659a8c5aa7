"""A skip is loud, and none happens in CI but those that are declared."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.skips import MAY_BE_SKIPPED
from tests.structure.tree import ROOT


def run(folder: Path, body: str, ci: str) -> subprocess.CompletedProcess[str]:
    """Run one test of this body in a pytest of its own."""
    path = folder / "test_one.py"
    path.write_text(f"import pytest\n\n{body}\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "tests.skips", "-c", os.devnull,
         "--rootdir", str(folder), "-p", "no:cacheprovider", str(path)],
        cwd=ROOT,
        env={**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )  # fmt: skip


SKIPS = (
    "def test_one():\n    pytest.skip('no such program')",
    "@pytest.mark.skipif(True, reason='no such program')\ndef test_one():\n    pass",
    "@pytest.fixture\ndef tool():\n    pytest.skip('no such program')\n\n"
    "def test_one(tool):\n    pass",
)


@pytest.mark.parametrize("body", SKIPS)
def test_a_skip_fails_in_ci_and_is_loud_elsewhere(body: str, tmp_path: Path) -> None:
    in_ci, elsewhere = run(tmp_path, body, "true"), run(tmp_path, body, "")
    assert in_ci.returncode == 1, in_ci.stdout
    assert "may not be skipped under CI=true: " in in_ci.stdout
    assert elsewhere.returncode == 0, elsewhere.stdout
    for told in (in_ci, elsewhere):
        assert "no such program" in told.stdout


def test_what_is_declared_may_be_skipped_in_ci(tmp_path: Path) -> None:
    told = run(tmp_path, f"def test_one():\n    pytest.skip({MAY_BE_SKIPPED[0]!r})", "true")
    assert told.returncode == 0, told.stdout


def test_what_is_expected_to_fail_is_no_skip(tmp_path: Path) -> None:
    body = "@pytest.mark.xfail\ndef test_one():\n    raise ValueError"
    assert run(tmp_path, body, "true").returncode == 0
