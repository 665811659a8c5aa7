"""How long the import of a generated history takes, and how much memory its process.

`python -m tests.bench.history [COMMENTS]` prints one JSON object for each of WXR, SQL and Disqus,
each into an empty installation of its own; `python -m tests.bench.history dump [MB]` one for
reading a dump of 2 GB, or of so many MB. `make bench-full` has both.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from moderation.history.formats import FORMATS
from moderation.history.source import Source
from moderation.history.staging import Staging
from tests import histories

ROOT = Path(__file__).parents[2]
COMMENTS = 50_000


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


def measure(
    show: Callable[..., None], progress: Callable[[str], None], count: int = COMMENTS
) -> None:
    """Show what each generated format takes, and the memory for dumps of two sizes."""
    # Not at the top: a dump is read by a process that has nothing of the filter's.
    from moderation.cli.kernels import compile_kernels

    compile_kernels()  # Else the first import would.
    for kind in histories.WRITERS:
        progress(f"importing {count:,} comments ({kind})")
        with tempfile.TemporaryDirectory(prefix="wn-", dir="/tmp") as name:
            folder = Path(name)
            path = histories.write(kind, folder / f"history.{kind}", count, faults=True)
            run(folder, "init")
            output, took = run(folder, "import", str(path), "--site", "demo")
            lines = dict(line.strip().rsplit(None, 1) for line in output.splitlines()[1:8])
            size = round(path.stat().st_size / (1 << 20), 1)
            seconds = took.pop("seconds")
            show(f"import_{kind}", seconds, "s", comments=count, file_mib=size, **took, **lines)
    for mb in DUMPS_MB:
        progress(f"reading a dump of {mb} MB")
        words = [sys.executable, "-m", "tests.bench.history", "dump", str(mb)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
        read = json.loads(done.stdout)
        show("import_dump_peak_mib", read.pop("peak_mib"), "MiB", dump_mb=mb, **read)


def printed(name: str, value: float, unit: str, **more: Any) -> None:
    """Print a figure as one line of JSON."""
    print(json.dumps({"name": name, "value": value, "unit": unit, **more}), flush=True)


DUMPS_MB = (100, 400)
DUMP_MB = 2000
_POST = "<p>" + "lorem it\\'s ipsum dolor " * 800


def dump(path: Path, mb: int) -> None:
    """Write a dump of so many MB: a tenth comments of some 2 KB, the rest posts."""
    with path.open("w", encoding="utf-8") as file:
        file.write(histories.SQL_HEAD.format("wp_"))
        made = (msgspec.structs.replace(m, text=m.text * 20) for m in histories.comments(50 * mb))
        while rows := list(itertools.islice(map(histories.sql_row, made), 500)):
            file.write(f"INSERT INTO `wp_comments` VALUES {','.join(rows)};\n")
        columns = "(`ID`,`post_title`,`guid`,`post_type`,`post_content`)"
        for first in itertools.count(1, 200):
            if file.tell() > mb * 1_000_000:
                break
            posts = ",".join(
                f"({n},'t','http://b/{n}','post','{_POST}')" for n in range(first, first + 200)
            )
            file.write(f"INSERT INTO `wp_posts` {columns} VALUES {posts};\n")
        file.write(histories.SQL_END)


def read_dump(mb: int) -> None:
    """Measure how a dump is read and put in order of time, by this process alone."""
    with tempfile.TemporaryDirectory(prefix="wn-", dir="/tmp") as name:
        path = Path(name) / "dump.sql"
        dump(path, mb)
        staging = Staging.take(Path(name) / "staging.sqlite")
        assert staging is not None
        began = time.process_time()
        source = Source(path, now_ms=time.time_ns() // 1_000_000)
        for found in FORMATS["sql"].read(source):
            staging.add(found)
        staging.settle(source.now_ms)
        took = round(time.process_time() - began, 1)
        status = Path("/proc/self/status").read_text()
        peak = int(status.partition("VmHWM:")[2].split()[0]) // 1024
        counts = staging.counts()
        staging.close(remove=True)
        print(json.dumps({"name": "read_dump", "cpu_s": took, "peak_mib": peak, **counts}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["dump"]:
        read_dump(int(sys.argv[2]) if len(sys.argv) > 2 else DUMP_MB)
    else:
        measure(printed, lambda line: None, int(sys.argv[1]) if len(sys.argv) > 1 else COMMENTS)
