"""The commands of docs/drills.md, run in their order as an operator would paste them."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.running import ROOT, free_port
from tests.processes import Running, until

pytestmark = [pytest.mark.usefixtures("kernels"), pytest.mark.timeout(500)]

PAGE = (ROOT / "docs" / "drills.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```\n\n```\n(.*?)```", PAGE, re.DOTALL)
"""What is typed, and what is said then."""


@pytest.fixture
def small_disk(short_tmp: Path) -> Iterator[Path]:
    """Return a data folder whose mount is taken away again, whoever left it there."""
    folder = short_tmp / "drill"
    folder.mkdir()
    tried = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(folder)], capture_output=True)
    if tried.returncode:
        pytest.skip("NOT CHECKED on a disk that is really full: it takes root to mount one")
    subprocess.run(["umount", str(folder)], check=True)
    yield folder
    while subprocess.run(["umount", "--lazy", str(folder)], capture_output=True).returncode == 0:
        pass


def test_every_block_of_commands_says_what_comes_of_it() -> None:
    assert len(BLOCKS) == PAGE.count("```sh\n") >= 8


def test_the_drills_go_as_they_are_written(small_disk: Path) -> None:
    script = "set -eu\n"
    for number, (typed, _) in enumerate(BLOCKS):
        script += f"echo '=== {number}'\n{typed}"
    script = script.replace("/tmp/winnow-drill", str(small_disk))
    script = script.replace("127.0.0.1:8011", f"127.0.0.1:{free_port()}")
    settings = {name: text for name, text in os.environ.items() if not name.startswith("WINNOW_")}
    shell = Running(["sh", "-c", f"cd '{ROOT}'\n{script}echo '=== over'"], settings)
    try:
        until(lambda: shell.process.poll() is not None, 400, lambda: shell.output)
        parts = re.split(r"^=== \w+\n", shell.output, flags=re.MULTILINE)
        assert shell.process.returncode == 0, shell.output
        for (typed, promised), said in zip(BLOCKS, parts[1:], strict=False):
            for line in promised.replace("/tmp/winnow-drill", str(small_disk)).splitlines():
                assert line in said, f"{line!r} after\n{typed}\nin\n{said}"
        assert "Traceback" not in shell.output
    finally:
        shell.end()
