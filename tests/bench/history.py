"""How long the import of a generated history takes, and how much memory its process.

`python -m tests.bench.history [COMMENTS]` prints one JSON object for each of WXR, SQL and Disqus,
each into an empty installation of its own.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests import histories

ROOT = Path(__file__).parents[2]


def run(folder: Path, *words: str) -> tuple[str, dict[str, float]]:
    """Run a command on a data folder; return its output and what it took.

    `seconds` by the clock, `cpu_s` of it and its store, `peak_mib` of it alone.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "WINNOW_DATA": str(folder / "var"),
        "XDG_RUNTIME_DIR": str(folder),
    }
    began, peak, before = time.monotonic(), 0, _cpu_seconds()
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
    return output, {
        "seconds": round(time.monotonic() - began, 1),
        "cpu_s": round(_cpu_seconds() - before, 1),
        "peak_mib": peak // 1024,
    }


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main(count: int) -> None:
    """Measure every generated format."""
    for kind in histories.WRITERS:
        with tempfile.TemporaryDirectory(prefix="wn-", dir="/tmp") as name:
            folder = Path(name)
            path = histories.write(kind, folder / f"history.{kind}", count, faults=True)
            run(folder, "init")
            output, took = run(folder, "import", str(path), "--site", "demo")
            lines = dict(line.strip().rsplit(None, 1) for line in output.splitlines()[1:8])
            size = round(path.stat().st_size / (1 << 20), 1)
            found = {"name": f"import_{kind}", "comments": count, "file_mib": size}
            print(json.dumps({**found, **took, **lines}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
