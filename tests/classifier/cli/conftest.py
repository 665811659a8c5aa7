import gzip
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from classifier.cli import main
from classifier.evaluation.generated import generated_rows

REPOSITORY = Path(__file__).parents[3]


@dataclass
class Ran:
    """What a command did: its exit status, and what it printed."""

    status: int
    out: str
    err: str

    @property
    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def run(capfdbinary):
    """Run a command in this process."""

    def run(*arguments):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as left:
            status = left.code
        out, err = capfdbinary.readouterr()
        return Ran(status, out.decode(), err.decode())

    return run


@pytest.fixture
def run_process():
    """Run a command in a process of its own, as from a shell."""

    def run(*arguments, stdin=b"", **options):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-m", "classifier", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            check=False,
            cwd=options.pop("cwd", REPOSITORY),
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            **options,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def write(tmp_path):
    """Write rows (dicts, or bytes for a line as it stands) as JSON lines; `.gz` compresses."""

    def write(rows, name="rows.jsonl"):
        lines = [row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows]
        data = b"".join(line + b"\n" for line in lines)
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
        return path

    return write


@pytest.fixture
def labelled():
    """Make generated rows as dicts."""

    def labelled(count, seed=5):
        return [
            {"text": r.text, "author": r.author, "url": r.url, "label": r.label, "source": "made"}
            for r in generated_rows(count, seed)
        ]

    return labelled
