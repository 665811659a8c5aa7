"""A body that is too large for memory: a file that is there for as long as its request."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import IO, Any

LEFT_BYTES = 1 << 30
"""What is left free on the disk, for the store above all."""
LOOK_EVERY = 16 << 20
"""After so many bytes it is looked anew how much is free: others write as well."""

PREFIX = "incoming-"


class NoRoom(Exception):
    """The disk has no room for more of the body."""


class Spool:
    """A body on the disk, in a file that has a name until it is closed."""

    def __init__(self, folder: str, expected: int) -> None:
        path = Path(folder)
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._folder = folder
            self._look(expected)
            self.file: IO[bytes] = tempfile.NamedTemporaryFile(  # noqa: SIM115 - `close` does
                dir=folder, prefix=PREFIX
            )
        except OSError as error:
            raise NoRoom from error
        self._unlooked = 0

    def write(self, data: Any) -> None:
        """Keep a piece; raises `NoRoom`."""
        self._unlooked += len(data)
        try:
            if self._unlooked > LOOK_EVERY:
                self._look(0)
                self._unlooked = 0
            self.file.write(data)
        except OSError as error:
            raise NoRoom from error

    def whole(self) -> IO[bytes]:
        """Return the file, at its beginning, with all of the body in it; raises `NoRoom`."""
        try:
            self.file.flush()
        except OSError as error:
            raise NoRoom from error
        self.file.seek(0)
        return self.file

    def close(self) -> None:
        """Take the file away; whoever wants to keep it has linked it by then."""
        self.file.close()

    def _look(self, expected: int) -> None:
        if shutil.disk_usage(self._folder).free - expected < LEFT_BYTES:
            raise NoRoom
