"""A running Winnow, with the little that tests need to talk to it."""

import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.processes import Running, command_of, until

ROOT = Path(__file__).parents[2]
PARTS = {
    "store": "store.sock",
    "web": "moderation.server",
    "worker": "workers.app",
    "beat": "workers.beat",
    "search": "search follow",
    "guard": "guard.py",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Up(Running):
    """A running `up`."""

    def __init__(self, data: Path, port: int, **more: str) -> None:
        self.data, self.port = data, port
        self.url = f"http://127.0.0.1:{port}"
        # Its runtime folder is made here, so that a test sees what is left of it.
        self.runtimes = data.parent / "run"
        self.runtimes.mkdir(exist_ok=True)
        env = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "XDG_RUNTIME_DIR": str(self.runtimes),
            "WINNOW_BIND": f"127.0.0.1:{port}",
            "WINNOW_DATA": str(data),
            "WINNOW_DEMO_BIND": "off",
            **more,
        }
        super().__init__([sys.executable, "-m", "moderation", "up"], env)

    def ready(self, seconds: float = 90.0) -> "Up":
        """Wait until it says so."""
        self.says("ready at ", seconds)
        self.says("keys and the console's password: ")
        self.says("winnow: next: ")
        return self

    @property
    def credentials(self) -> dict[str, Any]:
        """What the first run told."""
        return dict(json.loads((self.data / "credentials.json").read_text()))

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """Call the API with the demo site's token."""
        token = self.credentials["api_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.post(self.url + path, json=body, headers=headers, timeout=10)

    def verdict_of(self, comment: str) -> Any:
        """Return a comment's verdict, None while it is queued or the web is away."""
        headers = {"Authorization": f"Bearer {self.credentials['api_token']}"}
        try:
            answer = httpx.get(f"{self.url}/v1/comments/{comment}", headers=headers, timeout=10)
        except httpx.TransportError:
            return None
        return answer.json()["verdict"] if answer.status_code == 200 else None

    def submit(self, text: str) -> str:
        """Submit a comment and return its id, however often the web has to be asked."""
        given: list[str] = []

        def accepted() -> bool:
            try:
                answer = self.post("/v1/comments", {"content": text, "external_id": text})
            except httpx.TransportError:
                return False
            if answer.status_code in (200, 202):
                given.append(answer.json()["id"])
            return bool(given)

        until(accepted, 20, self.output)
        return given[0]

    def part(self, name: str) -> psutil.Process:
        """Return the process of one part, as `up` started it."""
        found = [p for p in self.process.children() if PARTS[name] in command_of(p)]
        assert len(found) == 1, (name, found)
        return found[0]


StartUp = Callable[..., Up]
