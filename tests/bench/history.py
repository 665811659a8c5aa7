"""How long the import of a generated history takes, and how much memory its process.

`python -m tests.bench.history [COMMENTS]` prints one JSON object for each of WXR, SQL and Disqus,
each into an empty installation of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests import histories

ROOT = Path(__file__).parents[2]


def run(folder: Path, *words: str) -> tuple[str, float, int]:
    """Run a command on a data folder; return its output, seconds and most memory (MiB)."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "WINNOW_DATA": str(folder / "var"),
        "XDG_RUNTIME_DIR": str(folder),
    }
    began, peak = time.monotonic(), 0
    process = subprocess.Popen(
        [sys.executable, "-m", "moderation", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        lines = status.read_text().splitlines() if status.exists() else []
        found = [int(line.split()[1]) for line in lines if line.startswith("VmHWM")]
        peak = max([peak, *found])
        time.sleep(0.05)
    assert process.stdout is not None
    output = process.stdout.read()
    assert process.returncode == 0, output
    return output, time.monotonic() - began, peak // 1024


def main(count: int) -> None:
    """Measure every generated format."""
    for kind in histories.WRITERS:
        with tempfile.TemporaryDirectory(prefix="wn-", dir="/tmp") as name:
            folder = Path(name)
            path = histories.write(kind, folder / f"history.{kind}", count)
            run(folder, "init")
            output, seconds, peak = run(folder, "import", str(path), "--site", "demo")
            lines = dict(line.strip().rsplit(None, 1) for line in output.splitlines()[1:8])
            print(
                json.dumps({
                    "name": f"import_{kind}", "value": round(seconds, 1), "unit": "s",
                    "comments": count, "file_mib": round(path.stat().st_size / (1 << 20), 1),
                    "peak_mib": peak, **lines,
                })
            )  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
