"""What a process holds while it serves: the store, snapshots, sites' settings and learners."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from typing import Any, Self, TypeVar, cast

from msgspec import Struct

from classifier import Learner, Model, ModelError, Row
from classifier.kernel_cache import one_compiles
from moderation.domain import listed, subscribed
from moderation.domain.errors import SchemaMismatch, StoreDown
from moderation.domain.keywords import KEYS_BYTES, NO_KEYS, searched
from moderation.domain.matching import NO_LIST, Compiled
from moderation.domain.policy import NO_RULES, Rules
from moderation.domain.sites import DEFAULT_SETTINGS, SiteSettings
from moderation.flow.caching import Cache
from moderation.flow.copies import Copies
from moderation.flow.events import Events
from moderation.flow.tasks import Tasks
from moderation.settings import Settings
from moderation.store import Store, hurry, models, sites, together, webhooks
from moderation.store.sites import SiteState

log = logging.getLogger(__name__)

Owned = TypeVar("Owned")

SITES_KEPT = 512
LISTS_BYTES = 2 * (
    listed.LIST_BYTES + KEYS_BYTES + subscribed.SUBSCRIPTIONS * subscribed.LIST_BYTES
)
"""Most bytes of lists, as they are written, that a process holds ready to be asked, of all sites.

It is twice what one site may have (200 MiB), so that two sites that are asked in turn stay both.
Made ready they take up to 24 times as much (200,000 keys of 18 letters: 85 MiB; 65,000 phrases of
four words: 63 MiB beside what is written)."""
READING_SECONDS = 0.2
"""For so long a check waits for another thread that makes its site's lists or a model ready."""


class Policy(Struct, frozen=True):
    """What a site's people chose, as of a revision; `listed` and `keywords` are digests of its list
    and its keys as they are stored, `tells` whether it has webhooks, `own_size` how many bytes its
    own list and its keys have."""

    revision: int
    settings: SiteSettings
    rules: Rules
    listed: bytes = b""
    keywords: bytes = b""
    tells: bool = False
    own_size: int = 0

    @property
    def size(self) -> int:
        """How many bytes its lists have as they are now, with the copies of those of others."""
        return self.own_size + self.rules.subscribed.size


def _digest(stored: bytes | None) -> bytes:
    return blake2b(stored, digest_size=16).digest() if stored else b""


NO_POLICY = Policy(0, DEFAULT_SETTINGS, NO_RULES)


@contextmanager
def _one_at_a_time(lock: threading.Lock) -> Iterator[None]:
    """Wait for a thread that makes something ready; not for long in a hurry."""
    is_ours = lock.acquire(timeout=READING_SECONDS if hurry.in_a_hurry() else -1)
    try:
        yield
    finally:
        if is_ours:
            lock.release()


def load_shipped(settings: Settings) -> Model:
    """Return the model of the settings, and load the kernels, so that no verdict waits a second.

    Raises:
        ModelError: it cannot be used here.
    """
    model = Model.load(settings.model)
    with one_compiles():
        model.score([Row()], Learner(model))
    return model


def load_ahead(settings: Settings) -> Model | None:
    """Return the model of the settings as `load_shipped`, None where it cannot be loaded: whoever
    needs it asks again, and says why."""
    with suppress(ModelError, OSError):
        return load_shipped(settings)
    return None


class Runtime:
    """One process's view of the installation. Caches are compared with the store at each use."""

    def __init__(
        self, settings: Settings, store: Store, tasks: Tasks, shipped: Model | None = None
    ) -> None:
        self.settings = settings
        self.store = store
        self.tasks = tasks
        self.secret = settings.secret_key
        self.shipped = shipped or load_shipped(settings)
        self.events = Events()
        self.states: Cache[SiteState] = Cache(SITES_KEPT)
        self._owned: dict[type, Any] = {}
        self._policies: Cache[Policy] = Cache(
            SITES_KEPT, heaviest=LISTS_BYTES, weigh=lambda policy: policy.size
        )
        # What went for the weight of its lists stays without them, for when the store is away.
        self._without_lists: Cache[Policy] = Cache(SITES_KEPT)
        self._copies = Copies(store, self._policies.weigh_again)
        self._snapshots: Cache[Model] = Cache(4)
        self._locks: Cache[threading.Lock] = Cache(SITES_KEPT)
        self._policy_locks: Cache[threading.Lock] = Cache(SITES_KEPT)
        self._loading = threading.Lock()

    @classmethod
    def open(cls, settings: Settings, shipped: Model | None = None) -> Self:
        """Return a runtime with its own connections; make one in each process, after a fork.

        Raises:
            SchemaMismatch: another version wrote the store. One that does not answer may come yet;
            each connection to it is refused for the same reason.
        """
        store = Store.connect(settings.redis_url)
        try:
            with suppress(StoreDown):
                store.ping()
        except SchemaMismatch:
            store.close()
            raise
        return cls(settings, store, Tasks(settings.broker_url), shipped)

    def together(self, jobs: Iterator[Callable[[], None]]) -> None:
        """Do jobs that must not raise in this thread, several of them at once: what they ask the
        store at the same time goes there in one trip."""
        together.run(jobs)

    def close(self) -> None:
        """Close every connection."""
        self.store.close()

    def own(self, kind: type[Owned]) -> Owned:
        """Return this process's one object of a kind, made when it is first asked for.

        Who caches owns the cache: a room keeps what it knows of its own kind here.
        """
        found = self._owned.get(kind)
        if found is None:
            # Two threads may both make one; the first that is kept is everybody's.
            found = self._owned.setdefault(kind, kind())
        return cast(Owned, found)

    @contextmanager
    def lock(self, site: str, seconds: float | None = None) -> Iterator[bool]:
        """Hold the lock under which a site's learner is caught up in this process.

        Say whether it is held: nobody waits for it longer than `seconds` (None: to the end).
        """
        lock = self._locks.swap(site, lambda held: held or threading.Lock())
        got = lock.acquire(timeout=-1 if seconds is None else seconds)
        try:
            yield got
        finally:
            if got:
                lock.release()

    def model(self, name: str) -> Model:
        """Return the snapshot of this name; the shipped one where it cannot be used here."""
        if not name or name == self.shipped.name:
            return self.shipped
        found = self._snapshots.get(name)
        if found is None:
            with _one_at_a_time(self._loading):
                found = self._snapshots.get(name) or self._load(name)
                self._snapshots.put(name, found)
        return found

    def _load(self, name: str) -> Model:
        # It has 4 MiB, and each check that comes by after a promotion needs it.
        with hurry.uncounted():
            blob = models.blob(self.store, name)
        try:
            if blob is not None:
                return Model.load(blob)
            log.error("snapshot %s is not in the store; the shipped one serves", name)
        except ModelError as error:
            log.error("snapshot %s cannot be used (%s); the shipped one serves", name, error)
        return self.shipped

    def policy(self, site: str, revision: int) -> Policy:
        """Return what a site's people chose as of a revision that the store has just named."""
        known = self._policies.get(site)
        if known is not None and known.revision == revision:
            return known
        if revision == 0:
            self._without_lists.drop(site)
            self._policies.put(site, NO_POLICY)
            return NO_POLICY
        # A long list takes a while to be made ready: one thread does it, the others have it then.
        lock = self._policy_locks.swap(site, lambda held: held or threading.Lock())
        with _one_at_a_time(lock):
            known = self._policies.get(site)
            if known is None or known.revision != revision:
                known = self._read_policy(site, revision, known)
                self._policies.put(site, known)
                rules = Rules(attack=known.rules.attack)
                bare = Policy(known.revision, known.settings, rules, tells=known.tells)
                self._without_lists.put(site, bare)
        return known

    def _read_policy(self, site: str, revision: int, known: Policy | None) -> Policy:
        chosen = sites.policy(self.store, site)
        digest, keywords = _digest(chosen.listed), _digest(chosen.keywords)
        if known is not None and known.listed == digest:
            compiled = known.rules.listed
        else:
            compiled = Compiled(sites.list_of(chosen.listed)) if chosen.listed else NO_LIST
        if known is not None and known.keywords == keywords:
            searched_keys = known.rules.keys
        else:
            keys = sites.keys_in(chosen.keywords) if chosen.keywords else NO_KEYS
            searched_keys = searched(keys)
        copies = self._copies.of(site, chosen.subscribed)
        rules = Rules(compiled, chosen.attack, searched_keys, copies)
        tells = webhooks.are_there(self.store, site)
        own_size = len(chosen.listed or b"") + len(chosen.keywords or b"")
        return Policy(revision, chosen.settings, rules, digest, keywords, tells, own_size)

    def rules_now(self, site: str) -> Rules:
        """Return what a site's people laid down as it is now; what this process knows already is
        not read again."""
        return self.policy(site, sites.read(self.store, site).settings).rules

    def site_settings(self, site: str, revision: int) -> SiteSettings:
        """Return a site's settings as of a revision that the store has just named."""
        return self.policy(site, revision).settings

    def known_settings(self, site: str) -> tuple[int, SiteSettings]:
        """Return a site's settings as this process saw them last with their revision; for a site
        that it has not met, as the store has them."""
        found = self._last(site)
        return self.read_settings(site) if found is None else (found.revision, found.settings)

    def read_settings(self, site: str) -> tuple[int, SiteSettings]:
        """Return a site's settings as they are now, with their revision."""
        revision = sites.read(self.store, site).settings
        return revision, self.site_settings(site, revision)

    def last_policy(self, site: str) -> Policy:
        """Return what a site's people chose as seen last, for when the store cannot be asked."""
        return self._last(site) or NO_POLICY

    def _last(self, site: str) -> Policy | None:
        return self._policies.get(site) or self._without_lists.get(site)

    def may_tell(self, site: str) -> bool:
        """Say whether a site has webhooks, or may have: this process does not know it any more."""
        found = self._last(site)
        return found is None or found.tells

    def last_settings(self, site: str) -> SiteSettings:
        """Return the settings last seen, for when the store cannot be asked."""
        return self.last_policy(site).settings


def now_ms() -> int:
    """Return the time in milliseconds since 1970."""
    return time.time_ns() // 1_000_000
