"""Which data folder this is: processes that share one say the same, on other machines another."""

from __future__ import annotations

import functools
import os
import secrets
from contextlib import suppress
from pathlib import Path

from moderation.settings import Settings

_FILE = "place"
_BYTES = 8
_MOST = 64


def of(settings: Settings) -> str:
    """Return the name of the data folder, made at its first use; '' where nothing can be kept."""
    return _of(settings.data.resolve())


@functools.cache
def _of(folder: Path) -> str:
    path = folder / _FILE
    try:
        if not path.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            draft = folder / f".{_FILE}.{secrets.token_hex(4)}"
            draft.write_text(secrets.token_hex(_BYTES) + "\n")
            # A link is refused when another process was first: both then read the same name.
            with suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        return path.read_text()[:_MOST].strip()
    except (OSError, ValueError):
        return ""
