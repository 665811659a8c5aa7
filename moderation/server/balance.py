"""How the processes share what comes in: whoever has fewest connections takes the next."""

from __future__ import annotations

import mmap
import os
import tempfile

_WIDTH = 4
NONE = 0xFFFF_FFFF
"""Stands for a process that is not there: it has more connections than any other."""


class Balance:
    """How many connections each process has, in memory that all of them see.

    Without it the kernel would wake all of them for a connection, always in the same order, and
    one would serve nearly all clients while the others sleep.
    """

    def __init__(self, file: int) -> None:
        self._file = file
        self._counts = memoryview(mmap.mmap(file, 0)).cast("I")

    @classmethod
    def make(cls, processes: int) -> Balance:
        """Return one for so many processes, none of which is there yet."""
        with tempfile.TemporaryFile() as shared:
            shared.write(NONE.to_bytes(_WIDTH, "little") * processes)
            shared.flush()
            return cls(os.dup(shared.fileno()))

    def fileno(self) -> int:
        """Return the file, for a process to inherit."""
        return self._file

    def tell(self, process: int, count: int = NONE) -> None:
        """Say how many connections a process has; none at all: it has ended."""
        self._counts[process] = count

    def is_fewest(self, process: int) -> bool:
        """Say whether no process has fewer connections than this one."""
        return self._counts[process] == min(self._counts)
