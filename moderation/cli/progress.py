"""How far long work is: one line written over at a terminal, lines now and then elsewhere."""

from __future__ import annotations

import sys
from time import monotonic

EVERY_SECONDS = 10.0
"""How often a line is written where nobody sits at a terminal."""


class Progress:
    """Shows stage, done of total and the time left on standard error."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._shown = 0.0
        self._stage = ""
        self._width = 0

    def show(self, stage: str, done: int, total: int, eta_s: int | None) -> None:
        """Show how far it is."""
        now = monotonic()
        if not self._is_terminal and stage == self._stage and now - self._shown < EVERY_SECONDS:
            return
        self._stage, self._shown = stage, now
        share = f" ({min(100, 100 * done // total)} %)" if total else ""
        line = f"winnow: {stage} {done:,} of {total:,}{share}{left(eta_s)}"
        if self._is_terminal:
            sys.stderr.write("\r" + line.ljust(self._width))
            self._width = len(line)
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._is_terminal and self._width:
            sys.stderr.write("\n")
            self._width = 0


class Timed(Progress):
    """Shows the time left as well, by how long it took so far."""

    def __init__(self) -> None:
        super().__init__()
        self._begun = monotonic()
        self._first: int | None = None

    def step(self, stage: str, done: int, total: int) -> None:
        """Show how far it is; what was done before the first step took no time here."""
        if self._first is None:
            self._first = done
        spent, made = monotonic() - self._begun, done - self._first
        eta_s = round(spent * (total - done) / made) if made and spent > 1 else None
        self.show(stage, done, total, eta_s)


def left(eta_s: int | None) -> str:
    """Return how long it still takes, in words."""
    if eta_s is None:
        return ""
    if eta_s < 90:
        return f", {eta_s} s left"
    return f", {round(eta_s / 60)} min left" if eta_s < 5400 else f", {eta_s / 3600:.1f} h left"
