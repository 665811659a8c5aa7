"""Becomes the first process of a container: run in new namespaces, with what it may see as JSON.

Everything outside its volumes and its memory is mounted read-only, it is nobody in particular, and
has no capabilities: what a compose file asks of the engine, asked of the kernel.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path

_DEVICES = ("null", "zero", "full", "random", "urandom")
_CLONE_NEWNS = 0x00020000


def mount(*words: str) -> None:
    """Mount something; it raises where that cannot be done."""
    subprocess.run(["mount", *words], check=True)


def bind(source: str, target: Path, *, writable: bool = False) -> None:
    """Show a file or folder of the machine at a place of the container."""
    if Path(source).is_dir():
        target.mkdir(parents=True, exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    mount("--bind", source, str(target))
    if not writable:
        mount("-o", "remount,bind,ro", str(target))


def build(root: Path, told: dict[str, list[list[str]]]) -> None:
    """Put the container's files together below `root`."""
    mount("--make-rprivate", "/")
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", str(root))
    for source, target in told["shown"]:
        bind(source, root / target.lstrip("/"))
    for source, target in told["volumes"]:
        bind(source, root / target.lstrip("/"), writable=True)
    for target, options in told["memory"]:
        place = root / target.lstrip("/")
        place.mkdir(parents=True, exist_ok=True)
        mount("-t", "tmpfs", "-o", options or "mode=1777", "tmpfs", str(place))
    for name in _DEVICES:
        bind(f"/dev/{name}", root / "dev" / name, writable=True)
    (root / "dev/fd").symlink_to("/proc/self/fd")
    (root / "proc").mkdir()
    # As systemd shows it to the units of deploy/systemd: processes, and nothing of the machine.
    mount("-t", "proc", "-o", "subset=pid,hidepid=invisible", "proc", str(root / "proc"))
    mount("-o", "remount,ro", str(root))


def main() -> None:
    """Read what to be from the file named, wait until the network is there, and become it."""
    told = json.loads(Path(sys.argv[1]).read_text())
    root = Path(told["root"])
    build(root, told)
    Path(told["joined"]).read_text()
    os.chroot(root)
    os.chdir(told["folder"])
    ctypes.CDLL(None).sethostname(told["name"].encode(), len(told["name"]))
    user, group = told["user"].split(":")
    # What setpriv needs is there: the machine's programs are among what is shown.
    os.execv(
        "/usr/bin/setpriv",
        [
            *("setpriv", "--reuid", user, "--regid", group, "--clear-groups", "--no-new-privs"),
            *("--bounding-set=-all", "--inh-caps=-all", "--"),
            *("env", "-i", *(f"{name}={value}" for name, value in told["environment"].items())),
            *told["argv"],
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
