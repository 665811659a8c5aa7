"""Checkouts of other versions, made in a folder, from which processes run beside ours."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from tests.e2e.running import ROOT

LANDED = "2436863f4435d6d9a945732982655a8fe610871e"
"""A version that was landed and never tagged. A tag `v…` takes its place when there is one."""
FROM = "ROLL_FROM"
"""The variable that names another commit or tag to roll from."""


def copy(folder: Path, version: str, layout: int = 0, known: int = 0) -> Path:
    """Return a copy of this version's service under another number.

    `layout` is what it writes, `known` the newest that it reads; 0: as here.
    """
    for package in ("moderation", "workers"):
        shutil.copytree(
            ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    _put(folder / "moderation/__init__.py", r'__version__ = ".*"', f'__version__ = "{version}"')
    schema = folder / "moderation/store/schema.py"
    if layout:
        _put(schema, r"^VERSION = \d+", f"VERSION = {layout}")
        steps = folder / "moderation/store/migrations.py"
        _put(steps, r"4: leave\}", f"4: leave, {layout - 1}: leave}}")
    if known:
        _put(schema, r"^KNOWN = \d+", f"KNOWN = {known}")
    return folder


def _put(file: Path, pattern: str, text: str) -> None:
    changed, times = re.subn(pattern, text, file.read_text(), flags=re.M)
    assert times == 1, (file, pattern)
    file.write_text(changed)


def released(folder: Path) -> Path:
    """Return the last release, as the repository has it; skip where this clone lacks it."""
    name = os.environ.get(FROM) or _git("describe", "--tags", "--abbrev=0", "--match", "v*")
    name = name or LANDED
    if not _git("cat-file", "-t", f"{name}^{{commit}}"):
        pytest.skip(f"NOT ROLLED from the last release: this clone does not have {name}")
    data = subprocess.run(
        ["git", "archive", name, "moderation", "workers", "classifier"],
        cwd=ROOT, capture_output=True, check=True,
    ).stdout  # fmt: skip
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(folder, filter="data")
    if not _git("diff", "--stat", name, "--", "classifier"):
        # It is ours to the last byte, and compiled where it is.
        shutil.rmtree(folder / "classifier")
    return folder


def layout_of(build: Path) -> int:
    """Return the layout that a version writes."""
    found = re.search(r"^VERSION = (\d+)", (build / "moderation/store/schema.py").read_text(), re.M)
    assert found
    return int(found[1])


def _git(*words: str) -> str:
    """Return what git says, '' where it fails."""
    found = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else ""
