"""Where the web processes of one service keep what they count: in memory, apart from the data.

The files are mapped into memory. A process that writes to such a file on a full disk is ended by
the kernel (SIGBUS), so they never lie where a full data folder could reach them.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path
from typing import Self

ROOM_BYTES = 64 << 20
"""A folder with less room than this is passed over: each process maps about 3 MiB."""


class MetricFiles:
    """A folder that the processes on one data folder of this machine share.

    The first that comes empties it of what a run before has left, the last that goes removes it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = _enter(folder)
        _tidy(folder)

    @classmethod
    def of(cls, data: Path) -> Self:
        """Return the folder of a data folder.

        Raises:
            OSError: no place is left for it, or somebody else's folder has its name.
        """
        name = hashlib.sha256(f"{socket.gethostname()}\0{data.resolve()}".encode()).hexdigest()
        return cls(_place(data) / f"winnow-{os.getuid()}-{name[:16]}")

    def leave(self) -> None:
        """Count no more; what is counted goes with the last process."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # Others count there; the kernel takes this process's lock away as it ends.
        shutil.rmtree(self.folder, ignore_errors=True)


def _place(data: Path) -> Path:
    """Return a folder for everybody's files that a full data folder leaves room in."""
    found = data.resolve()
    while not found.exists():
        found = found.parent
    own = found.stat().st_dev
    places = [
        Path(name)
        for name in ("/dev/shm", os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir())  # noqa: S108
        if name and os.access(name, os.W_OK | os.X_OK) and _room(Path(name)) >= ROOM_BYTES
    ]
    for place in places:
        if place.stat().st_dev != own:
            return place
    if places:  # One file system for everything; at least it has room now.
        return places[-1]
    raise OSError("no folder for the metrics: free some of /dev/shm, or set XDG_RUNTIME_DIR")


def _room(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def _enter(folder: Path) -> int:
    """Lock the folder for as long as this process lives; whoever comes first empties it."""
    while True:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
            raise OSError(f"{folder} is somebody else's: remove it")
        try:
            lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except FileNotFoundError:  # The last process of before removed it just now.
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for file in folder.glob("*.db"):
                file.unlink()
        except BlockingIOError:
            _forget_dead(folder)  # Other processes of this service count there.
        fcntl.flock(lock, fcntl.LOCK_SH)
        if _is_there(folder / "lock", lock):
            return lock
        os.close(lock)


def _tidy(own: Path) -> None:
    """Remove the folders of services that were killed and did not come back."""
    prefix, _, _ = own.name.rpartition("-")
    for other in own.parent.glob(f"{prefix}-*"):
        if other == own:
            continue
        with contextlib.suppress(OSError):
            lock = os.open(other / "lock", os.O_RDWR | os.O_NOFOLLOW)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(other, ignore_errors=True)
            finally:
                os.close(lock)


def _is_there(path: Path, opened: int) -> bool:
    """Say whether this file still has this name."""
    try:
        return os.path.samestat(path.stat(), os.fstat(opened))
    except FileNotFoundError:
        return False


def _forget_dead(folder: Path) -> None:
    """Take away what processes that were killed had going on; what they had counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            # As the client does it, which cannot be imported before it is told of the folder.
            file.unlink(missing_ok=True)
