"""What the Dockerfile makes, as far as it can be made without an engine: the tree that the rules of
.dockerignore leave, the settings of its last stage, and the kernels.
"""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from classifier import compiled, kernel_cache
from tests.structure.tree import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
STAGE = DOCKERFILE.rpartition("\nFROM ")[2]
BUILD = DOCKERFILE.rpartition("\nFROM ")[0]
APP = "/app"


def instruction(word: str, stage: str = STAGE) -> list[str]:
    """Return what stands behind each instruction of a kind in a stage of the Dockerfile."""
    return re.findall(rf"^{word} (.*)$", stage, re.MULTILINE)


COMPILED_FOR = ("NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES")
"""Say for which processors the image's kernels were compiled."""


def environment(stage: str = STAGE) -> dict[str, str]:
    """Return what a stage sets where the build is told nothing."""
    given = dict(one.split("=", 1) for one in instruction("ARG", stage))
    found: dict[str, str] = {}
    for line in instruction("ENV", stage):
        for word in shlex.split(line):
            name, _, value = word.partition("=")
            found[name] = re.sub(r"\$(\w+)", lambda m: given[m.group(1)], value)
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"} | found


def tree(folder: Path) -> Path:
    """Copy what a build is given, and nothing else, to a folder; its `.venv` is the suite's."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"]
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--",
         *(rule[1:] for rule in rules)],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, place)
    (folder / ".venv").symlink_to(Path(sys.prefix).resolve())
    return folder


def kernels(app: Path) -> None:
    """Put in the kernels that this machine has compiled already, as those of the image.

    numba finds them by the folder of their source, of which only the name's digest is kept.
    """
    target = app / ".kernels" / compiled.FOLDER.name
    target.mkdir(parents=True)
    for name in ("classifier", "classifier/features", "classifier/training"):
        old, new = (hashlib.sha1(f"{at}/{name}".encode()).hexdigest() for at in (ROOT, APP))
        last = name.rpartition("/")[2]
        shutil.copytree(compiled.FOLDER / f"{last}_{old}", target / f"{last}_{new}")
    place = hashlib.sha256(os.fsencode(f"{APP}/classifier")).hexdigest()[:16]
    assert kernel_cache.is_compiled()
    (target / f"compiled-{place}").touch()


def shown(app: Path) -> list[list[str]]:
    """Return what every container sees read-only: the image, and the programs of this machine."""
    venv, python = Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()
    programs = ["/usr", "/bin", "/lib", "/lib64", "/sbin"]
    found = [[path, path] for path in programs if Path(path).exists()]
    own = [path for path in dict.fromkeys((str(venv), str(python))) if path != "/usr"]
    return [*found, *([path, path] for path in own), [str(app), APP]]
