"""Long work in a process of its own: it gives way to what serves, and ends with who started it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

NICE = 10
"""How far such a process gives way to what serves."""


def start(*words: str, turn: int | None = None) -> None:
    """Run a command of ours beside this process, which goes on at once.

    The command takes `--parent`: the process that it does not outlive. `turn`: an open file whose
    lock it holds from now on, named to it by `--turn`.
    """
    argv = [sys.executable, "-m", "moderation", *words, "--parent", str(os.getpid())]
    if turn is not None:
        argv += ["--turn", str(turn)]
    passed = () if turn is None else (turn,)
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, pass_fds=passed)
    # Nobody waits for it; the thread reaps it.
    threading.Thread(target=process.wait, daemon=True).start()


def give_way() -> None:
    """Lower the priority of this process."""
    os.nice(NICE)
