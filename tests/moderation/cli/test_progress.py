"""How far long work is: on one line of a terminal, however narrow that is, and in a log."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios
from contextlib import suppress

import pytest

SHOWN = """
from moderation.cli.progress import Progress
progress = Progress()
for done in (1, 120_000, 250_000):
    left = 5_000 if done < 200_000 else 7
    progress.show("fitting without what is held back", done, 250_000, left)
progress.show("reading labels", 10, 10, None)
progress.end()
"""


def at_a_terminal(columns: int) -> str:
    """Return what is written at a terminal so wide."""
    mine, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen([sys.executable, "-c", SHOWN], stderr=its) as process:
        os.close(its)
        parts = []
        with suppress(OSError):  # What Linux says when nobody writes any more.
            while part := os.read(mine, 65_536):
                parts.append(part)
        os.close(mine)
    assert process.returncode == 0
    return b"".join(parts).decode()


@pytest.mark.parametrize("columns", [20, 41, 60, 200])
def test_a_line_is_written_over_and_never_wraps(columns: int) -> None:
    written = at_a_terminal(columns)
    lines = written.removesuffix("\r\n").split("\r")
    assert lines[0] == ""
    assert "\n" not in "".join(lines)
    # The last column stays free: what fills it has some terminals go to the next line.
    assert max(map(len, lines)) < columns
    width = 0
    for line in lines[1:]:
        assert len(line) >= width, "something of the line before is left"
        width = len(line.rstrip())
    if columns > 20:
        assert lines[2].rstrip().endswith(" 120,000 of 250,000 (48 %), 83 min left")


def test_a_terminal_that_does_not_say_its_width_gets_the_whole_line() -> None:
    assert "fitting without what is held back 120,000 of 250,000 (48 %), 83 min left" in (
        at_a_terminal(0)
    )


def test_without_a_terminal_a_line_is_written_for_each_stage() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHOWN], stderr=subprocess.PIPE, text=True, check=True
    )
    assert done.stderr.splitlines() == [
        "winnow: fitting without what is held back 1 of 250,000 (0 %), 83 min left",
        "winnow: reading labels 10 of 10 (100 %)",
    ]
