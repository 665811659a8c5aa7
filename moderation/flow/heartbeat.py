"""A process tells the store every few seconds what it is, from a thread of its own.

Nothing waits for it, and a store that is away costs nothing but the news: what was counted is told
when it is back. Where the store's layout was raised above what this process knows, or the store
turns out to be of another secret, it hangs up.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from time import monotonic, time_ns
from typing import TYPE_CHECKING

import moderation
from moderation import faults
from moderation.domain.errors import SchemaMismatch, SecretMismatch, WinnowError
from moderation.domain.processes import Fault, Kind, Process
from moderation.flow import place, secret
from moderation.flow.vitals import Vitals
from moderation.settings import Settings
from moderation.store import Store, processes, schema, sites

# Beat tells of itself too, and loads no model: the runtime would bring numba along.
if TYPE_CHECKING:
    from moderation.flow.runtime import Runtime

log = logging.getLogger(__name__)

EVERY_SECONDS = 5.0
AGAIN_SECONDS = 1.0
"""How soon a store that did not answer is asked again."""
SILENT_MS: dict[Kind, int] = {
    "web": 16_000, "worker": 16_000, "beat": 16_000, "trainer": 60_000, "indexer": 60_000,
}  # fmt: skip
"""Three beats that did not come: a process that was not heard of for so long has ended or hangs.
What computes for long lets no other thread run meanwhile, and is given more time."""
GAUGES_EVERY_SECONDS = 60.0
STARTED = "started "
"""Begins the names under which starts of processes are counted, by kind."""
_STATM = "/proc/self/statm"

Gauges = Callable[[], dict[str, int]]


def heard(redis_url: str) -> list[Process]:
    """Return every process that a store keeps something of, whatever the clocks say.

    Raises:
        WinnowError: it does not answer, or will not do.
    """
    with closing(Store.connect(redis_url)) as store:
        return processes.every(store, 0)


def parted(store: Store) -> tuple[list[Process], list[Process]]:
    """Return the processes of every machine that were heard of just now, and those that were not
    and did not say that they end, by the store's clock alone."""
    known = processes.every(store, 0)
    ago = processes.ago_ms(store, known)
    running = [p for p, ms in zip(known, ago, strict=True) if ms < SILENT_MS[p.kind]]
    return running, [process for process in known if process not in running]


class Heartbeat:
    """Tells of this process until `end`."""

    def __init__(
        self,
        store: Store,
        kind: Kind,
        vitals: Vitals | None = None,
        gauges: Gauges | None = None,
        place: str = "",
        own_secret: bytes = b"",
    ) -> None:
        self._store, self._vitals = store, vitals
        self._gauges = gauges
        self._place, self._secret = place, own_secret
        self._gauged = -GAUGES_EVERY_SECONDS
        self._said = Process(
            kind, socket.gethostname()[:64], os.getpid(), moderation.__version__, _now_ms()
        )
        self._beaten = monotonic()
        self._away_ms = 0
        self._is_counted = self._is_refused = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Say that the process ends, as far as the store hears it."""
        self._over.set()
        self._thread.join(2 * EVERY_SECONDS)

    def _run(self) -> None:
        while True:
            over = self._over.is_set()
            try:
                self._beat(over)
            except SchemaMismatch as error:
                self._refused(error)
                # New connections are refused by themselves; those that are open would go on.
                self._store.close()
            except SecretMismatch as error:
                self._refused(error)
                secret.hang_up(self._store, self._secret)
            except WinnowError:
                self._away_ms = self._away_ms or _now_ms()
            except Exception as error:  # Whatever it is, the process lives and says so again.
                log.warning("a heartbeat failed: %s", faults.way_to(error))
            if over:
                return
            self._over.wait(AGAIN_SECONDS if self._away_ms else EVERY_SECONDS)

    def _refused(self, error: WinnowError) -> None:
        if not self._is_refused:
            log.critical("this process goes on no longer: %s", error)
        self._is_refused = True

    def _beat(self, over: bool) -> None:
        schema.refuse_other(self._store)
        if self._secret:
            secret.check(self._store, self._secret)
        now, passed = _now_ms(), max(0.001, monotonic() - self._beaten)
        counts = self._vitals.take() if self._vitals else {}
        told = [_told(noted, self._said) for noted in list(faults.noted)]
        taken = len(told)
        if self._away_ms:
            seconds = round((now - self._away_ms) / 1000)
            what = f"the store did not answer for {seconds} s"
            told.append(Fault(self._away_ms, what, process=_name(self._said)))
        try:
            processes.beat(
                self._store, self._now(counts, passed), now,
                faults=told, counts=counts, most=self._measured(), ended=over,
            )  # fmt: skip
        except BaseException:
            if self._vitals:
                self._vitals.give_back(counts)
            raise
        if not self._is_counted:
            processes.count(self._store, f"{STARTED}{self._said.kind}")
            self._is_counted = True
        self._tell_uses(over)
        self._beaten, self._away_ms = monotonic(), 0
        for _ in range(min(taken, len(faults.noted))):
            faults.noted.popleft()

    def _tell_uses(self, over: bool) -> None:
        """Tell when tokens were used, of each once an hour, and all when the process ends."""
        if self._vitals:
            uses = self._vitals.uses(all_of_them=over)
            sites.note_uses(self._store, uses)
            self._vitals.told(uses)

    def _now(self, counts: dict[str, int], passed: float) -> Process:
        """Return the process as it is now."""
        said = self._said
        done = counts.get("answered", 0) + counts.get("scored", 0)
        does = said.kind in ("web", "worker")
        return Process(
            said.kind, said.host, said.pid, said.version, said.since_ms,
            model=self._vitals.model if self._vitals else "",
            behind=self._vitals.behind if self._vitals else 0,
            per_minute=round(60 * done / passed, 1) if does else None,
            memory=_resident(),
            knows=schema.KNOWN,
            place=self._place,
        )  # fmt: skip

    def _measured(self) -> dict[str, int]:
        """Return what is measured of the whole installation once a minute."""
        if self._gauges is None or monotonic() - self._gauged < GAUGES_EVERY_SECONDS:
            return {}
        self._gauged = monotonic()
        return self._gauges()


def begin(runtime: Runtime, kind: Kind, gauges: Gauges | None = None) -> Heartbeat:
    """Have a process that serves or scores tell of itself; call it after a fork."""
    return Heartbeat(
        runtime.store, kind, runtime.own(Vitals), gauges, place.of(runtime.settings), runtime.secret
    )


@contextmanager
def telling(store: Store, kind: Kind, own_secret: bytes = b"") -> Iterator[None]:
    """Have a process tell of itself for as long as it does something."""
    heart = Heartbeat(store, kind, own_secret=own_secret)
    try:
        yield
    finally:
        heart.end()


def of_beat(settings: Settings) -> Heartbeat:
    """Have beat tell of itself by a connection of its own: it has no runtime."""
    store = Store.connect(settings.redis_url)
    return Heartbeat(store, "beat", own_secret=settings.secret_key)


def _now_ms() -> int:
    return time_ns() // 1_000_000


def _told(noted: faults.Noted, process: Process) -> Fault:
    return Fault(
        int(1000 * noted.at), noted.what, noted.where[:500], noted.request[:64], _name(process)
    )


def _name(process: Process) -> str:
    return f"{process.kind} {process.pid} {process.host}"


def _resident() -> int:
    """Return the bytes that this process holds in memory, 0 where the system does not say."""
    try:
        with open(_STATM) as file:  # noqa: PTH123 - a file of the kernel, not of a folder
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
