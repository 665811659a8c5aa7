"""Real processes in tests: started, watched, and always ended."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil


def until(
    condition: Callable[[], object],
    seconds: float = 30.0,
    what: str | Callable[[], str] = "",
) -> None:
    """Wait for something that other processes do; fails the test when it does not come."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            told = what if isinstance(what, str) else what()
            raise AssertionError(f"did not happen within {seconds:g} s: {told}")
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Say whether a process exists and is not merely waiting to be reaped."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def command_of(process: psutil.Process) -> str:
    """Return a process's command line; '' once it has ended, which it may at any moment."""
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


class Running:
    """A process in a session of its own whose output is collected as it comes."""

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], folder: Path | None = None
    ) -> None:
        self.process = psutil.Popen(
            list(argv),
            env=dict(env),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        self._lines.extend(iter(self.process.stdout.readline, ""))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    @property
    def output(self) -> str:
        """Everything it has written so far."""
        return "".join(self._lines)

    def says(self, text: str, seconds: float = 40.0) -> None:
        """Wait until its output holds this text."""
        until(
            lambda: text in self.output or self._gone(),
            seconds,
            lambda: f"{text!r} in:\n{self.output}",
        )
        assert text in self.output, self.output

    def _gone(self) -> bool:
        return self.process.poll() is not None and not self._reader.is_alive()

    def family(self) -> list[psutil.Process]:
        """Return it and everything it started that still runs."""
        return [self.process, *self.process.children(recursive=True)]

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, and to it alone."""
        self.process.send_signal(number)

    def end(self) -> None:
        """End it and everything in its session, whatever state it is in."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.process.wait(30)
        self._reader.join(10)
        self.process.stdout.close()
