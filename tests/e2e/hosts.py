"""Machines of one installation, each with a data folder, a port and processes of its own."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import httpx

from moderation.cli import services
from moderation.settings import Settings
from tests.conftest import SECRET
from tests.e2e.running import ROOT, free_port
from tests.processes import Running, until


class Host:
    """A machine: what it runs shares store, broker and secret with others, and no disk.

    `root` is the checkout that its processes run from.
    """

    def __init__(self, folder: Path, redis_url: str, broker_url: str, root: Path = ROOT) -> None:
        self.folder, self.port, self.root = folder, free_port(), root
        (folder / "run").mkdir(parents=True)
        self.settings = Settings.from_env(
            {
                "WINNOW_DATA": str(folder / "var"),
                "WINNOW_REDIS_URL": redis_url,
                "WINNOW_BROKER_URL": broker_url,
                "WINNOW_SECRET_KEY": SECRET,
                "WINNOW_BIND": f"127.0.0.1:{self.port}",
                "WINNOW_WEB_WORKERS": "1",
                "WINNOW_WORKERS": "1",
            }
        )
        self.running: dict[str, Running] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the environment of what runs here."""
        return services.environment(self.settings) | {
            # What an older checkout shares with ours is not in it.
            "PYTHONPATH": f"{self.root}{os.pathsep}{ROOT}",
            "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "WINNOW_BIND": f"127.0.0.1:{self.port}",
            "WINNOW_WEB_WORKERS": "1",
            "WINNOW_WORKERS": "1",
        }

    def command(self, *words: str) -> Running:
        """Begin a command of ours."""
        argv = [sys.executable, "-m", "moderation", *words]
        # A process begins where it finds the packages of its own checkout and no others.
        return Running(argv, self.environment(), self.root)

    def run(self, *words: str) -> str:
        """Run a command to its end and return what it said."""
        begun = self.command(*words)
        begun.process.wait(300)
        begun.end()
        assert begun.process.returncode == 0, begun.output
        return begun.output

    def fails(self, *words: str) -> str:
        """Run a command that must fail, and return what it said."""
        begun = self.command(*words)
        begun.process.wait(300)
        begun.end()
        assert begun.process.returncode == 1, begun.output
        return begun.output

    def start(self, *parts: str) -> None:
        """Start parts of the service."""
        for part in parts:
            self.running[part] = self.command(*part.split())

    def wait(self) -> None:
        """Wait until the web server is ready."""
        until(self.is_ready, 600, lambda: self.running["web"].output)

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """End what runs here as a service manager does."""
        ending = list(self.running.values())
        self.running.clear()
        for each in ending:
            each.process.terminate()
        for each in ending:
            each.process.wait(120)
            each.end()

    def end(self) -> None:
        """End whatever runs here."""
        for found in self.running.values():
            found.end()

    def credentials(self) -> dict[str, Any]:
        """Return what the first run told this machine."""
        found: dict[str, Any] = json.loads((self.folder / "var/credentials.json").read_text())
        return found

    def said(self) -> str:
        return "\n".join(f"== {part}\n{one.output[-4000:]}" for part, one in self.running.items())

    def client(self, token: str) -> httpx.Client:
        """Return a caller of the API with a token."""
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=30)

    def metric(self, name: str) -> float:
        """Return the sum of a metric over its labels."""
        text = httpx.get(f"{self.url}/metrics", timeout=30).text
        return sum(map(float, re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)))
