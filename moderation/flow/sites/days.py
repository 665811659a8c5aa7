"""What was said of comments day by day, of all sites together."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from time import monotonic

from msgspec import Struct

from moderation.flow.comments import reading
from moderation.flow.runtime import Runtime
from moderation.store import sites
from moderation.store.comments import counting

FRESH_SECONDS, PAST_SECONDS = 5.0, 600.0
"""How long the counts of today, and of days that are over, are not read again."""
KEPT = 31


class Mix(Struct, frozen=True):
    """Verdicts of one UTC day by status."""

    day: dt.date
    approved: int
    held: int
    spam: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.approved + self.held + self.spam


class Mixes:
    """Those that this process read of late, with until when they will do."""

    def __init__(self) -> None:
        self.known: dict[dt.date, tuple[Mix, float]] = {}


def mixes(runtime: Runtime, days: int) -> list[Mix]:
    """Return the verdicts of the last days up to today, the oldest first."""
    today, known = dt.datetime.now(dt.UTC).date(), runtime.own(Mixes).known
    names: list[str] | None = None
    found = []
    for back in range(days - 1, -1, -1):
        day = today - dt.timedelta(days=back)
        held = known.get(day)
        if held is None or monotonic() > held[1]:
            names = sites.names(runtime.store) if names is None else names
            until = monotonic() + (PAST_SECONDS if back else FRESH_SECONDS)
            held = known[day] = _read(runtime, names, day), until
        found.append(held[0])
    for day in sorted(known)[:-KEPT]:
        known.pop(day, None)
    return found


def _read(runtime: Runtime, names: list[str], day: dt.date) -> Mix:
    statuses: Counter[str] = Counter()
    for counts in counting.counters_of_day(runtime.store, names, day.isoformat()):
        statuses.update(reading.counted(day.isoformat(), counts).statuses)
    return Mix(day, statuses["approved"], statuses["held"], statuses["spam"])
