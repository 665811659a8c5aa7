"""The processes of an installation, as each tells the store of itself every few seconds."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Kind = Literal["web", "worker", "beat", "trainer", "indexer"]


class Process(Struct, frozen=True, omit_defaults=True):
    """What one process is. Times are milliseconds since 1970.

    `model` made its last verdict ('': it made none yet), `behind` is how many labels its learners
    had not caught up with then. `per_minute` are the requests or comments of its last minute (None:
    it does neither), `memory` its resident bytes. `knows` is the newest layout of the store on
    which it works (0: a version that does not say), `place` its data folder. `heard_ms` is
    when it last told.
    """

    kind: Kind
    host: str
    pid: int
    version: str
    since_ms: int
    model: str = ""
    behind: int = 0
    per_minute: float | None = None
    memory: int = 0
    knows: int = 0
    place: str = ""
    heard_ms: int = 0

    @property
    def id(self) -> str:
        """What tells it from every other process, on any machine."""
        return f"{self.host}/{self.pid}/{self.since_ms}"


class Fault(Struct, frozen=True, omit_defaults=True):
    """Something that went wrong, without a word of what was sent: what failed, the way there, the
    request that met it."""

    at_ms: int
    what: str
    where: str = ""
    request: str = ""
    process: str = ""


class Moment(Struct, frozen=True):
    """What all processes did in a stretch of time that began then: counts, and gauges as the most
    that was seen. `checks` counts checks by the bucket of their time."""

    at_ms: int
    counts: dict[str, int]
    checks: dict[int, int]
