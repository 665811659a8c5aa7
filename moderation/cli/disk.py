"""Watches the disk of the embedded store: comments stop before it is full, decisions go on.

A server that cannot write its append-only file refuses every write, or ends. So the file holds
room beyond its end that nothing else can take, and when the disk is nearly full the server is told
to take no new comments (`maxmemory 1`: scripts that must run in a full store still do). What is
decided, deleted and withdrawn goes into the room that was held.
"""

from __future__ import annotations

import ctypes
import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

log = logging.getLogger(__name__)

EVERY_SECONDS = 1.0
HELD_BYTES = 32 << 20
"""Room beyond the end of the file: some 20,000 decisions, where the disk is not a small one."""
SHARE = 16
"""At most this part (1/16) of a disk is held, and as much left of it counts as full."""

_KEEP_SIZE = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class DiskWatch(threading.Thread):
    """Looks once a second, beginning with the first answer of the server.

    `ask` sends the server a command line and returns the beginning of its answer, b'' where it does
    not answer. `is_full` says what was seen last.
    """

    def __init__(self, folder: Path, ask: Callable[[bytes], bytes]) -> None:
        super().__init__(name="disk", daemon=True)
        self._folder = folder
        self._ask = ask
        self._ended = threading.Event()
        self._cannot_hold = False
        self.is_full = False

    def run(self) -> None:
        while not self._ended.is_set():
            try:
                self.look()
            except OSError as error:
                log.error("the disk of %s cannot be looked at: %s", self._folder, error.strerror)
            self._ended.wait(EVERY_SECONDS)

    def stop(self) -> None:
        """End."""
        self._ended.set()
        self.join()

    def look(self) -> None:
        """Hold room for decisions, and have the server take comments or not."""
        found = os.statvfs(self._folder)
        free, part = found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize // SHARE
        least = min(HELD_BYTES, part)
        # Twice as much ends it as began it, so that it does not begin and end every second.
        is_full = free < (2 * least if self.is_full else least)
        if not is_full:
            self._hold(least)
        if is_full or self.is_full:
            # Said again each second while it lasts: the server may have been started anew.
            limit = b"1" if is_full else b"0"
            if not self._ask(b"CONFIG SET maxmemory " + limit + b"\r\n").startswith(b"+OK"):
                return
        if is_full != self.is_full:
            self.is_full = is_full
            if is_full:
                log.error(
                    "the disk of %s is full (%d MiB left): new comments are refused until there is "
                    "room; decisions and deletions go on (docs/drills.md)",
                    self._folder, free >> 20,
                )  # fmt: skip
            else:
                log.info("the disk of %s has room again: comments are taken", self._folder)

    def _hold(self, size: int) -> None:
        """Keep room beyond the end of the file that the server writes; again when half is used."""
        if _LIBC is None:
            return
        for path in (self._folder / "appendonlydir").glob("*.incr.aof"):
            try:
                found = path.stat()
                # A failed write takes it away as well: what is there counts, not what was taken.
                if found.st_blocks * 512 - found.st_size < size // 2:
                    _allocate(path, found.st_size, size)
            except FileNotFoundError:  # A rewrite replaced it.
                continue
            except OSError as error:
                if not self._cannot_hold:
                    log.warning("no room can be held for %s: %s", path, error.strerror)
                self._cannot_hold = True


def _allocate(path: Path, offset: int, size: int) -> None:
    """Take room for a file beyond its end, without changing its length."""
    fd = os.open(path, os.O_WRONLY)
    try:
        assert _LIBC is not None
        if _LIBC.fallocate(fd, _KEEP_SIZE, ctypes.c_long(offset), ctypes.c_long(size)):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(fd)
