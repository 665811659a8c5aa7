"""What takes long: who asked for it, how far it is, and what came of it."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
OVER: frozenset[State] = frozenset(("succeeded", "failed", "cancelled"))
"""The states that a job does not leave any more."""


class Job(Struct, frozen=True, kw_only=True):
    """One piece of long work. Times are milliseconds since 1970.

    `site` is empty where it concerns the whole installation; `asked` is what the work needs to
    know, and is shown to nobody. `stage` is what is being done now, `done` of `total` (0: not
    known) its rows or bytes, `eta_s` the seconds that are left of it as far as can be told. `tries`
    counts how often it was taken up since it last got on; `is_unwanted` says that somebody asked
    to cancel it.
    """

    id: str
    kind: str
    site: str
    by: str
    created_ms: int
    asked: dict[str, Any] = {}
    state: State = "queued"
    stage: str = ""
    done: int = 0
    total: int = 0
    eta_s: int | None = None
    result: dict[str, Any] | None = None
    error: str = ""
    started_ms: int = 0
    updated_ms: int = 0
    tries: int = 0
    is_unwanted: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in OVER

    @property
    def percent(self) -> int | None:
        """How much of the stage is done, None where its size is not known."""
        return min(100, 100 * self.done // self.total) if self.total else None
