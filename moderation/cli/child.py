"""A process that `up` runs: in a session of its own, tied to `up`'s life."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None

_FIRST_DELAY = 0.5
_LONGEST_DELAY = 30.0
_STEADY_SECONDS = 60.0


def end_with(parent: int) -> None:
    """Have this process end when its parent, of this process id, does, or at once if it has."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


class Child:
    """One program and its process group; it may be started again and again.

    `stop_seconds` is how long it may take to end by itself. Start it from the main thread only:
    Linux sends the parent-death signal when the thread that forked ends.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        *,
        stop_seconds: float,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self.name = name
        self.argv = list(argv)
        self.env = dict(env)
        self.stop_seconds = stop_seconds
        self.pass_fds = tuple(pass_fds)
        self.restart_at: float | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._failures = 0

    @property
    def pid(self) -> int:
        """Its process id, which is also its group's; 0 while it does not run."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Run the program; OSError when it cannot be run at all."""
        parent = os.getpid()

        def tie_to_parent() -> None:
            if _LIBC is not None:
                _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
                if os.getppid() != parent:  # The parent died before the signal was set.
                    os._exit(1)

        self.restart_at = None
        self._started = time.monotonic()
        self._process = subprocess.Popen(
            self.argv,
            env=self.env,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=self.pass_fds,
            preexec_fn=tie_to_parent,  # It calls one function of libc, so threads do no harm.
        )

    def ended(self) -> str | None:
        """Return how it ended (`with status 1`, `by SIGKILL`) if it did; what it left behind is
        killed.
        """
        if self._process is None:
            return None
        # WNOWAIT leaves a zombie, so that the group's number cannot belong to anyone else yet.
        flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
        if os.waitid(os.P_PID, self._process.pid, flags) is None:
            return None
        self._signal_group(signal.SIGKILL)
        status = self._process.wait()
        self._process = None
        return f"by {signal.Signals(-status).name}" if status < 0 else f"with status {status}"

    def plan_restart(self) -> float:
        """Say when to start it again: twice as late each time, at once after a steady minute."""
        if time.monotonic() - self._started > _STEADY_SECONDS:
            self._failures = 0
        delay: float = min(_FIRST_DELAY * 2**self._failures, _LONGEST_DELAY)
        self._failures += 1
        self.restart_at = time.monotonic() + delay
        return delay

    def terminate(self) -> None:
        """Ask the program, not its group, to end: it ends its own children in its own order."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the program and everything it started, now."""
        if self._process is not None:
            self._signal_group(signal.SIGKILL)

    def _signal_group(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)
