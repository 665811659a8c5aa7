"""How far long work is: one line written over at a terminal, lines now and then elsewhere."""

from __future__ import annotations

import os
import sys
from time import monotonic

EVERY_SECONDS = 10.0
"""How often a line is written where nobody sits at a terminal."""

_WIDE = 1000
"""Taken for a terminal's width where it does not say any."""


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
        what, how_far = f"winnow: {stage}", f" {done:,} of {total:,}{share}{left(eta_s)}"
        if self._is_terminal:
            # A line that is longer than the terminal is wide would begin a new one at each step.
            width = _columns() - 1
            line = (what[: max(0, width - len(how_far))] + how_far)[:width]
            sys.stderr.write("\r" + line.ljust(min(self._width, width)))
            self._width = len(line)
        else:
            sys.stderr.write(what + how_far + "\n")
        sys.stderr.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._is_terminal and self._width:
            sys.stderr.write("\n")
            self._width = 0


def _columns() -> int:
    """Return how wide the terminal is now."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _WIDE
    except OSError:
        return _WIDE


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
