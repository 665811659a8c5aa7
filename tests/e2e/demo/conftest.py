"""A running Winnow with its demo site, and a browser."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.e2e.running import Up, free_port

# On a busy machine a page takes longer than the five seconds that are waited for by default.
expect.set_options(timeout=30_000)

DOUBTFUL = "my cousin sells starters"
GOOD = "a night in the fridge"
BAD = "cheap viagra"
"""What the demo site's list holds, approves and rejects: what the decisions of one test teach the
filter changes no verdict of the next."""


class Demo:
    """Winnow and the address of its demo site."""

    def __init__(self, up: Up, url: str) -> None:
        self.up, self.url = up, url

    def admin(self, method: str, path: str, **options: object) -> httpx.Response:
        """Call the API with the installation's token."""
        headers = {"Authorization": f"Bearer {self.up.credentials['admin_token']}", "If-Match": "*"}
        answer = httpx.request(
            method,
            self.up.url + path,
            headers=headers,
            timeout=30,
            **options,  # type: ignore[arg-type]
        )
        answer.raise_for_status()
        return answer


@pytest.fixture(scope="module")
def demo(kernels: None) -> Iterator[Demo]:
    """Return a running Winnow with its demo site."""
    folder = Path(tempfile.mkdtemp(prefix="wd-", dir="/tmp"))
    port = free_port()
    up = Up(folder / "var", free_port(), WINNOW_DEMO_BIND=f"127.0.0.1:{port}").ready()
    made = Demo(up, f"http://127.0.0.1:{port}")
    entries = [
        {"kind": "words", "value": words, "action": action}
        for words, action in ((DOUBTFUL, "hold"), (GOOD, "approve"), (BAD, "spam"))
    ]
    made.admin("PUT", "/v1/sites/demo/lists", json={"entries": entries})
    yield made
    up.end()
    shutil.rmtree(folder, ignore_errors=True)
