"""What a process did of late, counted where it is done and told by its heartbeat."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Mapping

BUCKETS = 64
LEAST_SECONDS, RATIO = 0.0005, 1.15
"""Times are counted in buckets, each wider than the one before by this ratio: what is read from
them is right to 7 %, and what takes four seconds lies in the last."""
BEHIND_AT_MOST = 512
USES_AT_MOST = 10_000
USED_EVERY_MS = 3_600_000
"""How long ago what the store knows of a token's use may be before it is told again."""


class Vitals:
    """Counts of one process since they were last taken, and with what its last verdict was made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self.model = ""
        self._behind: dict[str, int] = {}
        self._used: dict[str, int] = {}
        self._told: dict[str, int] = {}

    def answered(self, *, is_check: bool, failed: bool, seconds: float) -> None:
        """Count a request that was answered."""
        with self._lock:
            self._counts["answered"] += 1
            if failed:
                self._counts["failed"] += 1
            if is_check:
                self._counts["checks"] += 1
                self._counts[str(bucket_of(seconds))] += 1

    def scored(self, number: int) -> None:
        """Count comments that were scored after they had waited."""
        if number:
            with self._lock:
                self._counts["scored"] += number

    def unscored(self) -> None:
        """Count a comment that could not be scored and is held."""
        with self._lock:
            self._counts["failed"] += 1

    def judged(self, site: str, model: str, behind: int) -> None:
        """Note which model a verdict was made with, and how many labels of the site it lacked."""
        self.model = model
        if behind > 0 or site in self._behind:
            with self._lock:
                self._behind.pop(site, None)
                if behind > 0 and len(self._behind) < BEHIND_AT_MOST:
                    self._behind[site] = behind

    def used(self, token: str, now_ms: int) -> None:
        """Note that a token, by its id, was used: in memory alone, as each call does it."""
        if token in self._used or len(self._used) < USES_AT_MOST:
            self._used[token] = now_ms

    def uses(self, *, all_of_them: bool) -> dict[str, int]:
        """Return when tokens were used last of which the store knows nothing of the last hour, or
        nothing of the newest use."""
        least = 1 if all_of_them else USED_EVERY_MS
        found = self._used.copy()
        return {one: at for one, at in found.items() if at - self._told.get(one, 0) >= least}

    def told(self, uses: Mapping[str, int]) -> None:
        """Note that the store knows these uses."""
        self._told.update(uses)

    @property
    def behind(self) -> int:
        """How many labels the learners had not caught up with when they were last used."""
        with self._lock:
            return sum(self._behind.values())

    def take(self) -> dict[str, int]:
        """Return the counts, and begin anew."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        return dict(taken)

    def give_back(self, counts: Mapping[str, int]) -> None:
        """Count again what could not be told."""
        with self._lock:
            self._counts.update(counts)


def bucket_of(seconds: float) -> int:
    """Return the number of the bucket in which a time is counted."""
    if seconds <= LEAST_SECONDS:
        return 0
    return min(BUCKETS - 1, 1 + int(math.log(seconds / LEAST_SECONDS) / math.log(RATIO)))


def quantile(checks: Mapping[int, int], share: float) -> float | None:
    """Return the time in seconds within which this share of what was counted was done; None where
    nothing was."""
    total = sum(checks.values())
    passed = 0
    for bucket in sorted(checks):
        passed += checks[bucket]
        if passed >= share * total and total:
            return float(LEAST_SECONDS * RATIO ** (bucket - 0.5))
    return None
