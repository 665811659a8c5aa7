"""What tests fetch from registries by pins with hashes, each into a folder of its own."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.structure.tree import ROOT

CACHE = ROOT / ".venv" / "clients"
"""Fetched once for each state of the pins."""


def fetched(name: str, pins: Sequence[Path], fetch: Callable[[Path], None]) -> Path:
    """Return a folder of fetched things, new for other pins; `.done` in it says that it is whole.

    Whoever comes while another process fetches waits for it.
    """
    text = b"".join(pin.read_bytes() for pin in pins)
    folder = CACHE / f"{name}-{hashlib.sha256(text).hexdigest()[:12]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / ".done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            fetch(folder)
            (folder / ".done").touch()
    return folder


def python_of(pins: Path) -> Path:
    """Return the Python of a venv with what a list of pins names."""

    def fetch(folder: Path) -> None:
        venv.create(folder, with_pip=True)
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", "--require-hashes"]
        run([*pip, "-r", str(pins)])

    return fetched(pins.stem, [pins], fetch) / "bin" / "python"


def packages_of(pins: Path) -> Path:
    """Return a folder for `PYTHONPATH` with what a list of pins names."""

    def fetch(folder: Path) -> None:
        pip = [sys.executable, "-m", "pip", "install", "-q", "--require-hashes", "--no-deps"]
        run([*pip, "--no-compile", "--target", str(folder), "-r", str(pins)])

    return fetched(pins.stem, [pins], fetch)


def node_modules(lock: Path) -> Path:
    """Return a folder whose `node_modules` are what a `package-lock.json` names."""

    def fetch(folder: Path) -> None:
        for name in ("package.json", lock.name):
            shutil.copy(lock.with_name(name), folder)
        npm = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        run(npm, cwd=folder)

    return fetched(f"node-{lock.parent.name}", [lock], fetch)


def run(argv: Sequence[str], cwd: Path | None = None) -> None:
    """Run a command; its output is in the error if it fails."""
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"
