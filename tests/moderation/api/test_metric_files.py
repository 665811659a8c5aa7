"""Where processes count: together, and nothing is left by those that were killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from moderation.api.metric_files import MetricFiles

COUNTING = """
import sys
from pathlib import Path
from moderation.api.metrics import Meter
print(Meter.open(Path(sys.argv[1])).folder, flush=True)
sys.stdin.read()
"""


@contextmanager
def counting(data: Path) -> Iterator[Path]:
    """Run a process that counts for a data folder; it is killed in the end."""
    argv = [sys.executable, "-c", COUNTING, str(data)]
    with subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    ) as process:
        try:
            assert process.stdout is not None
            yield Path(process.stdout.readline().strip())
        finally:
            process.kill()


def test_who_comes_second_counts_beside_the_first(tmp_path: Path) -> None:
    with counting(tmp_path / "a") as first, counting(tmp_path / "a") as second:
        assert first == second
        assert len(list(first.glob("counter_*.db"))) == 2


def test_what_a_killed_service_left_goes_when_another_begins(tmp_path: Path) -> None:
    with counting(tmp_path / "a") as killed:
        assert killed.exists()
    files = MetricFiles.of(tmp_path / "c")
    assert (killed.exists(), files.folder.exists()) == (False, True)
    with counting(tmp_path / "d"):
        assert files.folder.exists(), "somebody counts there"
    files.leave()
    assert not files.folder.exists()
