"""The first run: an administrator, a demo site and its keys, told once in a private file."""

import logging
import os
from pathlib import Path

import msgspec

from moderation.domain.errors import StoreFull
from moderation.flow import secret
from moderation.flow.people import letters, links
from moderation.flow.sites import first_run
from moderation.flow.sites.first_run import ADMINISTRATOR
from moderation.settings import Settings
from moderation.store import schema
from moderation.store.client import Store

log = logging.getLogger(__name__)


def path(settings: Settings) -> Path:
    """Return where the first run's keys are written."""
    return settings.data / "credentials.json"


def ensure(store: Store, settings: Settings) -> bool:
    """Make what an empty store lacks; True if this was its first run.

    SchemaMismatch for a store that another version wrote, SecretMismatch for one that was written
    under another secret, before anything is changed.
    """
    if schema.stored(store):
        schema.check(store)
        secret.check_of(store, settings)
        secret.note(store, settings.secret_key)
    if first_run.was_run(store):
        try:
            first_run.use_shipped(store, settings)
        except StoreFull:  # What was in use serves; the next start with room makes up for it.
            log.error("the store is full: comments are refused, all else goes on (docs/drills.md)")
        return False
    # The keys are on disk before the store knows them, so that a first run that was cut short
    # goes on with them and leaves none behind that nobody was told.
    made = kept(settings) or first_run.new_credentials(settings)
    made = msgspec.structs.replace(made, url=settings.public_url)
    _write(path(settings), made)
    first_run.first_run(store, settings, made)
    return True


def one_log_in(store: Store, settings: Settings) -> str:
    """Return an address that logs the first run's administrator in once, within ten minutes."""
    made = kept(settings)
    name = made.console.user if made else ADMINISTRATOR
    secret = links.make(store, name, "enter", links.OPERATOR)
    return letters.link_address(settings.public_url, secret)


def where(settings: Settings) -> str:
    """Return a line that says where the keys are, or how to make new ones if they are not here."""
    target = path(settings)
    if target.exists():
        return f"keys and the console's password: {target}"
    return f"{target} is gone; `./winnow user reset` and `./winnow token add` make new keys"


def kept(settings: Settings) -> first_run.Credentials | None:
    """Return what the first run has written, which may have been cut short; None where there is
    nothing of use.
    """
    try:
        return msgspec.json.decode(path(settings).read_bytes(), type=first_run.Credentials)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _write(target: Path, credentials: first_run.Credentials) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = target.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    with draft.open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(credentials), indent=2) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
