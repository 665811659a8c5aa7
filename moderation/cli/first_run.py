"""The first run: an administrator, a demo site and its keys, told once in a private file."""

from pathlib import Path

import msgspec

from moderation.flow import setup
from moderation.settings import Settings
from moderation.store.client import Store


def path(settings: Settings) -> Path:
    """Where the first run's keys are written."""
    return settings.data / "credentials.json"


def ensure(store: Store, settings: Settings) -> bool:
    """Make what a new store lacks; True if this was its first run. SchemaMismatch if it is newer.

    The file is written before anything else can fail: its keys are shown nowhere again.
    """
    credentials = setup.first_run(store, settings)
    if credentials is None:
        return False
    target = path(settings)
    draft = target.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(credentials), indent=2) + b"\n")
    draft.replace(target)
    return True
