"""What takes seconds to start, for fixtures of any scope."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.e2e.running import Up, free_port


@contextmanager
def running_up(**more: str) -> Iterator[Up]:
    """Run `up` on a data folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="wn-", dir="/tmp"))
    up = Up(folder / "var", free_port(), **more)
    try:
        yield up.ready()
    finally:
        up.end()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Run Debian's Chromium; until it ends, its driver runs a loop in this thread."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("NOT TESTED IN A BROWSER: apt-get install chromium")
    with sync_playwright() as playwright:
        # Within a container there is no room for Chromium's own sandbox.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
