"""Where indexes lie: each in a folder of its own, named by its token, with how far it is."""

from __future__ import annotations

import secrets
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from moderation.search.index import FORMAT
from moderation.settings import Settings
from moderation.store.search import Positions

_FILE = "position.json"
_TOKEN_BYTES = 8


class Position(Struct, frozen=True):
    """Up to where an index has the store's changes, and since when it has had erased text (0: it
    has none)."""

    format: int
    positions: Positions
    erased_ms: int = 0


def root(settings: Settings) -> Path | None:
    """Return the folder of indexes; None where there is to be none."""
    if settings.search == "off":
        return None
    return Path(settings.search).expanduser() if settings.search else settings.data / "search"


def new_token() -> str:
    """Return the name of a new index."""
    return secrets.token_hex(_TOKEN_BYTES)


def is_token(name: str) -> bool:
    """Say whether a folder of this name can be an index of ours."""
    return len(name) == 2 * _TOKEN_BYTES and not set(name) - set("0123456789abcdef")


def position(folder: Path) -> Position | None:
    """Return how far an index is; None where it is not whole, or of another format."""
    try:
        found = msgspec.json.decode((folder / _FILE).read_bytes(), type=Position)
    except (OSError, msgspec.DecodeError):
        return None
    return found if found.format == FORMAT else None


def note(folder: Path, positions: Positions, erased_ms: int) -> None:
    """Keep how far an index is, after it was committed: what is applied twice changes nothing."""
    draft = folder / f".{_FILE}"
    draft.write_bytes(msgspec.json.encode(Position(FORMAT, positions, erased_ms)))
    draft.replace(folder / _FILE)


def remove_left(parent: Path, token: str, before_ms: int) -> None:
    """Remove every index but one that was written to last before a time: whoever wrote it is gone,
    or writes on another machine now."""
    for path in parent.glob("*"):
        with suppress(OSError):
            is_left = path.stat().st_mtime * 1000 < before_ms
            if is_left and path.name != token and is_token(path.name):
                shutil.rmtree(path)


def remove_others(parent: Path, token: str) -> None:
    """Remove every index but one; those that still read one go on with what they have open."""
    for path in parent.glob("*"):
        if path.name != token and is_token(path.name):
            with suppress(OSError):
                shutil.rmtree(path)
