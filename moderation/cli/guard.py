"""Ends what `up` started when `up` itself was killed and could not.

A process of its own, run by path with `python -I -S`, so it imports the standard library alone.
It reads lines from a pipe that only `up` holds: `+123` and `-123` for process groups, `/path` for
the runtime folder. When the pipe ends, what is left is terminated, then killed, then removed.
"""

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable

GRACE_SECONDS = 5.0


def watch(lines: Iterable[str], grace: float = GRACE_SECONDS) -> None:
    """Follow the lines to their end, then end every group and folder that is still named."""
    groups: set[int] = set()
    folder = ""
    for line in lines:
        word = line.strip()
        if word.startswith("+"):
            groups.add(int(word[1:]))
        elif word.startswith("-"):
            groups.discard(int(word[1:]))
        elif word.startswith("/"):
            folder = word
    for sent in (signal.SIGTERM, signal.SIGKILL):
        alive = {group for group in groups if _signal(group, sent)}
        deadline = time.monotonic() + grace
        # They are not children of this process, so there is nothing to wait on but the clock.
        while alive and time.monotonic() < deadline:
            time.sleep(0.05)
            alive = {group for group in alive if _signal(group, 0)}
        groups = alive
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS answers so for a group of zombies.
        return False
    return True


if __name__ == "__main__":
    watch(sys.stdin)
