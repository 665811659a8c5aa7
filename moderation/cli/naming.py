"""Which file an error is about: a write to an open file does not say it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def told_of(file: Path) -> Iterator[None]:
    """Have an `OSError` that names no file name this one, `-` as standard output."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = "standard output" if str(file) == "-" else str(file)
        raise
