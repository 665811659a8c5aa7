"""Long work in a process of its own: it gives way to what serves, and ends with who started it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

NICE = 10
"""How far such a process gives way to what serves."""


def start(*words: str) -> None:
    """Run a command of ours beside this process, which goes on at once.

    The command takes `--parent`: the process that it does not outlive.
    """
    argv = [sys.executable, "-m", "moderation", *words, "--parent", str(os.getpid())]
    process = subprocess.Popen(argv, stdin=subprocess.DEVNULL)
    # Nobody waits for it; the thread reaps it.
    threading.Thread(target=process.wait, daemon=True).start()


def give_way() -> None:
    """Lower the priority of this process."""
    os.nice(NICE)
