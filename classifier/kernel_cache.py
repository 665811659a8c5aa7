"""Who compiles the kernels, and which of what was compiled is still needed.

Compiling takes a core for about a minute. Processes that start together would each do it for
themselves: one does, the others wait for it and read what it left.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from classifier import compiled

_LOCK, _USED = "kernels.lock", "in-use"
_held: list[int] = []
"""Open files whose shared lock says, for as long as this process lives, that it uses a folder."""


def _mark() -> Path:
    """Return the file that says that all was compiled for the package where it now stands: numba
    compiles anew what was moved or copied."""
    place = hashlib.sha256(os.fsencode(Path(compiled.__file__).parent)).hexdigest()[:16]
    return compiled.FOLDER / f"compiled-{place}"


def is_compiled() -> bool:
    """Say whether all kernels are there, so that loading them takes a moment."""
    return _mark().exists()


def count() -> int:
    """Return how many kernels were compiled so far, of all places of the package."""
    return sum(1 for _ in compiled.FOLDER.glob("*/*.nbi"))


@contextlib.contextmanager
def one_compiles() -> Iterator[None]:
    """Let one process at a time do what may compile kernels, unless all are there.

    Where the folder cannot be written, each process compiles for itself.
    """
    lock = _lock()
    try:
        if lock >= 0:
            _use()
            if not is_compiled():
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        if lock >= 0:
            os.close(lock)


def mark_compiled() -> None:
    """Note that all kernels are there, and remove what no process uses of other sources."""
    with contextlib.suppress(OSError):
        _mark().touch()
        for folder in compiled.ROOT.glob("kernels-*"):
            if folder.is_dir() and folder != compiled.FOLDER:
                _remove_unused(folder)


def _lock() -> int:
    """Return the open file of the lock of this folder's compiling, -1 where it cannot be made."""
    try:
        compiled.FOLDER.mkdir(parents=True, exist_ok=True)
        return os.open(compiled.FOLDER / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return -1


def _use() -> None:
    if not _held:
        _held.append(os.open(compiled.FOLDER / _USED, os.O_RDWR | os.O_CREAT, 0o600))
        fcntl.flock(_held[0], fcntl.LOCK_SH)


def _remove_unused(folder: Path) -> None:
    """Remove a folder unless a process of another version holds it."""
    try:
        used = os.open(folder / _USED, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return
    try:
        fcntl.flock(used, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(used)
