"""How far a long command is, on standard error."""

from __future__ import annotations

import sys
import time


class Progress:
    """Counts rows and says so: each half second on a terminal, each ten seconds elsewhere."""

    def __init__(self, verb: str, *, quiet: bool = False) -> None:
        self._verb = verb
        self._quiet = quiet
        self._terminal = sys.stderr.isatty()
        self._began = self._said = time.monotonic()
        self._rows = 0

    def add(self, rows: int) -> None:
        """Count rows done."""
        self._rows += rows
        now = time.monotonic()
        if now - self._said >= (0.5 if self._terminal else 10.0):
            self._said = now
            self._say("\r" if self._terminal else "", "" if self._terminal else "\n")

    def stage(self, text: str) -> None:
        """Say which stage begins."""
        if not self._quiet:
            elapsed = time.monotonic() - self._began
            print(f"[{elapsed:7.1f} s] {text}", file=sys.stderr, flush=True)

    def done(self) -> None:
        """Say the total."""
        self._say("\r" if self._terminal else "", "\n")

    def _say(self, start: str, end: str) -> None:
        if self._quiet:
            return
        rate = self._rows / max(time.monotonic() - self._began, 1e-9)
        text = f"{start}{self._verb}: {self._rows:,} rows, {rate:,.0f}/s"
        print(text, end=end, file=sys.stderr, flush=True)
