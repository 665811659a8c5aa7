"""The first run: an administrator, a demo site and its keys, told once in a private file."""

import os
from pathlib import Path

import msgspec

from moderation.flow import setup
from moderation.settings import Settings
from moderation.store import schema, sites
from moderation.store.client import Store


def path(settings: Settings) -> Path:
    """Where the first run's keys are written."""
    return settings.data / "credentials.json"


def ensure(store: Store, settings: Settings) -> bool:
    """Make what an empty store lacks; True if this was its first run.

    SchemaMismatch for a store that another version wrote, before anything is changed.
    """
    # A first run that was cut short has made nobody who could log in: it begins anew.
    if schema.stored(store) and sites.users(store):
        schema.check(store)
        setup.use_shipped(store, settings)
        return False
    _write(path(settings), setup.first_run(store, settings))
    return True


def where(settings: Settings) -> str:
    """A line that says where the keys are, or how to make new ones if they are not here."""
    target = path(settings)
    if target.exists():
        return f"keys and the console's password: {target}"
    return f"{target} is gone; `user password` and `token add` make new keys"


def _write(target: Path, credentials: setup.Credentials) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    with draft.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(credentials), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
