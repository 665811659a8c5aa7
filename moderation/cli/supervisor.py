"""Keeps children running, and ends them in order."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Self

from moderation.cli import guard
from moderation.cli.child import Child

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_KILLED_SECONDS = 1.0
_LOOK_SECONDS = 5.0


class Supervisor:
    """Starts children, starts again those that die, stops all of them in the order given.

    A context manager: from entering to leaving, SIGINT, SIGTERM and SIGHUP ask it to stop.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.children: list[Child] = []
        self.stops = 0
        self._guard: subprocess.Popen[str] | None = None
        self._folder = ""

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._old_fd = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._old_handlers = {number: signal.getsignal(number) for number in _STOP_SIGNALS}
        for number in _STOP_SIGNALS:
            # Under nohup a closed terminal is no reason to stop.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._on_stop)
        # Any handler will do: a signal must be handled to reach the wake-up pipe.
        self._old_handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        self._watch()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
            self._guard.wait()
        for number, handler in self._old_handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._old_fd)
        os.close(self._read)
        os.close(self._write)

    def add(self, child: Child) -> None:
        """Start a child now and keep it running; children stop in the reverse of this order."""
        self.children.append(child)
        self._start(child)

    def guard_folder(self, folder: Path) -> None:
        """Have this folder removed if this process is killed."""
        self._folder = str(folder)
        self._tell(self._folder)

    def wait(self, seconds: float | None) -> None:
        """Sleep until a signal arrives or the time is over."""
        if select.select([self._read], [], [], seconds)[0]:
            try:
                while os.read(self._read, 512):
                    pass
            except BlockingIOError:
                pass

    def tend(self) -> None:
        """Say which children died and start those again whose time has come."""
        if self._guard is None or self._guard.poll() is not None:
            self._watch()
        for child in self.children:
            pid = child.pid
            how = child.ended()
            if how is not None:
                self._tell(f"-{pid}")
                delay = child.plan_restart()
                self.say(f"{child.name} (process {pid}) ended {how}; again in {delay:g} s")
            elif child.restart_at is not None and time.monotonic() >= child.restart_at:
                self._start(child)
                self.say(f"{child.name} runs again (process {child.pid})")

    def run(self, look: Callable[[], None] = lambda: None) -> None:
        """Tend until a signal asks to stop, and look at what a child's life does not say."""
        looked = 0.0
        while not self.stops:
            self.tend()
            if time.monotonic() - looked >= _LOOK_SECONDS:
                look()
                looked = time.monotonic()
            due = [child.restart_at for child in self.children if child.restart_at is not None]
            self.wait(max(0.0, min([looked + _LOOK_SECONDS, *due]) - time.monotonic()))

    def stop(self) -> None:
        """End every child, the last started first; a second signal ends the patience."""
        asked = self.stops
        for child in reversed(self.children):
            self._end(child, lambda: self.stops > max(asked, 1))
        self.children = []

    def _end(self, child: Child, hurry: Callable[[], bool]) -> None:
        pid = child.pid
        child.restart_at = None
        child.terminate()
        deadline = time.monotonic() + child.stop_seconds
        while child.ended() is None and child.pid:
            left = deadline - time.monotonic()
            if left <= 0 or hurry():
                child.kill()
                left = _KILLED_SECONDS
            self.wait(left)
        self._tell(f"-{pid}")

    def _start(self, child: Child) -> None:
        child.start()
        self._tell(f"+{child.pid}")

    def _watch(self) -> None:
        """Start the guard, and again if someone killed it."""
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.stdin.close()
        self._guard = subprocess.Popen(
            [sys.executable, "-I", "-S", guard.__file__],
            stdin=subprocess.PIPE,
            start_new_session=True,
            text=True,
        )
        if self._folder:
            self._tell(self._folder)
        for child in self.children:
            if child.pid:
                self._tell(f"+{child.pid}")

    def _tell(self, line: str) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            try:
                self._guard.stdin.write(line + "\n")
                self._guard.stdin.flush()
            except BrokenPipeError:
                pass  # It was killed; `tend` starts another and tells it everything.

    def _on_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stops += 1
