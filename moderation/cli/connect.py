"""Finds the store that a command should talk to: an outside one, a running one, or our own."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msgspec

from moderation.cli import append_only, embedded
from moderation.cli.child import Child
from moderation.cli.embedded import EmbeddedStore, FolderLock, Refused, RunFile
from moderation.cli.supervisor import Supervisor
from moderation.domain.errors import StoreDown, StoreSilent, WrongStore
from moderation.flow import secret
from moderation.settings import Settings
from moderation.store import Store

if TYPE_CHECKING:
    from moderation.flow.runtime import Runtime

log = logging.getLogger(__name__)

_OLDEST = (7, 0)
_STORE_STOP_SECONDS = 2.0


def attached(settings: Settings) -> Settings:
    """Return the settings with the address of the store that `up` runs on this data folder, if
    any.
    """
    if settings.redis_url:
        return settings
    found = RunFile(settings.data).read()
    redis_url = found.get("redis_url", "")
    if not embedded.answers_at(redis_url):
        return settings
    return msgspec.structs.replace(
        settings,
        redis_url=redis_url,
        broker_url=settings.broker_url or found.get("broker_url", ""),
    )


@contextmanager
def open_store(
    settings: Settings, *, any_layout: bool = False, makes_secret: bool = False
) -> Iterator[tuple[Store, Settings]]:
    """Return a store to work on and settings that name it; Refused when there can be none.

    SchemaMismatch for one that another version wrote, unless `any_layout` is to be worked on.
    SecretMismatch where the store was written under another secret than this machine's, or this
    machine has none: whatever the command, none is made beside it unless that is what is asked for
    (`makes_secret`).

    With no outside store and no `up` running, the embedded one runs for as long as this lasts.
    """
    settings = attached(settings)
    with ExitStack() as stack:
        if not settings.redis_url:
            stack.enter_context(sole_use(settings))
            supervisor = stack.enter_context(Supervisor(log.info))
            settings = stack.enter_context(own_store(settings, supervisor))
        store = Store.connect(settings.redis_url, any_layout=any_layout)
        stack.callback(store.close)
        check(store)
        if not makes_secret:
            secret.refuse_other(store, settings)
        yield store, settings


@contextmanager
def open_runtime(settings: Settings) -> Iterator[Runtime]:
    """Return what a process that serves holds, on the store that a command should talk to."""
    # Imported here as it loads the model, for which most commands need not wait.
    from moderation.flow import opening

    with open_store(settings) as (_, opened):
        runtime = opening.open_runtime(opened)
        try:
            yield runtime
        finally:
            runtime.close()


@contextmanager
def sole_use(settings: Settings) -> Iterator[None]:
    """Keep everybody else from the data folder meanwhile; raise Refused when someone uses it."""
    lock = FolderLock(settings.data / "up.lock")
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = lock.take()
    except OSError as error:
        raise Refused(
            f"{settings.data} cannot be used ({error.strerror}): set WINNOW_DATA to another folder"
        ) from error
    if not taken:
        raise Refused(
            f"Winnow already runs on {settings.data}: stop it, or set WINNOW_DATA to another folder"
        )
    try:
        yield
    finally:
        lock.release()


def repair(settings: Settings) -> Iterator[str]:
    """Repair the embedded store's file and say what was done; Refused while it is used, or where
    it cannot be repaired.
    """
    if settings.redis_url:
        raise Refused("an outside store is repaired by its own tools: valkey-check-aof --fix")
    lock = FolderLock(settings.data / "lock")
    with sole_use(settings):
        if not lock.take():
            raise Refused(f"a store still runs on {settings.data}: end it")
        try:
            yield from append_only.repair(settings.data / "store")
        finally:
            lock.release()


@contextmanager
def own_store(settings: Settings, supervisor: Supervisor) -> Iterator[Settings]:
    """Return the embedded store, answering; the settings name it. It stops after the other
    children.
    """
    with EmbeddedStore(settings.data.resolve(), settings.fsync) as store:
        append_only.refuse_lost(store.folder)
        supervisor.guard_folder(store.runtime)
        child = Child(
            "store", store.argv(), embedded.environment(),
            stop_seconds=_STORE_STOP_SECONDS, pass_fds=[store.lock.fd],
        )  # fmt: skip
        try:
            supervisor.add(child)
            while not embedded.answers(store.socket):
                if supervisor.stops:
                    raise Refused("stopped before the store had read its file")
                if how := child.ended():
                    why = append_only.why_unreadable(store.folder)
                    raise Refused(f"the store ended {how}: {why}")
                supervisor.wait(0.02)
            yield msgspec.structs.replace(
                settings,
                redis_url=store.redis_url,
                broker_url=settings.broker_url or store.broker_url,
            )
        finally:
            supervisor.stop()


@contextmanager
def store_of(settings: Settings) -> Iterator[Store]:
    """Return the store that these settings name, whether it answers by now or not."""
    store = Store.connect(settings.redis_url)
    try:
        yield store
    finally:
        store.close()


def refuse_other_store(settings: Settings) -> None:
    """Raise SchemaMismatch if another version wrote the store, SecretMismatch if it was written
    under another secret, WrongStore if it is of another kind than its address says; one that does
    not answer may come yet, but not for a machine that would have to make a secret: Refused, for
    the store may have been written under one.
    """
    with store_of(settings) as store:
        try:
            secret.check_of(store, settings)
            if not store.is_spread:
                store.check_kind()
        except WrongStore:
            raise
        except StoreDown as error:
            if not settings.has_secret:
                raise Refused(
                    "the store does not answer, and this machine has no secret: start the store, "
                    "or set WINNOW_SECRET_KEY to that of the other machines "
                    "(docs/many-machines.md)"
                ) from error
            log.warning("%s; it is waited for", error)


def check(store: Store) -> None:
    """Refuse a store that cannot carry Winnow; warn of one that would lose or refuse too much."""
    try:
        facts = store.check_kind()
    except StoreSilent as error:
        where = urlsplit(store.url)
        named = where.netloc.rpartition("@")[2] if "+" in where.scheme else where.hostname
        raise Refused(
            f"the store at {named or where.path} does not answer: "
            "start it, or set WINNOW_REDIS_URL to one that runs"
        ) from error
    for one in facts:
        if one:
            _check_one(one)
    if not all(facts):
        log.warning(
            "the store does not let Winnow ask what it is (INFO): that it can carry Winnow is "
            "not looked at"
        )


def _check_one(facts: dict[str, Any]) -> None:
    version = str(facts.get("redis_version", "0.0"))
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
        raise Refused(f"the store speaks Redis {version}: Winnow needs Redis 7.0 or Valkey 8")
    if facts.get("maxmemory_policy", "noeviction") != "noeviction":
        log.warning(
            "the store throws keys away when it is full (maxmemory-policy %s): "
            "set it to noeviction, or comments and labels will vanish",
            facts["maxmemory_policy"],
        )
    if not facts.get("aof_enabled"):
        log.warning(
            "the store keeps no append-only file: what came after its last snapshot is lost "
            "when it ends; set appendonly to yes"
        )
