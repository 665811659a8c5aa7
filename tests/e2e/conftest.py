"""Fixtures of the tests that run real processes."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from playwright.sync_api import Browser

from tests.e2e.running import StartUp, Up, free_port
from tests.e2e.starting import running_chromium
from tests.processes import alive


@pytest.fixture
def short_tmp() -> Iterator[Path]:
    """Return a temporary folder whose path leaves room for a socket's."""
    with tempfile.TemporaryDirectory(prefix="wn-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture
def start_up(short_tmp: Path) -> Iterator[StartUp]:
    """Start `up` on this test's data folder; ends what is left of it."""
    running: list[Up] = []
    port = free_port()

    def start(**more: Any) -> Up:
        running.append(Up(short_tmp / "var", more.pop("port", port), **more))
        return running[-1]

    yield start
    left = [process for up in running for process in family(up)]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    for up in running:
        up.end()


def family(up: Up) -> list[psutil.Process]:
    return up.family() if alive(up.pid) else []


# Of a module each: its driver runs a loop in this thread, and modules come in any order with others
# between them that run loops of their own.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Return Debian's Chromium."""
    with running_chromium() as browser:
        yield browser
